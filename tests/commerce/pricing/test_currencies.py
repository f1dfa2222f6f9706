"""Which currencies the marketplace may sell in."""

import pytest

from commerce.catalog.queries import variants
from commerce.kernel import currencies
from commerce.pricing import operations, queries
from commerce.pricing.checks import currencies_can_be_sold_in
from commerce.pricing.types import PriceInput
from tests.factories.cart import make_sellable
from tests.factories.pricing import set_price
from tests.factories.sellers import make_seller


@pytest.mark.parametrize(
    ("named", "faults"),
    [
        (["USD"], []),
        (["EUR", "USD", "JPY"], []),
        (["EUR"], ["pricing.E002"]),
        (["USD", "KWD"], ["pricing.E001"]),
        (["USD", "HUF"], ["pricing.E001"]),
        (["USD", "ISK"], ["pricing.E001"]),
        (["USD", "eur"], ["pricing.E001"]),
        (["XXX"], ["pricing.E001", "pricing.E002"]),
    ],
)
def test_what_cannot_be_paid_out_is_not_sold_in(settings, named, faults):
    settings.CURRENCIES = named

    assert [fault.id for fault in currencies_can_be_sold_in()] == faults


def test_the_base_currency_comes_first(settings):
    settings.CURRENCIES = ["EUR", "USD", "JPY"]

    assert currencies.sold_in() == ("USD", "EUR", "JPY")
    assert currencies.further() == ("EUR", "JPY")


@pytest.mark.parametrize("asked", ["GBP", "eur", "", None, "\x00", "EUR" * 1000])
def test_what_is_not_sold_in_becomes_the_base_currency(settings, asked):
    settings.CURRENCIES = ["USD", "EUR"]

    assert currencies.or_base(asked) == "USD"


@pytest.mark.django_db
def test_anothers_product_gets_no_price(settings):
    settings.CURRENCIES = ["USD", "EUR"]
    theirs = make_sellable()
    mine = make_sellable(seller_id=make_seller().pk)
    seller_id = variants(variant_ids=[mine])[mine].seller_id
    set_price(mine, 900, currency="EUR")
    wanted = PriceInput(variant_id=theirs, currency="EUR", amount_minor=1)

    with pytest.raises(operations.InvalidPrice):
        operations.replace_prices(seller_id=seller_id, currency="EUR", prices=[wanted])

    assert set(queries.prices_of(variant_ids=[mine, theirs], currency="EUR")) == {mine}


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["USD", "GBP"])
def test_only_a_further_currencys_prices_are_replaced(settings, currency):
    settings.CURRENCIES = ["USD", "EUR"]

    with pytest.raises(operations.NotSoldIn):
        operations.replace_prices(seller_id=1, currency=currency, prices=[])
