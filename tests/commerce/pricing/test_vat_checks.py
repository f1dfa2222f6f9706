"""VAT numbers at the register: asked in time, kept as evidence, followed up when it is away."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client

from commerce.checkout import operations as checkout
from commerce.checkout import queries
from commerce.checkout.models import Checkout
from commerce.gateways import vat_register
from commerce.gateways.payments import InTransaction
from commerce.gateways.vat_register import RegisterUnavailable, Vies
from commerce.kernel import clock
from commerce.orders import queries as orders
from commerce.pricing import operations
from commerce.pricing.models import VatCheck
from commerce.pricing.queries import latest_answers
from commerce.pricing.tasks import follow_vat_ids
from commerce.sellers.models import Seller
from devtools.vat_double import VatDouble
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.orders import RETURN_URL, ReadyCart, Wanted, make_ready_cart
from tests.factories.pricing import tax_germany
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db

BERLIN = SAN_FRANCISCO.__class__(
    name="Ada Brook", line1="Torstrasse 1", city="Berlin", postal_code="10119", country="DE"
)
GERMAN_ID = "DE136695976"


@pytest.fixture
def register(settings: Any) -> Iterator[VatDouble]:
    vat_register._vies.cache_clear()  # whoever had this port before may have been failing
    with VatDouble() as double:
        settings.VIES_CHECK = True
        settings.VIES_API_BASE = double.url
        settings.MARKETPLACE = {**settings.MARKETPLACE, "vat_id": "FR 40 303265045"}
        yield double


@pytest.fixture
def cart() -> ReadyCart:
    """A cart of a French seller, to be sent to Germany."""
    tax_germany()
    ready = make_ready_cart([Wanted(minor=1000)], address=BERLIN)
    Seller.objects.filter(pk=ready.sellers[0]).update(country="FR")
    return ready


def tell(cart: ReadyCart) -> Any:
    return checkout.set_contact(
        cart_token=cart.token, email="ada@example.com", address=BERLIN, vat_id=GERMAN_ID
    )


def taxes(cart: ReadyCart) -> list[tuple[str, int]]:
    quote = queries.review(cart_token=cart.token).quote
    assert quote is not None
    return [(row.name, row.amount.minor) for row in quote.taxes]


def order_of(cart: ReadyCart) -> Any:
    quote = queries.review(cart_token=cart.token).quote
    assert quote is not None
    placed = checkout.place(
        cart_token=cart.token, user_id=None, expected_total=quote.total, return_url=RETURN_URL
    )
    return orders.order(token=placed.order_token)


def test_a_number_that_is_in_use_exempts_and_the_order_keeps_the_evidence(
    register: VatDouble, cart: ReadyCart
) -> None:
    tell(cart)

    assert taxes(cart) == [("Reverse charge", 0)]
    assert register.asked == [
        {
            "countryCode": "DE",
            "vatNumber": "136695976",
            "requesterMemberStateCode": "FR",
            "requesterNumber": "40303265045",
        }
    ]
    ship_to = order_of(cart).ship_to
    check = VatCheck.objects.get()
    assert {name: ship_to[name] for name in ship_to if name.startswith("vat_")} == {
        "vat_id": GERMAN_ID,
        "vat_state": "confirmed",
        "vat_consultation": "WAPIAAAA00000001",
        "vat_asked_at": check.at.isoformat(),
    }
    assert (check.number, check.is_valid, check.requester) == (GERMAN_ID, True, "FR40303265045")


def test_an_answer_of_the_last_day_is_not_asked_for_again(
    register: VatDouble, cart: ReadyCart
) -> None:
    tell(cart)
    tell(cart)

    assert len(register.asked) == 1


def test_a_number_that_nobody_has_is_refused_and_nothing_is_kept(
    register: VatDouble, cart: ReadyCart
) -> None:
    register.unknown.add(GERMAN_ID)

    with pytest.raises(operations.InvalidVatId, match="does not know DE136695976"):
        tell(cart)

    assert queries.review(cart_token=cart.token).vat_id == ""


@pytest.mark.parametrize("fault", ["500", "nonsense", "MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ"])
def test_without_an_answer_tax_is_taken_and_the_number_is_kept(
    register: VatDouble, cart: ReadyCart, fault: str
) -> None:
    register.fault = fault

    review = tell(cart)

    assert review.vat_id_waits
    assert taxes(cart) == [("VAT 19%", 323)]
    ship_to = order_of(cart).ship_to
    assert (ship_to["vat_id"], ship_to["vat_state"]) == (GERMAN_ID, "unanswered")


def test_while_the_register_is_away_a_recent_yes_counts(
    register: VatDouble, cart: ReadyCart
) -> None:
    VatCheck.objects.create(
        number=GERMAN_ID, is_valid=True, consultation="W1", at="2026-01-01T00:00:00Z"
    )
    register.fault = "MS_UNAVAILABLE"
    assert tell(cart).vat_id_waits

    two_days_ago = clock.now() - timedelta(days=2)
    VatCheck.objects.create(number=GERMAN_ID, is_valid=True, consultation="W2", at=two_days_ago)
    assert not tell(cart).vat_id_waits
    assert taxes(cart) == [("Reverse charge", 0)]


def test_a_register_that_hangs_costs_the_shopper_its_limit_and_no_more(
    register: VatDouble, cart: ReadyCart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vat_register, "READ_SECONDS", 0.3)
    register.fault = "hang"

    with pytest.raises(RegisterUnavailable, match="ReadTimeout"):  # we hung up, not the register
        Vies(api_base=register.url).check(number=GERMAN_ID)

    assert tell(cart).vat_id_waits


def test_after_three_failures_nobody_waits_any_more(register: VatDouble) -> None:
    register.fault = "500"
    vies = Vies(api_base=register.url)
    for _ in range(5):
        with pytest.raises(RegisterUnavailable):
            vies.check(number=GERMAN_ID)

    assert len(register.asked) == 3


def test_the_register_is_never_asked_inside_a_transaction(register: VatDouble) -> None:
    with pytest.raises(InTransaction), transaction.atomic():
        Vies(api_base=register.url).check(number=GERMAN_ID)


def test_what_was_not_answered_is_asked_again_and_the_answer_kept(
    register: VatDouble, cart: ReadyCart
) -> None:
    register.fault = "MS_UNAVAILABLE"
    tell(cart)
    follow_vat_ids()
    assert latest_answers(numbers=[GERMAN_ID]) == {}

    register.fault = ""
    follow_vat_ids()
    follow_vat_ids()

    answer = latest_answers(numbers=[GERMAN_ID])[GERMAN_ID]
    assert (answer.is_valid, answer.consultation) == (True, "WAPIAAAA00000003")
    assert len(register.asked) == 3


def test_switched_off_the_form_of_a_number_counts_and_nobody_is_asked(
    register: VatDouble, cart: ReadyCart, settings: Any
) -> None:
    settings.VIES_CHECK = False

    tell(cart)

    assert taxes(cart) == [("Reverse charge", 0)]
    assert register.asked == []
    assert operations.follow_vat_ids() == 0


def test_what_was_accepted_by_its_form_exempts_no_more_once_the_register_is_asked(
    register: VatDouble, cart: ReadyCart, settings: Any
) -> None:
    settings.VIES_CHECK = False
    tell(cart)
    settings.VIES_CHECK = True

    assert taxes(cart) == [("VAT 19%", 323)]


def test_evidence_is_neither_changed_nor_deleted(register: VatDouble, cart: ReadyCart) -> None:
    tell(cart)
    for change in (
        lambda: VatCheck.objects.update(is_valid=False),
        lambda: VatCheck.objects.all().delete(),
    ):
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            change()


def test_staff_see_the_evidence_beside_the_order(register: VatDouble, cart: ReadyCart) -> None:
    register.fault = "MS_UNAVAILABLE"
    tell(cart)
    number = order_of(cart).number
    staff = staff_client(ADMINISTRATORS)
    page = staff.get(f"/admin/office/orders/{number}/").content.decode()
    assert "VIES gave no answer before the order" in page
    assert "It is being asked again" in page

    register.fault = ""
    follow_vat_ids()

    page = staff.get(f"/admin/office/orders/{number}/").content.decode()
    assert "the tax may be given back" in page


def test_the_form_says_what_to_do_about_a_number_nobody_has(
    register: VatDouble, cart: ReadyCart, client: Client
) -> None:
    register.unknown.add(GERMAN_ID)
    client.cookies["cart"] = cart.token

    page = client.post(
        "/checkout/shipping/",
        {**BERLIN.as_dict(), "email": "ada@example.com", "vat_id": GERMAN_ID},
    )

    assert page.status_code == 422
    assert "leave it out and buy with tax" in page.content.decode()


def test_a_yes_of_yesterday_is_asked_for_again_before_the_order(
    register: VatDouble, cart: ReadyCart
) -> None:
    tell(cart)
    quote = queries.review(cart_token=cart.token).quote
    assert quote is not None
    (told,) = Checkout.objects.all()
    told.vat_check["asked_at"] = (clock.now() - timedelta(hours=25)).isoformat()
    told.save()
    Checkout.objects.update(updated_at=clock.now() - timedelta(hours=25))
    register.unknown.add(GERMAN_ID)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pricing_vatcheck DISABLE TRIGGER USER")
    VatCheck.objects.update(at=clock.now() - timedelta(hours=25))

    with pytest.raises(checkout.TotalChanged, match="does not know DE136695976"):
        checkout.place(
            cart_token=cart.token, user_id=None, expected_total=quote.total, return_url=RETURN_URL
        )

    assert taxes(cart) == [("VAT 19%", 323)]
