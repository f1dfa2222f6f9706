import pytest
from django.db import DatabaseError

from commerce.kernel.actor import acting_as
from commerce.kernel.money import Money
from commerce.outbox.models import Event
from commerce.pricing import operations, queries
from commerce.pricing.models import Price, PriceChange
from commerce.pricing.operations import InvalidPrice
from commerce.pricing.types import PriceData, PriceInput
from tests.factories.catalog import make_variant, make_variants
from tests.factories.pricing import set_price, tax_germany
from tests.support.query_budget import counted
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def test_a_price_is_read_back_with_what_it_was_before() -> None:
    variant_id = make_variant()
    set_price(variant_id, 1250, compare_at=1500)

    assert queries.prices_of(variant_ids=[variant_id, 0], currency="USD") == {
        variant_id: PriceData(amount=Money(1250, "USD"), compare_at=Money(1500, "USD"))
    }


def test_a_price_in_another_currency_is_another_price() -> None:
    variant_id = make_variant()
    set_price(variant_id, 1250)

    assert queries.prices_of(variant_ids=[variant_id], currency="EUR") == {}


def test_history_is_written_by_the_database_with_the_actor() -> None:
    variant_id = make_variant()
    set_price(variant_id, 1250)
    with acting_as("user:7"):
        set_price(variant_id, 990)
        set_price(variant_id, 990)
    run_sql("UPDATE pricing_price SET amount_minor = 1")

    changes = PriceChange.objects.order_by("pk").values_list("amount_minor", "actor")

    assert list(changes) == [(1250, "system"), (990, "user:7"), (1, "user:7")]


def test_any_number_of_prices_takes_two_statements_and_one_fact() -> None:
    ids = list(make_variants(skus=[f"S{n}" for n in range(25)]).values())
    Event.objects.all().delete()

    with counted() as statements:
        operations.set_prices(
            prices=[
                PriceInput(variant_id=variant_id, currency="USD", amount_minor=500)
                for variant_id in ids
            ]
        )

    assert len([text for text in statements if "outbox_" not in text]) == 2
    assert [event.payload for event in Event.objects.all()] == [{"variant_ids": sorted(ids)}]


@pytest.mark.parametrize(
    ("amount", "compare_at"),
    [(0, None), (-5, None), (100_000_000_01, None), (500, 500), (500, 499), (500, 10**13)],
)
def test_an_invalid_price_changes_nothing(amount: int, compare_at: int | None) -> None:
    good, bad = make_variants(skus=["GOOD", "BAD"]).values()

    with pytest.raises(InvalidPrice) as refusal:
        operations.set_prices(
            prices=[
                PriceInput(variant_id=good, currency="USD", amount_minor=500),
                PriceInput(
                    variant_id=bad, currency="USD", amount_minor=amount, compare_at_minor=compare_at
                ),
            ]
        )

    assert refusal.value.variant_id == bad
    assert not Price.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pricing_pricechange SET amount_minor = 1",
        "DELETE FROM pricing_pricechange",
        "TRUNCATE pricing_pricechange",
        "INSERT INTO pricing_pricechange (variant_id, currency, amount_minor, actor, at)"
        " SELECT variant_id, currency, 1, 'me', now() FROM pricing_price",
    ],
)
def test_the_history_of_prices_cannot_be_rewritten(statement: str) -> None:
    set_price(make_variant(), 1250)

    with pytest.raises(DatabaseError, match="append-only"):
        run_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pricing_price SET amount_minor = 0",
        "UPDATE pricing_price SET compare_at_minor = amount_minor",
    ],
)
def test_the_database_refuses_senseless_prices(statement: str) -> None:
    set_price(make_variant(), 1250)

    with pytest.raises(DatabaseError, match="check"):
        run_sql(statement)


def test_a_region_beats_its_country_and_no_row_means_no_tax() -> None:
    tax_germany()
    operations.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="Sales tax CA", rate_bps=725
    )
    operations.set_tax_rate(
        country="DE", region="BE", tax_class="books", name="Berlin books", rate_bps=500
    )

    def rates(country: str, region: str) -> dict[str, int]:
        found = queries.tax_rates(country=country, region=region, tax_classes=["standard", "books"])
        return {tax_class: rate.rate_bps for tax_class, rate in found.items()}

    assert rates("DE", "") == {"standard": 1900, "books": 700}
    assert rates("DE", "BE") == {"standard": 1900, "books": 500}
    assert rates("US", "CA") == {"standard": 725, "books": 0}
    assert rates("US", "OR") == {"standard": 0, "books": 0}
    assert (
        queries.tax_rates(country="FR", region="", tax_classes=["standard"])["standard"].name
        == "No tax"
    )
