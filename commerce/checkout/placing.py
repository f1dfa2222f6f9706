"""From a reviewed cart to a written order, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from commerce.accounts.types import AddressData
from commerce.cart import operations as carts
from commerce.cart import queries as cart_queries
from commerce.cart.types import CartLine
from commerce.credits import operations as credits
from commerce.inventory import operations as inventory
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.tokens import new_token
from commerce.orders import operations as orders
from commerce.orders.types import LineDraft, OrderDraft, OrderRef, SellerOrderDraft
from commerce.payments import operations as payments
from commerce.payments.types import PaymentData, PayTerms
from commerce.pricing import operations as pricing
from commerce.pricing.types import Quote, QuotedSeller
from commerce.sellers import queries as sellers
from commerce.sellers.types import Commissioned, Rate

from .models import Checkout
from .queries import cart_holders, review_of
from .refusals import (
    CartChanged,
    CartEmpty,
    CartUnavailable,
    CreditChanged,
    DetailsMissing,
    HoldsTooMuch,
    PlaceShort,
    PromotionGone,
    StockShort,
    TotalChanged,
    WayGone,
)
from .types import Review, SellerPart

# The provider keeps a payment page open for half an hour at least. The page closes a
# little after that, and the hold outlives the page, so that whoever pays in the last
# second still finds the goods there.
PAGE_LASTS = timedelta(minutes=32)
HOLD_MINUTES = 35
# An order without a payment page gives its stock back sooner.
WAIT_FOR_PAGE = timedelta(minutes=15)
# What a hold is extended to, once, by the first page that opens late.
LATE_HOLD_MINUTES = 50


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Who places which cart, and the total they saw."""

    cart_token: str
    user_id: int | None
    expected_total: Money
    return_url: str
    cancel_url: str
    expected_due: Money | None = None
    customer: str = ""
    """The provider's name for the shopper, if it has one."""
    keep_method: bool = False
    pay_url: str = ""
    """Where our own page with the provider's fields is, should the settings want it."""
    principal: str = ""
    """Who is behind it, person or network, as far as that is known."""
    promoted_to: int | None = None
    """Whose turn a promotion takes when the order itself is nobody's."""
    changes: tuple[str, ...] = ()
    """What was found to have changed when it was asked for again, in words for the shopper."""


@dataclass(frozen=True, kw_only=True)
class Written:
    order: OrderRef
    draft: OrderDraft
    payment: PaymentData | None


def write_order(*, told: Checkout, agreement: Agreement, number: str, moment: datetime) -> Written:
    """Close the cart, write order and attempt, hold the stock: all or nothing.

    The cart's row is locked first, so that of two submits the second finds it
    closed; the stock rows are locked last, because others wait for them.
    Raises CartClosed and CheckoutRefused.
    """
    carts.mark_ordered(cart_id=told.cart_id, cause="placed")
    review = _reviewed(told, agreement)
    _still_offered(review)
    address, quote = _agreed(review, agreement)
    _agree_on_due(review, agreement.expected_due)
    draft = _draft(review, address, quote, agreement.user_id, moment)
    token = new_token()
    order = orders.place(draft=draft, number=number, token=token)
    payment = None
    if order.due.minor:
        payment = payments.start(
            order_token=token,
            amount=order.due,
            expires_at=moment + PAGE_LASTS,
            success_url=agreement.return_url.replace("ORDER", token),
            cancel_url=agreement.cancel_url.replace("ORDER", token),
            terms=_terms(agreement, order),
        )
    _hold(review, token, agreement.principal)
    _claim(review, token, user_id=agreement.user_id or agreement.promoted_to)
    try:
        credits.hold(order_token=token, uses=review.credit)
    except credits.CreditShort:
        raise CreditChanged from None
    return Written(order=order, draft=draft, payment=payment)


def _terms(agreement: Agreement, order: OrderRef) -> PayTerms:
    # Credit is spent when an order is confirmed; what pays beside it is taken then, too.
    on_shipping = settings.PAYMENT_ON_SHIPPING and not order.credit.minor
    pay_url = agreement.pay_url.replace("ORDER", order.token) if settings.PAYMENT_HERE else ""
    return PayTerms(
        pay_url=pay_url,
        group=order.number,
        methods=tuple(settings.PAYMENT_METHODS),
        customer=agreement.customer,
        keep=agreement.keep_method and bool(agreement.customer),
        later=settings.PAYMENT_CAPTURE_LATER or on_shipping,
        on_shipping=on_shipping,
    )


def _reviewed(told: Checkout, agreement: Agreement) -> Review:
    cart = cart_queries.contents(token=agreement.cart_token)
    if cart.user_id is not None and cart.user_id != agreement.user_id:
        raise CartUnavailable
    return review_of(cart=cart, told=told)


def _still_offered(review: Review) -> None:
    """Say so when a way that was chosen has gone, rather than that none was chosen."""
    gone = [part.seller_name for part in review.parts if part.options and part.has_lost_choice]
    if gone:
        raise WayGone(gone)


def _agreed(review: Review, agreement: Agreement) -> tuple[AddressData, Quote]:
    if not review.cart.lines:
        raise CartEmpty
    if review.problems:
        raise CartChanged(review.problems)
    if review.address is None or not review.email:
        raise DetailsMissing("an address and an email")
    if review.quote is None:
        raise DetailsMissing("how your items should be shipped")
    if review.quote.total != agreement.expected_total:
        refused = [state.message for state in review.codes if not state.is_applied]
        because = [*agreement.changes, *refused]
        raise TotalChanged(old=agreement.expected_total, new=review.quote.total, because=because)
    return review.address, review.quote


def _agree_on_due(review: Review, expected: Money | None) -> None:
    """The shopper also agrees to what is left to pay: a card may have been used meanwhile."""
    if expected is not None and review.due is not None and review.due != expected:
        raise TotalChanged(old=expected, new=review.due, what="The amount to pay")


def _draft(
    review: Review, address: AddressData, quote: Quote, user_id: int | None, moment: datetime
) -> OrderDraft:
    rates = sellers.rates(
        items=[
            Commissioned(
                key=line.id, seller_id=part.seller_id, category_keys=line.offer.category_keys
            )
            for part in review.parts
            for line in part.lines
        ],
        at=moment,
    )
    return OrderDraft(
        cart_id=review.cart.id,
        user_id=user_id,
        email=review.email,
        currency=review.cart.currency,
        ship_to=address.as_dict() | _known_of_address(review) | _business(review),
        seller_orders=[_part(part, quote, rates) for part in review.parts],
        credit_minor=sum(use.amount.minor for use in review.credit),
    )


def _known_of_address(review: Review) -> dict[str, str]:
    return {"verification": review.verification} if review.verification else {}


def _business(review: Review) -> dict[str, str]:
    """What is frozen of a business that buys: its VAT number, and the evidence for it."""
    if not review.vat_id:
        return {}
    evidence = {f"vat_{name}": value for name, value in review.vat_check.items() if value}
    return {"vat_id": review.vat_id, **evidence}


def _part(part: SellerPart, quote: Quote, rates: Mapping[int, Rate]) -> SellerOrderDraft:
    quoted = quote.sellers[part.seller_id]
    return SellerOrderDraft(
        seller_id=part.seller_id,
        shipping_minor=quoted.shipping.minor,
        shipping_tax_minor=quoted.shipping_tax.minor,
        shipping_method=_method(part, quoted),
        shipping_discount_minor=quoted.shipping_discount.minor,
        platform_shipping_discount_minor=quoted.platform_shipping_discount.minor,
        included_shipping_tax_minor=quoted.included_shipping_tax.minor,
        lines=[_line(line, quote, rates[line.id].bps) for line in part.lines],
    )


def _line(line: CartLine, quote: Quote, commission_bps: int) -> LineDraft:
    quoted = quote.lines[line.id]
    return LineDraft(
        variant_id=line.variant_id,
        title=line.offer.title,
        sku=line.offer.sku,
        options=line.offer.option_values,
        image=line.offer.image,
        path=line.offer.path,
        quantity=line.quantity,
        unit_minor=quoted.unit.minor,
        tax_minor=quoted.tax.minor,
        tax_rate_bps=quoted.rate_bps,
        tax_name=quoted.tax_name,
        commission_bps=commission_bps,
        promised_by=line.promised_by,
        discount_minor=quoted.discount.minor,
        platform_discount_minor=quoted.platform_discount.minor,
        included_tax_minor=quoted.included_tax.minor,
        adjustments=[cut.as_dict() for cut in quoted.cuts],
        explanation=list(quoted.steps),
    )


def _method(part: SellerPart, quoted: QuotedSeller) -> dict[str, Any]:
    """What is frozen of the way of shipping, with its tax and what made it cheaper."""
    method = part.chosen.as_dict() if part.chosen else {}
    rate = quoted.shipping_rate
    method["tax"] = {"name": rate.name, "rate_bps": rate.rate_bps}
    if quoted.shipping_cuts:
        method["adjustments"] = [cut.as_dict() for cut in quoted.shipping_cuts]
    return method


def _claim(review: Review, token: str, *, user_id: int | None) -> None:
    """Count the promotions as used, after the stock; whoever comes too late agrees again."""
    try:
        pricing.claim(
            order_token=token,
            uses=review.uses,
            email=review.email,
            user_id=user_id,
            currency=review.cart.currency,
        )
    except pricing.UsedUp:
        raise PromotionGone([use.label for use in review.uses]) from None


def places_of(review: Review) -> dict[int, int]:
    """Where the shopper chose to get it, by variant; the others may come from any place."""
    return {
        line.variant_id: part.chosen.location_id
        for part in review.parts
        if part.chosen and part.chosen.location_id is not None
        for line in part.lines
    }


def refuse_place(review: Review, shortages: Mapping[int, int]) -> None:
    """Say of what is short where the shopper chose that another way may do. Raises PlaceShort."""
    for part in review.parts:
        titles = {line.variant_id: line.offer.title for line in part.lines}
        short = {key: left for key, left in shortages.items() if key in titles}
        if short and part.chosen and part.chosen.location_id is not None:
            raise PlaceShort(shortages=short, titles=titles, way=part.chosen.name)


def _hold(review: Review, token: str, principal: str) -> None:
    """Take over what the checkout holds; hold anew where that is not just what is ordered."""
    quantities = {line.variant_id: line.quantity for line in review.cart.lines}
    places = places_of(review)
    failpoint("before_hold")
    if not _take_over(review, token, quantities, places):
        _reserve(review, token, principal, quantities, places)
    failpoint("after_hold")


def _take_over(
    review: Review, token: str, quantities: Mapping[int, int], places: Mapping[int, int]
) -> bool:
    if not any(one.lives for one in review.cart.kept.values()):
        return False
    return inventory.take_over(
        cart_id=review.cart.id,
        holder=token,
        quantities=quantities,
        minutes=HOLD_MINUTES,
        places=places,
    )


def _reserve(
    review: Review,
    token: str,
    principal: str,
    quantities: Mapping[int, int],
    places: Mapping[int, int],
) -> None:
    """What cart and checkout hold already passes to the order in the same step."""
    titles = {line.variant_id: line.offer.title for line in review.cart.lines}
    try:
        inventory.reserve(
            holder=token,
            quantities=quantities,
            minutes=HOLD_MINUTES,
            principal=principal,
            late=[line.variant_id for line in review.cart.lines if line.promised_by],
            replaces=cart_holders(cart=review.cart, lines=review.cart.lines),
            places=places,
        )
    except inventory.OutOfStock as short:
        refuse_place(review, short.shortages)
        raise StockShort(shortages=short.shortages, titles=titles) from short
    except inventory.ShareTaken as share:
        raise HoldsTooMuch(allowed=share.allowed, titles=titles) from share
    if review.cart.kept:
        inventory.forget_checkout(cart_id=review.cart.id)
