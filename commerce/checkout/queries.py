"""What the shopper is about to agree to, and where a placed order's payment stands."""

from commerce.accounts.types import AddressData
from commerce.cart import queries as carts
from commerce.cart.types import CartData, CartLine
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import Parcel, ShippingOption
from commerce.orders import queries as orders
from commerce.payments import queries as payments
from commerce.payments.types import PaymentData
from commerce.pricing import queries as pricing
from commerce.pricing.types import STANDARD, Quote, QuoteLine

from .models import Checkout
from .types import Review, SellerPart

NotKnown = carts.NoSuchCart

_TOLD = "SELECT * FROM checkout_checkout WHERE cart_id = %s"


def review(*, cart_token: str, locale: str = "en") -> Review:
    """Return the cart, what was told so far and what it comes to, in nine statements at most.

    Raises NotKnown when no cart has this token.
    """
    cart = carts.contents(token=cart_token, locale=locale)
    return review_of(cart=cart, told=told_of(cart_id=cart.id))


def told_of(*, cart_id: int) -> Checkout | None:
    """Return what a cart's shopper has told us; for this module's own use."""
    return next(iter(Checkout.objects.raw(_TOLD, [cart_id])), None)


def order_of_cart(*, cart_token: str) -> str | None:
    """Return the token of the order that a cart became, so that a second submit lands there."""
    try:
        cart_id = carts.cart_id_of(token=cart_token)
    except carts.NoSuchCart:
        return None
    found = orders.of_cart(cart_id=cart_id)
    return found.token if found else None


def cart_of_order(*, order_token: str) -> str | None:
    """Return the token of the cart that an order came from, to hand it back to its shopper."""
    order = orders.ref(token=order_token)
    return carts.tokens(cart_ids=[order.cart_id]).get(order.cart_id) if order else None


def payment_url(*, order_token: str) -> str | None:
    """Return the open payment page of an order that waits to be paid."""
    attempt = current_attempt(order_token=order_token)
    return attempt.url or None if attempt and attempt.state == "created" else None


def current_attempt(*, order_token: str) -> PaymentData | None:
    """Return the attempt that may still bring the order's money."""
    attempts = payments.of_order(order_tokens=[order_token]).get(order_token, [])
    return next((attempt for attempt in attempts if attempt.is_open), None)


def review_of(*, cart: CartData, told: Checkout | None) -> Review:
    """Put a cart and what its shopper told us together; for this module's own use."""
    address = AddressData.from_dict(told.ship_to) if told and told.ship_to else None
    chosen = {int(seller): int(method) for seller, method in told.methods.items()} if told else {}
    parts = _parts(cart, address, chosen)
    return Review(
        cart=cart,
        email=told.email if told else "",
        address=address,
        parts=parts,
        quote=_quote(cart, parts, address),
        problems=_problems(cart, parts, address),
    )


def _parts(cart: CartData, address: AddressData | None, chosen: dict[int, int]) -> list[SellerPart]:
    by_seller: dict[int, list[CartLine]] = {}
    for line in cart.lines:
        by_seller.setdefault(line.offer.seller_id, []).append(line)
    parcels = _parcels(by_seller, address) if address else []
    options = fulfillment.shipping_options(parcels=parcels, currency=cart.currency)
    stuck = [parcel for parcel in parcels if not options[parcel.seller_id]]
    reasons = fulfillment.why_not(parcels=stuck, currency=cart.currency) if stuck else {}
    return [
        SellerPart(
            seller_id=seller_id,
            seller_name=lines[0].offer.seller_name,
            lines=lines,
            options=options.get(seller_id, []),
            chosen=_choice(options.get(seller_id, []), chosen.get(seller_id)),
            refusal=reasons.get(seller_id, ""),
        )
        for seller_id, lines in by_seller.items()
    ]


def _parcels(by_seller: dict[int, list[CartLine]], address: AddressData) -> list[Parcel]:
    return [
        Parcel(
            seller_id=seller_id,
            country=address.country,
            region=address.region,
            postal_code=address.postal_code,
            weight_grams=sum(line.offer.weight_grams * line.quantity for line in lines),
            goods_minor=sum(line.total.minor for line in lines),
            pieces=sum(line.quantity for line in lines),
            quantities={line.variant_id: line.quantity for line in lines},
        )
        for seller_id, lines in by_seller.items()
    ]


def _choice(options: list[ShippingOption], method_id: int | None) -> ShippingOption | None:
    return next((option for option in options if option.method_id == method_id), None)


def _quote(cart: CartData, parts: list[SellerPart], address: AddressData | None) -> Quote | None:
    if address is None or not parts:
        return None
    shipping = {part.seller_id: part.chosen.price.minor for part in parts if part.chosen}
    if len(shipping) < len(parts):
        return None
    rates = pricing.tax_rates(
        country=address.country,
        region=address.region,
        tax_classes={STANDARD, *(line.offer.tax_class for line in cart.lines)},
    )
    lines = [
        QuoteLine(
            key=line.id,
            seller_id=line.offer.seller_id,
            unit_minor=line.offer.price.minor,
            quantity=line.quantity,
            tax_class=line.offer.tax_class,
        )
        for line in cart.lines
    ]
    return pricing.quote(lines=lines, shipping=shipping, rates=rates, currency=cart.currency)


def _problems(cart: CartData, parts: list[SellerPart], address: AddressData | None) -> list[str]:
    problems = [f"{line.offer.title}: {line.problem}" for line in cart.lines if line.problem]
    if address is not None:
        problems += [f"{part.seller_name} {part.refusal}" for part in parts if not part.options]
    return problems
