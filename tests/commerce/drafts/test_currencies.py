"""Prepared orders in another currency: priced, mailed, paid and confirmed in it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from commerce.catalog.models import Variant
from commerce.checkout import operations as checkout
from commerce.drafts import operations, queries
from commerce.drafts.models import Draft
from commerce.drafts.types import Wanted
from commerce.invariants import queries as invariants
from commerce.orders import queries as orders
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_sellable
from tests.factories.orders import offer_shipping
from tests.factories.pricing import set_price
from tests.factories.selling import Shop, open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client
from tests.storefront.shop.test_currency import ship_in
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db

FORM = {
    **SAN_FRANCISCO.as_dict(),
    "email": "ada@example.com",
    "lines": "MUG-1 2",
    "days": "7",
    "currency": "EUR",
}


@pytest.fixture(autouse=True)
def _currencies(settings: Any) -> None:
    settings.CURRENCIES = ["USD", "EUR", "JPY"]


@pytest.fixture
def shop() -> Shop:
    """A shop that sells a mug in dollars and euros, and ships in both."""
    shop = open_shop("Acme")
    variant_id = make_sellable(seller_id=shop.seller.pk, sku="MUG-1")
    set_price(variant_id, 1190, currency="EUR")
    offer_shipping(shop.seller.pk)
    ship_in(shop.seller.pk, "EUR", 590)
    return shop


def prepare(shop: Shop, currency: str, sku: str = "MUG-1") -> str:
    return operations.prepare(
        made_by=make_user().pk,
        seller_id=shop.seller.pk,
        wanted=Wanted(
            email="ada@example.com", address=SAN_FRANCISCO, lines={sku: 2}, currency=currency
        ),
    )


def test_it_is_paid_in_the_currency_it_was_prepared_in(
    client: Client, shop: Shop, double: StripeDouble
) -> None:
    token = prepare(shop, "EUR")
    page = client.get(reverse("pay", args=[token])).content.decode()
    [total] = re.findall(r'name="expected_total" value="(\d+)"', page)
    assert ("€23.80" in page, "$" in page) == (True, False)

    to_provider = client.post(reverse("pay", args=[token]), {"expected_total": total})

    draft = queries.draft(token=token)
    assert draft is not None
    double.pay(to_provider["Location"])
    assert checkout.finalise(order_token=draft.order_token) == "confirmed"
    order = orders.order(token=draft.order_token)
    assert order is not None
    assert (order.total.currency, order.total.minor) == ("EUR", int(total))
    check_deferred_constraints()
    assert invariants.broken() == []


def test_what_has_no_price_in_it_is_named(shop: Shop) -> None:
    make_sellable(seller_id=shop.seller.pk, sku="BOWL-1")

    with pytest.raises(operations.DraftRefused, match="Not sold in EUR: BOWL-1"):
        prepare(shop, "EUR", "BOWL-1")
    with pytest.raises(operations.DraftRefused, match="Not sold in JPY: MUG-1"):
        prepare(shop, "JPY")
    assert not Draft.objects.exists()


def test_a_shop_without_a_way_to_ship_in_it_is_told_so(shop: Shop) -> None:
    set_price(Variant.objects.get().pk, 1800, currency="JPY")

    with pytest.raises(operations.DraftRefused, match="no way to ship with a price in JPY"):
        prepare(shop, "JPY")


@pytest.mark.parametrize("currency", ["GBP", "eur", "US dollars", "\x00"])
def test_what_nothing_is_sold_in_is_refused(shop: Shop, currency: str) -> None:
    with pytest.raises(operations.DraftRefused, match="Choose one of USD, EUR, JPY"):
        prepare(shop, currency)


def test_a_currency_that_is_given_up_ends_what_was_prepared_in_it(
    client: Client, shop: Shop, settings: Any
) -> None:
    token = prepare(shop, "EUR")
    settings.CURRENCIES = ["USD"]

    answer = client.post(reverse("pay", args=[token]), {"expected_total": "2970"})

    assert answer.status_code == 409
    assert "Nothing is sold in EUR any more" in answer.content.decode()


def test_sellers_and_staff_choose_the_currency_on_their_screens(shop: Shop) -> None:
    for own, client in (("selling", shop.client()), ("backoffice", staff_client(ADMINISTRATORS))):
        new = reverse(f"{own}:draft_new")
        assert 'name="currency"' in client.get(new).content.decode()
        refused = client.post(new, FORM | {"currency": "JPY"})
        assert refused.status_code == 422
        assert "Not sold in JPY: MUG-1" in refused.content.decode()
        assert 'value="JPY" selected' in refused.content.decode()
        assert client.post(new, FORM | {"currency": "GBP"}).status_code == 422
        assert client.post(new, FORM).status_code == 302
        assert "in EUR" in client.get(reverse(f"{own}:drafts")).content.decode()
    assert {draft.cart.currency for draft in Draft.objects.all()} == {"EUR"}


def test_with_one_currency_nobody_is_asked(shop: Shop, settings: Any) -> None:
    settings.CURRENCIES = ["USD"]
    new = reverse("selling:draft_new")

    assert 'name="currency"' not in shop.client().get(new).content.decode()
    assert shop.client().post(new, FORM).status_code == 302
    assert Draft.objects.get().cart.currency == "USD"
