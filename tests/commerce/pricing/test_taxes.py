"""Tax: VAT numbers, rates from the file, and an outside engine that may be away."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models.functions import Now

from commerce.checkout import operations as checkout
from commerce.checkout import queries
from commerce.fulfillment import operations as fulfillment
from commerce.gateways.payments import InTransaction
from commerce.gateways.taxes import Place, TaxesUnavailable, TaxJar
from commerce.orders import queries as orders
from commerce.pricing import operations
from commerce.pricing.models import PlaceRate, TaxRate
from commerce.pricing.queries import quote_cart, tax_rates
from commerce.pricing.types import Customer, Destination, QuoteLine
from commerce.sellers.models import Seller
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.inventory import stock_up
from tests.factories.orders import RETURN_URL, Wanted, make_ready_cart
from tests.factories.pricing import tax_germany

pytestmark = pytest.mark.django_db

BERLIN = SAN_FRANCISCO.__class__(
    name="Ada Brook", line1="Torstrasse 1", city="Berlin", postal_code="10119", country="DE"
)
GERMAN_ID = "DE136695976"


class Double(ThreadingHTTPServer):
    """A service that answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.answer = 200, b"{}"
        self.asked: list[tuple[str, str]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def rate(self, **rate: Any) -> None:
        self.status, self.answer = 200, json.dumps({"rate": rate}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Double

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def service(settings: Any) -> Iterator[Double]:
    double = Double()
    thread = threading.Thread(target=double.serve_forever, daemon=True)
    thread.start()
    settings.TAX_ENGINE = "taxjar"
    settings.TAXJAR_API_KEY = "key"
    settings.TAXJAR_API_BASE = double.base
    yield double
    double.shutdown()
    double.server_close()


def taxes(token: str) -> list[tuple[str, int]]:
    quote = queries.review(cart_token=token).quote
    assert quote is not None
    return [(row.name, row.amount.minor) for row in quote.taxes]


@pytest.mark.parametrize(
    ("typed", "country", "kept"),
    [
        ("de 136 695 976", "DE", GERMAN_ID),
        ("DE136695976", "DE", GERMAN_ID),
        ("EL 094259216", "GR", "EL094259216"),
        ("ATU13585627", "AT", "ATU13585627"),
    ],
)
def test_a_vat_number_is_kept_as_it_is_written_officially(
    typed: str, country: str, kept: str
) -> None:
    assert operations.checked_vat_id(vat_id=typed, country=country) == kept


@pytest.mark.parametrize(
    ("typed", "country", "words"),
    [
        ("DE136695977", "DE", "no valid VAT number"),
        ("DE1", "DE", "no valid VAT number"),
        ("💥", "DE", "no valid VAT number"),
        ("", "DE", "no valid VAT number"),
        ("ATU13585627", "DE", "begins with DE"),
        ("DE136695976", "US", "European Union only"),
    ],
)
def test_a_wrong_vat_number_is_refused(typed: str, country: str, words: str) -> None:
    with pytest.raises(operations.InvalidVatId, match=words):
        operations.checked_vat_id(vat_id=typed, country=country)


def test_a_business_in_another_eu_country_owes_the_tax_itself() -> None:
    tax_germany()
    cart = make_ready_cart([Wanted(minor=1000)], [Wanted(minor=2000)], address=BERLIN)
    Seller.objects.filter(pk=cart.sellers[0]).update(country="FR")
    Seller.objects.filter(pk=cart.sellers[1]).update(country="DE")

    checkout.set_contact(
        cart_token=cart.token, email="ada@example.com", address=BERLIN, vat_id="DE 136695976"
    )

    # the French part without tax, the German one with 19 % on 20.00 and on 7.00
    assert taxes(cart.token) == [("VAT 19%", 513), ("Reverse charge", 0)]
    quote = queries.review(cart_token=cart.token).quote
    assert quote is not None
    placed = checkout.place(
        cart_token=cart.token, user_id=None, expected_total=quote.total, return_url=RETURN_URL
    )
    order = orders.order(token=placed.order_token)
    assert order is not None
    assert order.ship_to["vat_id"] == GERMAN_ID
    assert order.seller_orders[0].lines[0].tax_name == "Reverse charge"
    assert [(row.name, row.amount.minor) for row in orders.taxes_of(order.seller_orders)] == [
        ("VAT 19%", 513),
        ("Reverse charge", 0),
    ]


def test_what_a_business_picks_up_crosses_no_border_and_is_taxed() -> None:
    tax_germany()
    cart = make_ready_cart([Wanted(minor=1000)], address=BERLIN)
    (seller_id,), (variant_id,) = cart.sellers, cart.variants
    Seller.objects.filter(pk=seller_id).update(country="FR")
    store = stock_up(variant_id, 1, place="Store")
    fulfillment.set_pick_up_point(
        seller_id=seller_id, location_id=store, address=BERLIN, opening_hours="Mo–Sa 9–18"
    )
    pick_up = fulfillment.set_shipping_method(
        seller_id=seller_id, name="Pick-up", kind="pickup", currency="USD", base_minor=0,
        days=(0, 1), location_id=store,
    )  # fmt: skip
    checkout.set_contact(
        cart_token=cart.token, email="ada@example.com", address=BERLIN, vat_id="DE 136695976"
    )
    assert taxes(cart.token) == [("Reverse charge", 0)]

    checkout.set_methods(cart_token=cart.token, methods={seller_id: pick_up})

    assert taxes(cart.token) == [("VAT 19%", 190)]


def test_a_wrong_number_changes_nothing() -> None:
    cart = make_ready_cart()

    with pytest.raises(operations.InvalidVatId):
        checkout.set_contact(
            cart_token=cart.token, email="new@example.com", address=BERLIN, vat_id="DE1"
        )

    assert queries.review(cart_token=cart.token).email == "ada@example.com"


def test_the_file_adds_what_is_missing_and_leaves_what_staff_keep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    operations.set_tax_rate(
        country="DE", region="", tax_class="standard", name="Ours", rate_bps=1600
    )

    call_command("load_tax_rates")

    assert "DE  standard".replace("  ", " ") in capsys.readouterr().out
    assert TaxRate.objects.count() > 400
    rates = tax_rates(country="DE", region="", tax_classes=["standard", "reduced"])
    assert {name: rate.rate_bps for name, rate in rates.items()} == {
        "standard": 1600,
        "reduced": 700,
    }
    assert (
        tax_rates(country="CA", region="BC", tax_classes=["standard"])["standard"].rate_bps == 1200
    )
    assert (
        tax_rates(country="US", region="CA", tax_classes=["standard"])["standard"].rate_bps == 825
    )

    call_command("load_tax_rates", "--replace")
    assert tax_rates(country="DE", region="", tax_classes=["standard"])["standard"].rate_bps == 1900
    assert operations.load_tax_rates().added == 0


def test_a_deployment_fills_an_empty_table_and_never_adds_what_staff_deleted() -> None:
    call_command("load_tax_rates", "--if-empty")
    TaxRate.objects.filter(country="US", region="OR").delete()

    call_command("load_tax_rates", "--if-empty")

    assert TaxRate.objects.count() > 400
    assert not TaxRate.objects.filter(country="US", region="OR").exists()


@pytest.mark.parametrize(
    ("engine", "rates", "found"),
    [("tables", 0, ["pricing.W001"]), ("tables", 1, []), ("taxjar", 0, [])],
)
def test_a_deployment_without_any_rate_is_warned(
    settings: Any, engine: str, rates: int, found: list[str]
) -> None:
    settings.TAX_ENGINE = engine
    for _ in range(rates):
        TaxRate.objects.create(country="US", name="Tax", rate_bps=0)

    messages = run_checks(
        tags=[Tags.database], include_deployment_checks=True, databases=["default"]
    )

    assert [each.id for each in messages if str(each.id).startswith("pricing")] == found


def test_a_class_of_which_nobody_knows_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("country,region,tax_class,rate_bps,name\nFR,,standart,2000,VAT\n")

    with pytest.raises(CommandError, match="line 2: Value 'standart' is not a valid choice"):
        call_command("load_tax_rates", str(path))


@pytest.mark.parametrize("line", ["DE,,standard,much,VAT", "DE,,standard", "DEU,,standard,1,V"])
def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"country,region,tax_class,rate_bps,name\nFR,,standard,2000,VAT\n{line}\n")

    with pytest.raises((CommandError, Exception)):
        call_command("load_tax_rates", str(path))

    assert not TaxRate.objects.exists()


def test_the_outside_engine_tells_rates_by_address_and_is_asked_once(service: Double) -> None:
    service.rate(state="CA", combined_rate="0.09875", freight_taxable=False)
    cart = make_ready_cart([Wanted(minor=10_000)])

    # 9.875 % is 988 basis points; shipping is not taxed there
    assert taxes(cart.token) == [("CA sales tax", 988), ("Shipping is not taxed", 0)]
    make_ready_cart()
    ((path, key),) = service.asked
    assert path == "/v2/rates/94105?country=US&state=CA&city=San+Francisco"
    assert key == "Bearer key"


def test_an_engine_that_is_away_leaves_it_to_the_tables(service: Double) -> None:
    service.status = 503

    cart = make_ready_cart([Wanted(minor=10_000)])

    assert taxes(cart.token) == [("CA sales tax", 875 + 61)]
    assert not PlaceRate.objects.exists()


def test_what_was_told_last_counts_while_the_engine_is_away(service: Double) -> None:
    service.rate(state="CA", combined_rate="0.10")
    first = make_ready_cart([Wanted(minor=10_000)])
    assert taxes(first.token) == [("CA sales tax", 1070)]
    PlaceRate.objects.update(fetched_at=Now() - timedelta(days=29))
    service.status = 500

    second = make_ready_cart([Wanted(minor=10_000)])

    assert taxes(second.token) == [("CA sales tax", 1070)]


def test_a_country_has_reduced_rates(service: Double) -> None:
    service.rate(country="FI", standard_rate="0.255", reduced_rate="0.14", super_reduced_rate="0.1")

    rates = TaxJar(key="k", api_base=service.base).rates(place=Place(country="FI"))

    assert [(rate.tax_class, rate.rate_bps) for rate in rates] == [
        ("standard", 2550),
        ("reduced", 1400),
        ("super-reduced", 1000),
    ]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, b"no json"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"rate": 7}'),
        (200, b'{"rate": {"combined_rate": "much"}}'),
        (200, b'{"rate": {"combined_rate": "1e999"}}'),
        (200, b'{"rate": {"combined_rate": "-0.1"}}'),
        (200, b'{"rate": {"combined_rate": "7.5"}}'),
        (404, b"{}"),
        (401, b"{}"),
        (302, b""),
    ],
)
def test_no_answer_breaks_it(service: Double, status: int, answer: bytes) -> None:
    service.status, service.answer = status, answer

    with pytest.raises(TaxesUnavailable):
        TaxJar(key="k", api_base=service.base).rates(place=Place(country="US", postal_code="1"))


def test_after_three_failures_nobody_waits(service: Double) -> None:
    service.status = 500
    engine = TaxJar(key="k", api_base=service.base)

    for _ in range(5):
        with pytest.raises(TaxesUnavailable):
            engine.rates(place=Place(country="US", postal_code="94103"))

    assert len(service.asked) == 3


def test_it_is_never_asked_inside_a_transaction(service: Double, settings: Any) -> None:
    settings.GATEWAYS_IGNORE_TEST_TRANSACTION = True

    with transaction.atomic(), pytest.raises(InTransaction):
        TaxJar(key="k", api_base=service.base).rates(place=Place(country="US"))
    assert service.asked == []


def test_one_postal_code_in_two_countries_has_the_rates_of_each(service: Double) -> None:
    service.rate(country="DE", standard_rate="0.19")
    operations.refresh_place_rates(country="DE", region="", postal_code="10119", city="Berlin")
    service.rate(state="NY", combined_rate="0.08875")
    operations.refresh_place_rates(country="US", region="NY", postal_code="10119", city="New York")

    def tax_in(country: str, region: str) -> int:
        quoted = quote_cart(
            lines=[QuoteLine(key=1, seller_id=1, unit_minor=10_000, quantity=1)],
            shipping={},
            currency="USD",
            destination=Destination(country=country, region=region, postal_code="10119"),
            customer=Customer(),
        )
        return quoted.quote.tax.minor

    assert (tax_in("DE", ""), tax_in("US", "NY"), tax_in("US", "NJ")) == (1900, 888, 0)
