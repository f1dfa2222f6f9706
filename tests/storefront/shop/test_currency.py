"""Shopping in another currency: chosen in a form, priced in it, paid in it, paid out in it."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.catalog.queries import variants_of
from commerce.discovery import operations as discovery
from commerce.fulfillment import operations as fulfillment
from commerce.invariants import queries as invariants
from commerce.ledger import queries as ledger
from commerce.notifications import operations as notifications
from commerce.notifications.models import Message
from commerce.orders import queries as orders
from commerce.orders.adjusting import Terms, cancel_units
from commerce.orders.models import Order
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payments import refunding
from commerce.payouts import operations as payouts
from commerce.payouts import queries as payout_queries
from commerce.payouts.models import Earning
from commerce.pricing import operations as pricing
from commerce.sellers.models import Seller
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import SAN_FRANCISCO, make_user
from tests.factories.cart import make_cart, make_sellable
from tests.factories.credits import make_gift_card
from tests.factories.fulfillment import delivered, make_carrier
from tests.factories.orders import offer_shipping
from tests.factories.payouts import Provider
from tests.factories.pricing import set_price
from tests.factories.sellers import make_seller
from tests.factories.selling import signed_in
from tests.factories.shopfront import on_show
from tests.support.constraints import check_deferred_constraints
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

CONTACT = {"email": "ada@example.com", **SAN_FRANCISCO.as_dict()}


@pytest.fixture(autouse=True)
def _currencies(settings: Any) -> None:
    settings.CURRENCIES = ["USD", "EUR", "JPY"]


def choose(client: Client, currency: str, **more: str) -> Any:
    return client.post(reverse("currency"), {"currency": currency, **more})


def shopper(currency: str, token: str = "") -> Client:
    client = Client()
    if token:
        client.cookies["cart"] = token
    choose(client, currency)
    return client


def ship_in(seller_id: int, currency: str, minor: int) -> None:
    fulfillment.set_shipping_method(
        seller_id=seller_id, name=f"Standard {currency}", carrier_code=make_carrier(),
        currency=currency, base_minor=minor, days=(3, 5),
    )  # fmt: skip


def a_mug(minor: int = 1190, currency: str = "EUR") -> tuple[Seller, int]:
    """A mug of a seller who ships, sold in dollars and in another currency."""
    pricing.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="CA sales tax", rate_bps=875
    )
    seller = make_seller(rate_bps=1000)
    offer_shipping(seller.pk)
    variant_id = make_sellable(seller_id=seller.pk)
    set_price(variant_id, minor, currency=currency)
    return seller, variant_id


def price_of(page: Any) -> str:
    found = re.search(r'price__now">([^<]+)', page.content.decode())
    return found.group(1) if found else ""


def test_a_page_shows_the_currency_that_was_chosen() -> None:
    page = on_show()
    [variant] = {line.variant_id for line in cart_queries.contents(token=_cart_of(page)).lines}
    set_price(variant, 1190, currency="EUR")
    discovery.refresh(product_ids=[page.product_id])

    in_euro, plain = shopper("EUR"), Client()

    assert price_of(plain.get(page.url)) == "$12.50"
    assert price_of(in_euro.get(page.url)) == "€11.90"
    assert price_of(in_euro.get(reverse("search"), {"q": "mug"})) == "€11.90"
    assert "Cookie" in in_euro.get(page.url)["Vary"]


def _cart_of(page: Any) -> str:
    (variants,) = variants_of(product_ids=[page.product_id]).values()
    return make_cart({variants[0].id: 1})


def test_what_has_no_price_in_it_says_so_and_cannot_be_added() -> None:
    page = on_show()
    line = cart_queries.contents(token=_cart_of(page)).lines[0]
    client = shopper("EUR")

    shown = client.get(page.url).content.decode()
    added = client.post(reverse("cart-add"), {"variant": line.variant_id, "quantity": "1"})

    assert "Not sold in EUR" in shown
    assert "Add to cart" not in shown
    assert added.status_code == 422
    assert "This item is not sold in EUR." in added.content.decode()


@pytest.mark.parametrize("cookie", ["GBP", "", "eur", "x" * 4000, "usd'--"])
def test_a_currency_nobody_sells_in_is_the_base_currency(cookie: str) -> None:
    page = on_show()
    client = Client()
    client.cookies["currency"] = cookie

    assert price_of(client.get(page.url)) == "$12.50"


def test_the_form_keeps_the_page_and_leads_nowhere_else() -> None:
    page = on_show()
    client = Client()
    shown = client.get(f"{page.url}?sku=1").content.decode()

    assert f'name="next" value="{page.url}?sku=1"' in shown
    assert choose(client, "EUR", next=f"{page.url}?sku=1")["Location"] == f"{page.url}?sku=1"
    for foreign in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\x"):
        assert choose(client, "EUR", next=foreign)["Location"] == "/"
    assert '<option value="EUR" selected>' in client.get(page.url).content.decode()


def test_with_one_currency_there_is_no_form_no_header_and_no_statement(settings: Any) -> None:
    page = on_show()
    client = Client()
    client.get(page.url)
    with counted() as several:
        client.get(page.url)

    settings.CURRENCIES = ["USD"]
    plain = Client()
    plain.get(page.url)
    with counted() as one:
        shown = plain.get(page.url).content.decode()

    assert len(one) == len(several)
    assert 'name="currency"' not in shown
    assert choose(plain, "EUR").status_code == 404
    assert "currency" not in plain.cookies


def test_the_cart_follows_and_tells_what_is_not_sold_in_it() -> None:
    _, mug = a_mug()
    plate = make_sellable(title="Plain plate")
    client = Client()
    client.cookies["cart"] = token = make_cart({mug: 2, plate: 1})

    told = client.post(reverse("currency"), {"currency": "EUR", "next": "/cart/"}, follow=True)

    page = told.content.decode()
    assert "Not sold in EUR: Plain plate." in page
    assert "This item is not sold in EUR." in page
    assert "Go to checkout" not in page
    assert page.count("price__now") == 1
    contents = cart_queries.contents(token=token)
    assert (contents.currency, contents.goods.minor, len(contents.lines)) == ("EUR", 2380, 2)


def test_choosing_back_makes_everything_as_it_was() -> None:
    _, mug = a_mug()
    plate = make_sellable()
    client = Client()
    client.cookies["cart"] = token = make_cart({mug: 2, plate: 1})

    choose(client, "EUR")
    choose(client, "USD")

    contents = cart_queries.contents(token=token)
    assert (contents.currency, contents.goods.minor) == ("USD", 3 * 1250)
    assert "Go to checkout" in client.get(reverse("cart")).content.decode()


def test_a_cart_is_priced_by_its_own_currencys_lists_alone() -> None:
    seller, mug = a_mug()
    for currency, minor in (("USD", 100), ("JPY", 1)):
        entry = pricing.ListPriceInput(variant_id=mug, amount_minor=minor)
        wanted = pricing.PriceListInput(
            seller_id=seller.pk, name=currency, currency=currency, prices=[entry]
        )
        pricing.save_price_list(price_list=wanted)

    client = shopper("EUR", make_cart({mug: 1}))

    assert "€11.90" in client.get(reverse("cart")).content.decode()


def test_a_persons_cart_keeps_its_currency_in_another_browser() -> None:
    user = make_user()
    _, mug = a_mug()
    carts.change_currency(token=make_cart({mug: 1}, user_id=user.pk), currency="EUR")

    elsewhere = signed_in(user)
    page = elsewhere.get(reverse("cart")).content.decode()

    assert "€11.90" in page
    assert '<option value="EUR" selected>' in page
    assert elsewhere.cookies["currency"].value == "EUR"


def test_a_guests_currency_comes_along_at_sign_in() -> None:
    user = make_user()
    _, mug = a_mug()
    make_cart({mug: 1}, user_id=user.pk)
    guest = make_cart({mug: 3})
    carts.change_currency(token=guest, currency="EUR")

    merged = carts.merge(guest_token=guest, user_id=user.pk)

    contents = cart_queries.contents(token=str(merged))
    assert (contents.currency, contents.count) == ("EUR", 3)


def test_a_cart_in_a_currency_that_was_given_up_is_in_the_base_currency(settings: Any) -> None:
    _, mug = a_mug()
    token = make_cart({mug: 1})
    carts.change_currency(token=token, currency="EUR")
    settings.CURRENCIES = ["USD"]
    client = Client()
    client.cookies["cart"] = token

    assert "$12.50" in client.get(reverse("cart")).content.decode()


def test_a_seller_without_a_price_for_sending_says_so() -> None:
    _, mug = a_mug()
    client = shopper("EUR", make_cart({mug: 1}))

    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()

    assert "names no price in EUR for sending" in page


def tell_everybody() -> None:
    """Let everybody hear what happened, and what came of that."""
    for _ in range(3):
        for told in Delivery.objects.order_by("pk"):
            deliver(delivery_id=told.pk)
    for message in Message.objects.filter(sent_at=None):
        notifications.deliver(message_id=message.pk)


def buy(double: StripeDouble, client: Client) -> Any:
    """Walk through the checkout, pay, and come back; returns the order's token."""
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    ways = dict(re.findall(r'name="(method-\d+)" value="(\d+)"', page))
    page = client.post(reverse("checkout-review"), ways).content.decode()
    agreed = dict(re.findall(r'name="(expected_total|currency)" value="([^"]+)"', page))
    to_pay = client.post(reverse("checkout-place"), agreed)
    double.pay(to_pay["Location"])
    token = Order.objects.latest("pk").token
    return token, client.get(reverse("checkout-return", args=[token])).content.decode()


@pytest.mark.parametrize(
    ("currency", "minor", "shipping", "shown", "total", "earning"),
    [
        # Two mugs and shipping, 8.75 % tax on both; the seller has all but a tenth of the goods.
        ("EUR", 1190, 490, "€31.21", 3121, 2380 - 238 + 490),
        ("JPY", 1800, 700, "¥4,676", 4676, 3600 - 360 + 700),
    ],
)
def test_an_order_is_paid_given_back_and_paid_out_in_its_currency(
    double: StripeDouble, currency: str, minor: int, shipping: int, shown: str, total: int,
    earning: int,
) -> None:  # fmt: skip
    seller, mug = a_mug(minor, currency)
    ship_in(seller.pk, currency, shipping)
    provider = Provider(double)
    account = provider.connect(seller, currency)
    client = shopper(currency, make_cart({mug: 2}))

    token, done = buy(double, client)
    order = orders.order(token=token)

    assert order is not None
    assert shown in done
    assert (order.total.currency, order.total.minor, order.state) == (currency, total, "confirmed")
    [charge] = double.state()["charges"]
    assert (charge["currency"], charge["amount"]) == (currency.lower(), total)
    assert -ledger.balance(code=f"payable:{seller.pk}", currency=currency) == earning
    assert ledger.balance(code=f"payable:{seller.pk}", currency="USD") == 0
    check_deferred_constraints()
    assert invariants.broken() == []

    tell_everybody()
    [part] = order.seller_orders
    cancel_units(
        seller_order_id=part.id,
        units={part.lines[0].id: 1},
        terms=Terms(kind="canceled", business_key="one"),
    )
    refunding.send_refunds()
    tell_everybody()
    delivered(orders.order(token=token).seller_orders[0])  # type: ignore[union-attr]
    tell_everybody()
    Earning.objects.update(available_at=Now())
    left = payout_queries.summary(seller_id=seller.pk, currency=currency)
    [payout_id] = payouts.run(period="now", least=True)
    payouts.send(payout_id=payout_id)

    assert left.available.currency == currency
    [sent] = provider.payouts(account)
    assert (sent.currency, sent.amount) == (currency.lower(), left.available.minor)
    assert ledger.balance(code=f"payable:{seller.pk}", currency=currency) == 0
    assert double.state()["totals"][currency.lower()]["difference"] == 0
    [refund] = double.state()["refunds"]
    assert refund["currency"] == currency.lower()
    assert any(shown in one.body for one in mail.outbox)
    check_deferred_constraints()
    assert invariants.broken() == []


def test_a_gift_card_pays_in_its_own_currency() -> None:
    seller, mug = a_mug()
    ship_in(seller.pk, "EUR", 490)
    _, code = make_gift_card(1000, "USD")
    client = shopper("EUR", make_cart({mug: 1}))
    page = client.post(reverse("checkout-shipping"), CONTACT).content.decode()
    client.post(
        reverse("checkout-review"), dict(re.findall(r'name="(method-\d+)" value="(\d+)"', page))
    )

    refused = client.post(reverse("checkout-credit"), {"code": code}).content.decode()

    assert "This gift card holds USD and pays for orders in USD only" in refused


def test_the_same_again_costs_what_it_costs_in_the_currency_that_is_chosen(
    double: StripeDouble,
) -> None:
    seller, mug = a_mug()
    ship_in(seller.pk, "EUR", 490)
    client = shopper("EUR", make_cart({mug: 1}))
    token, _ = buy(double, client)

    choose(client, "USD")
    page = client.get(reverse("order-again", args=[token])).content.decode()
    client.post(reverse("order-again", args=[token]))

    assert "$12.50" in page
    cart = cart_queries.contents(token=client.cookies["cart"].value)
    assert (cart.currency, cart.goods.minor) == ("USD", 1250)


def test_nothing_is_sent_to_an_account_that_would_have_it_converted(double: StripeDouble) -> None:
    seller, mug = a_mug()
    ship_in(seller.pk, "EUR", 490)
    provider = Provider(double)
    provider.connect(seller)
    token, _ = buy(double, shopper("EUR", make_cart({mug: 1})))
    tell_everybody()
    delivered(orders.order(token=token).seller_orders[0])  # type: ignore[union-attr]
    tell_everybody()
    Earning.objects.update(available_at=Now())
    [payout_id] = payouts.run(period="now")

    assert payouts.send(payout_id=payout_id) == "failed"

    failed = payout_queries.payouts(payout_ids=[payout_id])[payout_id]
    assert "no bank account in EUR" in failed.last_error
    assert provider.transfers() == []
    assert ledger.balance(code=f"payable:{seller.pk}", currency="EUR") == -(1190 - 119 + 490)
    assert invariants.broken() == []
