"""Prices asked of carriers: shown, remembered, and replaced by the seller's table."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection

from commerce.cart import operations as cart_operations
from commerce.cart import queries as carts
from commerce.checkout import operations as checkout
from commerce.checkout import queries as review_queries
from commerce.checkout.models import Checkout
from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import KnownRate
from commerce.fulfillment.types import Parcel
from commerce.kernel import clock
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.fulfillment import make_carrier, plan_dispatch
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def live_seller(**changes):
    """A seller whose one way to ship asks USPS, and whose table says 9.99."""
    seller = make_seller()
    make_carrier()
    plan_dispatch(seller.pk)
    values = {
        "name": "USPS", "carrier_code": "usps", "kind": "live", "service": "Priority",
        "currency": "USD", "base_minor": 999, "days": (3, 6), **changes,
    }  # fmt: skip
    operations.set_shipping_method(seller_id=seller.pk, **values)
    return seller


def parcel_of(seller, **changes):
    values = {
        "seller_id": seller.pk, "country": "US", "region": "CA", "postal_code": "94105",
        "weight_grams": 850, "goods_minor": 2000, **changes,
    }  # fmt: skip
    return Parcel(**values)


def ask(*parcels):
    return operations.refresh_rates(parcels=parcels, destination=SAN_FRANCISCO, currency="USD")


def price(parcel):
    (only,) = queries.shipping_options(parcels=[parcel], currency="USD")[parcel.seller_id]
    return only.price.minor, (only.min_days, only.max_days), only.rate_of is not None


def grow_old(age):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fulfillment_knownrate SET fetched_at = now() - %s::interval", [age])


TABLE, LIVE = (999, (3, 6), False), (779, (2, 2), True)


def test_until_a_carrier_was_asked_the_table_holds(carriers):
    assert price(parcel_of(live_seller())) == TABLE


def test_what_the_carrier_says_is_what_it_costs(carriers):
    parcel = parcel_of(live_seller())
    assert ask(parcel) == 1
    assert price(parcel) == LIVE


def test_like_parcels_share_an_answer_and_fresh_ones_are_not_asked_again(carriers):
    seller = live_seller()
    ask(parcel_of(seller))
    asked = len(carriers.asked)
    assert ask(parcel_of(seller, weight_grams=899)) == 0
    assert len(carriers.asked) == asked
    assert price(parcel_of(seller, weight_grams=899)) == LIVE
    assert price(parcel_of(seller, weight_grams=901)) == TABLE


@pytest.mark.parametrize("fault", ["500", "429", "lost", "nonsense", "refuse"])
def test_while_the_carrier_is_away_its_last_price_holds(carriers, fault):
    parcel = parcel_of(live_seller())
    ask(parcel)
    grow_old("6 days")
    carriers.fault(fault, times=None)
    assert ask(parcel) == 1
    assert price(parcel) == LIVE


def test_a_price_too_old_gives_way_to_the_table(carriers):
    parcel = parcel_of(live_seller())
    ask(parcel)
    grow_old("7 days 1 minute")
    assert price(parcel) == TABLE
    assert operations.forget_old_rates() > 0
    assert not KnownRate.objects.exists()


def test_a_cart_of_many_sellers_waits_for_a_carrier_once(carriers, monkeypatch):
    monkeypatch.setattr("commerce.gateways.easypost.PRICE_SECONDS", 0.2)
    parcels = [parcel_of(live_seller(), weight_grams=100 * n) for n in range(1, 6)]
    carriers.fault("hang", times=None)
    assert ask(*parcels) == 1


def test_a_price_in_another_currency_is_never_shown_as_if_in_the_shoppers(carriers, settings):
    settings.CURRENCIES = ["USD", "EUR"]
    seller = live_seller(currency="EUR", base_minor=1190)
    parcel = parcel_of(seller)

    def told():
        (only,) = queries.shipping_options(parcels=[parcel], currency="EUR")[seller.pk]
        return str(only.price), only.rate_of

    def look():
        return operations.refresh_rates(parcels=[parcel], destination=SAN_FRANCISCO, currency="EUR")

    assert look() == 1
    assert set(KnownRate.objects.values_list("currency", flat=True)) == {"USD"}
    assert told() == ("11.90 EUR", None)
    assert look() == 0  # nor is the carrier asked at every step of the checkout
    assert queries.carrier_currencies() == {"USD"}


def test_without_an_account_nobody_is_asked(carriers, settings):
    settings.EASYPOST_API_KEY = ""
    parcel = parcel_of(live_seller())
    assert ask(parcel) == 0
    assert price(parcel) == TABLE


def test_who_lives_there_is_not_told_for_a_price(carriers):
    ask(parcel_of(live_seller()))
    (told,) = carriers.shipments.values()
    assert (told["to_address"]["name"], told["to_address"]["street1"]) == ("", "")
    assert told["to_address"]["zip"] == SAN_FRANCISCO.postal_code


def live_cart():
    seller = live_seller()
    return make_cart({make_sellable(seller_id=seller.pk): 1})


def tell_address(token):
    review = checkout.set_contact(cart_token=token, email="ada@example.com", address=SAN_FRANCISCO)
    (part,) = review.parts
    return part


def test_a_shopper_sees_the_carriers_price_at_checkout(carriers):
    (option,) = tell_address(live_cart()).options
    assert option.rate_of is not None
    assert option.price.minor != 999


def test_a_shopper_can_go_on_while_the_carrier_is_away(carriers):
    carriers.fault("500", times=None)
    (option,) = tell_address(live_cart()).options
    assert (option.price.minor, option.rate_of) == (999, None)


def ready(client):
    """A shopper at the second step, who has seen what the carrier asks."""
    token = live_cart()
    tell_address(token)
    client.cookies["cart"] = token
    return token


def dearer(times="1.5"):
    """As if the carrier had been asked while its prices were others, an hour ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_knownrate SET amount_minor = amount_minor * %s::numeric,"
            " fetched_at = now() - interval '1 hour'",
            [times],
        )


def test_opening_the_step_of_shipping_asks_again_when_prices_are_old(carriers, client):
    token = ready(client)
    (part,) = review_queries.review(cart_token=token).parts
    dearer()

    page = client.get("/checkout/shipping/")

    (shown,) = page.context["review"].parts
    assert shown.options[0].price == part.options[0].price
    asked = len(carriers.asked)
    client.get("/checkout/shipping/")
    assert len(carriers.asked) == asked


def test_a_price_that_changed_since_it_was_shown_is_told_at_the_review(carriers, client):
    token = ready(client)
    (part,) = review_queries.review(cart_token=token).parts
    (option,) = part.options
    typed = {f"method-{part.seller_id}": option.method_id, f"price-{option.method_id}": 123}

    page = client.post("/checkout/review/", typed).content.decode()
    assert f"costs {option.price} now, not 1.23 USD" in page

    typed[f"price-{option.method_id}"] = option.price.minor
    assert "now, not" not in client.post("/checkout/review/", typed).content.decode()
    typed[f"price-{option.method_id}"] = "x" * 40
    assert client.post("/checkout/review/", typed).status_code == 200


def choose(token):
    (part,) = review_queries.review(cart_token=token).parts
    return checkout.set_methods(
        cart_token=token, methods={part.seller_id: part.options[0].method_id}
    ).quote.total


def order(token, total):
    return checkout.place(
        cart_token=token, user_id=None, expected_total=total, return_url="https://x.example/"
    )


def test_placing_with_old_prices_asks_the_carrier_and_charges_nothing_silently(carriers, client):
    token = ready(client)
    choose(token)
    dearer()
    seen = review_queries.review(cart_token=token).quote.total
    Checkout.objects.update(updated_at=clock.now() - timedelta(minutes=31))

    with pytest.raises(checkout.TotalChanged, match=r"Shipping from .* costs .* now, not"):
        order(token, seen)

    now = review_queries.review(cart_token=token).quote.total
    assert now < seen
    assert carts.contents(token=token).lines


def test_placing_at_once_asks_no_carrier(carriers, client):
    token = ready(client)
    total = choose(token)
    asked = len(carriers.asked)
    with suppress(checkout.PaymentRefused):
        order(token, total)
    assert len(carriers.asked) == asked


def test_a_cart_that_was_changed_is_asked_about_again_before_it_is_placed(carriers, client):
    token = ready(client)
    choose(token)
    (line,) = carts.contents(token=token).lines
    cart_operations.set_quantity(token=token, line_id=line.id, quantity=3, principal="")
    by_table = review_queries.review(cart_token=token)
    assert by_table.parts[0].chosen.rate_of is None

    with pytest.raises(checkout.TotalChanged, match="Shipping from"):
        order(token, by_table.quote.total)

    assert review_queries.review(cart_token=token).parts[0].chosen.rate_of is not None


def test_while_the_carrier_is_away_an_old_price_is_charged_as_it_was_shown(carriers, client):
    token = ready(client)
    total = choose(token)
    grow_old("1 hour")
    Checkout.objects.update(updated_at=clock.now() - timedelta(minutes=31))
    carriers.fault("500", times=None)

    with suppress(checkout.PaymentRefused):
        order(token, total)

    assert review_queries.order_of_cart(cart_token=token) is not None
