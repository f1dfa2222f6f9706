"""Checkout, step by step. Placing, paying and settling have files of their own."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.cart.types import CartData
from commerce.credits import queries as credits
from commerce.fulfillment import operations as fulfillment
from commerce.gateways.payments import BANK_TRANSFER
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.sql import Planned, columns, execute, fetch_as, is_crowded
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.payments import operations as payments
from commerce.payments import queries as payment_queries
from commerce.pricing import operations as pricing

from . import fraud, paying, placing
from .beginning import begin, held, held_where_chosen
from .entering import enter_code, remove_code
from .estimating import estimate_for
from .freshening import changed_shipping, freshen, freshen_before_placing, with_fresh_prices
from .models import Checkout
from .paying import fields_here
from .queries import FIRST_ORDER, current_attempt, review_of, stores_of, told_of
from .refusals import (
    CartChanged,
    CartEmpty,
    CartUnavailable,
    CheckoutRefused,
    CodeRefused,
    CreditChanged,
    Crowded,
    DetailsMissing,
    GiftCardRefused,
    MethodNotOffered,
    NotPayable,
    PaymentRefused,
    PlaceShort,
    PromotionGone,
    StockShort,
    Suspected,
    TotalChanged,
    WayGone,
)
from .releasing import give_up
from .renewing import open_renewal
from .reordering import reorder
from .reviewing import NotResolvable, resolve_review
from .settling import (
    NoSuchOrder,
    abandon,
    confirm_unpaid,
    finalise,
    settle,
    settle_fee,
    settle_session,
)
from .sweeping import sweep, waited_too_long
from .tendering import MOST_CARDS
from .types import Placed, Review

__all__ = [
    "CartChanged",
    "CartEmpty",
    "CartUnavailable",
    "CheckoutRefused",
    "CodeRefused",
    "CreditChanged",
    "Crowded",
    "DetailsMissing",
    "GiftCardRefused",
    "MethodNotOffered",
    "NoSuchOrder",
    "NotPayable",
    "NotResolvable",
    "PaymentRefused",
    "PlaceShort",
    "PromotionGone",
    "StockShort",
    "Suspected",
    "TotalChanged",
    "WayGone",
    "abandon",
    "add_gift_card",
    "begin",
    "changed_shipping",
    "enter_code",
    "estimate_for",
    "fields_here",
    "finalise",
    "freshen",
    "place",
    "remove_code",
    "remove_gift_card",
    "reorder",
    "resolve_review",
    "retry_payment",
    "set_contact",
    "set_methods",
    "settle",
    "settle_fee",
    "settle_session",
    "sweep",
    "use_store_credit",
]

log = structlog.get_logger(__name__)

_TOLD_OF_CART = Planned(f"""
SELECT {columns(Checkout, "told")}, {FIRST_ORDER.format(cart_id="cart.id")},
(
    cart.touched_at > told.updated_at
    OR told.updated_at < statement_timestamp() - interval '30 minutes'
) AS is_stale
FROM checkout_checkout AS told JOIN cart_cart AS cart ON cart.id = told.cart_id
WHERE cart.token = %s
""")  # noqa: S608

_KEEP_CONTACT = Planned(f"""
INSERT INTO checkout_checkout AS told (
    cart_id, email, ship_to, vat_id, vat_check, methods, updated_at
)
VALUES (%s, %s, %s::jsonb, %s, %s::jsonb, '{{}}', statement_timestamp())
ON CONFLICT (cart_id) DO UPDATE SET
    email = EXCLUDED.email, ship_to = EXCLUDED.ship_to, vat_id = EXCLUDED.vat_id,
    vat_check = EXCLUDED.vat_check, updated_at = EXCLUDED.updated_at
RETURNING {columns(Checkout, "told")}, {FIRST_ORDER.format(cart_id="told.cart_id")}
""")  # noqa: S608

_KEEP_METHODS = Planned(
    "UPDATE checkout_checkout SET methods = %s::jsonb, updated_at = statement_timestamp()"
    " WHERE cart_id = %s"
)


def set_contact(
    *,
    cart_token: str,
    email: str,
    address: AddressData,
    vat_id: str = "",
    insists: bool = False,
    principal: str | None = None,
) -> Review:
    """Keep who buys and where it goes, and return what is known now.

    With a `principal`, as which "" stands for nobody known, the items are held first,
    as `begin` does, unless they are or were; StockShort and HoldsTooMuch say what is not.

    Carriers are asked whether parcels reach it, where the shop has an account with them;
    with `insists` the shopper keeps words that carriers write otherwise.

    Carriers are asked for their prices here, where sellers want that, and the tax
    engine for the rates of the place; one that is away delays the answer by three
    seconds and changes nothing else. `vat_id` is a business's in the EU; while its
    register is away, for four seconds at most, the number exempts from no tax.
    Raises InvalidAddress (of accounts), AddressDoubted (of fulfillment), InvalidVatId
    (of pricing) and CartUnavailable.
    """
    checked = accounts.check_address(address=address)
    number = pricing.checked_vat_id(vat_id=vat_id, country=checked.country) if vat_id else ""
    cart = _contents(cart_token)
    if principal is not None:
        cart = held(cart=cart, principal=principal)
    verification = fulfillment.verify_address(
        address=checked, user_id=cart.user_id, insists=insists
    )
    check = pricing.check_vat_id(number=number) if number else {}
    _ask_taxes(checked)
    ship_to = checked.as_dict() | ({"verification": verification} if verification else {})
    kept = [cart.id, email, json.dumps(ship_to), number, json.dumps(check)]
    told = fetch_as(Checkout, _KEEP_CONTACT, *kept)[0]
    return with_fresh_prices(review=review_of(cart=cart, told=told), told=told)


def _ask_taxes(place: AddressData) -> bool:
    return pricing.refresh_place_rates(
        country=place.country,
        region=place.region,
        postal_code=place.postal_code,
        city=place.city,
    )


def set_methods(
    *, cart_token: str, methods: Mapping[int, int], principal: str | None = None
) -> Review:
    """Keep how each seller should ship, and return what it comes to.

    Carriers are asked where their prices are older than half an hour, and the tax engine
    for the rates of stores where something is picked up. With a `principal` the items are
    held as in `set_contact`, where they were chosen. Raises MethodNotOffered, in which case
    nothing is kept, and CartUnavailable.
    """
    cart = _contents(cart_token)
    told = told_of(cart_id=cart.id) or Checkout(cart_id=cart.id)
    told.methods = {str(seller_id): method_id for seller_id, method_id in methods.items()}
    review = with_fresh_prices(review=review_of(cart=cart, told=told), told=told)
    missing = [part.seller_name for part in review.parts if part.chosen is None]
    if missing:
        raise MethodNotOffered(missing)
    if principal is not None:
        cart = held_where_chosen(review=review, principal=principal)
        review = replace(review, cart=cart)
    stores = stores_of({part.seller_id: part.chosen for part in review.parts})
    answers = [_ask_taxes(store) for store in stores.values()]
    if any(answers):
        review = review_of(cart=cart, told=told)
    execute(_KEEP_METHODS, json.dumps(told.methods), cart.id)
    return review


def add_gift_card(*, cart_token: str, code: str) -> Review:
    """Pay with a gift card as far as it goes; typing it twice changes nothing.

    Raises GiftCardRefused and CartUnavailable. The caller limits how often codes are tried.
    """
    cart = _contents(cart_token)
    told = told_of(cart_id=cart.id)
    if told is None:
        raise DetailsMissing("an address and an email")
    try:
        card = credits.by_code(code=code, currency=cart.currency)
    except credits.UnknownCode as unknown:
        raise GiftCardRefused(str(unknown)) from None
    cards = [*(pk for pk in told.gift_cards if pk != card.id), card.id]
    if len(cards) > MOST_CARDS:
        raise GiftCardRefused(f"An order takes {MOST_CARDS} gift cards at most.")
    return _keep_credit(cart, told, gift_cards=cards)


def remove_gift_card(*, cart_token: str, credit_id: int) -> Review:
    """Take a gift card out of a cart's payment again. Raises CartUnavailable."""
    cart = _contents(cart_token)
    told = told_of(cart_id=cart.id)
    if told is None:
        raise DetailsMissing("an address and an email")
    return _keep_credit(cart, told, gift_cards=[pk for pk in told.gift_cards if pk != credit_id])


def use_store_credit(*, cart_token: str, use: bool) -> Review:
    """Say whether the shopper's own store credit pays, as far as it goes."""
    cart = _contents(cart_token)
    told = told_of(cart_id=cart.id)
    if told is None:
        raise DetailsMissing("an address and an email")
    return _keep_credit(cart, told, use_credit=use)


def _keep_credit(cart: CartData, told: Checkout, **changes: Any) -> Review:
    for name, value in changes.items():
        setattr(told, name, value)
    Checkout.objects.filter(cart_id=cart.id).update(**changes, updated_at=Now())
    return review_of(cart=cart, told=told)


def place(
    *,
    cart_token: str,
    user_id: int | None,
    expected_total: Money,
    return_url: str,
    cancel_url: str = "",
    principal: str = "",
    expected_due: Money | None = None,
    keep_method: bool = False,
    pay_url: str = "",
    promoted_to: int | None = None,
) -> Placed:
    """Turn a cart into an order, hold its stock and open the payment page.

    In the addresses, ORDER stands for the order's token. `principal` names the person
    or network whose share of a SKU the hold counts to, `promoted_to` the person whose
    turn promotions take when the order itself is nobody's. A second submit of the
    same cart leads to the same order and page. Raises CheckoutRefused; then the
    cart is as it was.
    """
    told = next(iter(fetch_as(Checkout, _TOLD_OF_CART, cart_token)), None)
    if told is None:
        _contents(cart_token)
        raise DetailsMissing("an address and an email")
    fraud.check(
        fraud.Suspect(
            email=told.email,
            user_id=user_id,
            principal=principal,
            country=str(told.ship_to.get("country", "")),
            total=expected_total,
        )
    )
    changes = freshen_before_placing(told=told, cart_token=cart_token)
    number, moment = orders.next_number()
    agreement = placing.Agreement(
        cart_token=cart_token,
        user_id=user_id,
        expected_total=expected_total,
        return_url=return_url,
        cancel_url=cancel_url or return_url,
        principal=principal,
        expected_due=expected_due,
        customer=_customer(user_id, told, keep=keep_method),
        keep_method=keep_method,
        pay_url=pay_url,
        promoted_to=promoted_to,
        changes=tuple(changes),
    )
    try:
        with transaction.atomic():
            written = placing.write_order(
                told=told, agreement=agreement, number=number, moment=moment
            )
            if written.payment is None:
                confirm_unpaid(written.order)
    except carts.CartClosed:
        return _placed_before(told.cart_id)
    except OperationalError as error:
        if is_crowded(error):
            raise Crowded from error
        raise
    failpoint("after_intent_row")
    if written.payment is None:
        return Placed(order_token=written.order.token, payment_url=None, outcome="confirmed")
    url = paying.open_page(
        order=written.order,
        payment=written.payment,
        lines=paying.lines_of_draft(written.draft),
    )
    return _to_pay(written.order.token, url)


def _customer(user_id: int | None, told: Checkout, *, keep: bool) -> str:
    """Return the provider's name for a shopper who needs one there.

    That is who keeps, or has kept, a way to pay, and everybody when bank transfers are
    offered: the account they go to is the customer's.
    """
    transfers = BANK_TRANSFER in settings.PAYMENT_METHODS
    if user_id is None:
        return payments.guest_customer(cart_id=told.cart_id, email=told.email) if transfers else ""
    if keep or transfers:
        return payments.ensure_customer(user_id=user_id, email=told.email)
    return payment_queries.customer_of(user_id=user_id)


def retry_payment(*, order_token: str) -> Placed:
    """Lead to the payment page of an order that waits, and open one if there is none yet.

    Never asks for a second payment while the first may still succeed. So it is for a
    confirmed order whose reserved money is gone. Raises NotPayable and PaymentRefused.
    """
    state = finalise(order_token=order_token)
    if state == "confirmed":
        return _to_pay(order_token, open_renewal(order_token=order_token))
    if state != "pending":
        raise NotPayable(state)
    order = order_queries.ref(token=order_token)
    attempt = current_attempt(order_token=order_token)
    if order is None or attempt is None or attempt.state != "created":
        raise NotPayable(state)
    if attempt.session_id:
        return _to_pay(order_token, attempt.url or None)
    if waited_too_long(order):
        give_up(payment=attempt, reason="not paid in time")
        raise NotPayable("canceled")
    lines = paying.lines_of_order(order_token=order_token)
    return _to_pay(order_token, paying.open_page(order=order, payment=attempt, lines=lines))


def _placed_before(cart_id: int) -> Placed:
    """Lead a second submit to where the first one led."""
    order = order_queries.of_cart(cart_id=cart_id)
    if order is None:
        raise CartUnavailable
    if order.state == "confirmed":
        return Placed(order_token=order.token, payment_url=None, outcome="confirmed")
    return retry_payment(order_token=order.token)


def _to_pay(order_token: str, url: str | None) -> Placed:
    return Placed(order_token=order_token, payment_url=url, outcome="pay" if url else "try-again")


def _contents(cart_token: str) -> CartData:
    try:
        return cart_queries.contents(token=cart_token)
    except cart_queries.NoSuchCart:
        raise CartUnavailable from None
