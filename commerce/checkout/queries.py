"""What the shopper is about to agree to, and where a placed order's payment stands."""

from collections.abc import Iterable, Mapping

from commerce.accounts.types import AddressData
from commerce.cart import queries as carts
from commerce.cart.types import CartData, CartLine
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import Parcel, ShippingOption
from commerce.gateways.payments import BANK_TRANSFER, seems_away
from commerce.inventory import operations as inventory
from commerce.kernel.sql import Planned, columns, fetch_as
from commerce.orders import queries as orders
from commerce.payments import queries as payments
from commerce.payments.types import PaymentData

from .models import Checkout
from .pricing import address_of, place_of, priced
from .reordering import items_again as items_again
from .tendering import with_credit
from .types import Basket, Review, SellerPart, Standing

NotKnown = carts.NoSuchCart

# Without an email there is none to look for; asked as one question, or for nobody's orders,
# the planner may read all there are.
FIRST_ORDER = """NOT (coalesce(told.email, '') <> '' AND EXISTS (
    SELECT 1 FROM orders_order o WHERE o.email = told.email AND o.state <> 'canceled'
) OR EXISTS (
    SELECT 1 FROM cart_cart mine JOIN orders_order o ON o.user_id = mine.user_id
    WHERE mine.id = {cart_id} AND o.state <> 'canceled'
)) AS is_first_order"""

# The same trip asks whether the shopper has ordered before.
_TOLD = Planned(f"""
SELECT {columns(Checkout, "told")}, {FIRST_ORDER.format(cart_id="cart.id")}
FROM cart_cart cart LEFT JOIN checkout_checkout told ON told.cart_id = cart.id
WHERE cart.id = %s
""")  # noqa: S608


def provider_seems_away() -> bool:
    """Whether nobody could pay a moment ago; False when that is not known."""
    return seems_away()


def review(*, cart_token: str, locale: str = "en") -> Review:
    """Return the cart, what was told so far and what it comes to, in nine statements at most.

    Raises NotKnown when no cart has this token.
    """
    cart = carts.contents(token=cart_token, locale=locale)
    return review_of(cart=cart, told=told_of(cart_id=cart.id))


def basket(*, cart_token: str, locale: str = "en") -> Basket:
    """Return a cart with an estimate of what it comes to, in seven statements at most.

    Once there is a place to send it to, ways of shipping take up to four more.
    Raises NotKnown when no cart has this token.
    """
    return basket_of(cart=carts.contents(token=cart_token, locale=locale))


def basket_of(*, cart: CartData) -> Basket:
    """Estimate what a cart comes to; for this module's own use.

    Each seller sends it the way that was chosen, else the cheapest; no carrier is asked.
    """
    found = _told_or_not(cart.id)
    told = found if found and found.pk else None
    place = place_of(told)
    parts = _parts(cart, place, _chosen(told)) if place else []
    ways = {part.seller_id: part.chosen or next(iter(part.options), None) for part in parts}
    estimate = priced(
        cart=cart,
        told=told,
        shipping={seller_id: way.price.minor for seller_id, way in ways.items() if way},
        is_first_order=found is None or found.is_first_order,
        place=place,
        fetched=stores_of(ways),
    )
    return Basket(
        cart=cart,
        estimate=estimate.quote if estimate else None,
        codes=estimate.codes if estimate else (),
        place=place,
        has_address=address_of(told) is not None,
        unreached=tuple(f"{part.seller_name} {part.refusal}" for part in parts if part.refusal),
    )


def told_of(*, cart_id: int) -> Checkout | None:
    """Return what a cart's shopper has told us; for this module's own use."""
    found = _told_or_not(cart_id)
    return found if found and found.pk else None


def _told_or_not(cart_id: int) -> Checkout | None:
    return next(iter(fetch_as(Checkout, _TOLD, cart_id)), None)


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


def standing(*, order_token: str) -> Standing:
    """Return what to tell a shopper about the payment of an order."""
    attempts = payments.of_order(order_tokens=[order_token]).get(order_token, [])
    last = attempts[-1] if attempts else None
    if last is None:
        return Standing()
    waits = last.state == "processing"
    is_over = waits or last.state == "captured"
    return Standing(
        payment_url=last.url if last.state == "created" else "",
        is_unopened=last.state == "created" and not last.url,
        held_until=last.pay_by if waits else None,
        with_bank=waits,
        may_transfer=waits and BANK_TRANSFER in last.terms.methods,
        problem="" if is_over else payments.decline_told(last.failure_code),
    )


def current_attempt(*, order_token: str) -> PaymentData | None:
    """Return the attempt that may still bring the order's money."""
    attempts = payments.of_order(order_tokens=[order_token]).get(order_token, [])
    return next((attempt for attempt in attempts if attempt.is_open), None)


def review_of(*, cart: CartData, told: Checkout | None) -> Review:
    """Put a cart and what its shopper told us together; for this module's own use."""
    address = address_of(told)
    parts = _parts(cart, address, _chosen(told))
    shipping = {part.seller_id: part.chosen.price.minor for part in parts if part.chosen}
    stores = stores_of({part.seller_id: part.chosen for part in parts})
    cost = priced(cart=cart, told=told, shipping=shipping, fetched=stores)
    is_complete = address is not None and len(shipping) == len(parts)
    return with_credit(
        Review(
            cart=cart,
            email=told.email if told else "",
            address=address,
            parts=parts,
            quote=cost.quote if cost and is_complete else None,
            estimate=cost.quote if cost else None,
            vat_id=told.vat_id if told else "",
            vat_check=told.vat_check if told else {},
            verification=str(told.ship_to.get("verification", "")) if told else "",
            codes=cost.codes if cost else (),
            uses=cost.uses if cost else (),
            problems=_problems(cart, parts, address),
        ),
        told,
    )


def stores_of(ways: Mapping[int, ShippingOption | None]) -> dict[int, AddressData]:
    """Return where what is picked up is handed over, by seller; for this module's own use."""
    return {
        seller_id: way.pick_up.address for seller_id, way in ways.items() if way and way.pick_up
    }


def _chosen(told: Checkout | None) -> dict[int, int]:
    return {int(seller): int(method) for seller, method in told.methods.items()} if told else {}


def _parts(cart: CartData, address: AddressData | None, chosen: dict[int, int]) -> list[SellerPart]:
    by_seller: dict[int, list[CartLine]] = {}
    for line in cart.lines:
        by_seller.setdefault(line.offer.seller_id, []).append(line)
    parcels = parcels_of(cart=cart, address=address) if address else []
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
            has_lost_choice=seller_id in chosen
            and _choice(options.get(seller_id, []), chosen[seller_id]) is None,
        )
        for seller_id, lines in by_seller.items()
    ]


def parcels_of(*, cart: CartData, address: AddressData) -> list[Parcel]:
    """Return what each seller of a cart would have to send; for this module's own use."""
    by_seller: dict[int, list[CartLine]] = {}
    for line in cart.lines:
        by_seller.setdefault(line.offer.seller_id, []).append(line)
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
            holders=tuple(cart_holders(cart=cart, lines=lines)),
            not_before=max(filter(None, (line.promised_by for line in lines)), default=None),
        )
        for seller_id, lines in by_seller.items()
    ]


def cart_holders(*, cart: CartData, lines: Iterable[CartLine]) -> list[str]:
    """Return the names of the cart's and its checkout's holds; for this module's own use."""
    by_cart = [
        inventory.cart_holder(cart.id, line.variant_id)
        for line in lines
        if line.offer.cart_hold_minutes
    ]
    return [*by_cart, inventory.checkout_holder(cart.id)] if cart.kept else by_cart


def _choice(options: list[ShippingOption], method_id: int | None) -> ShippingOption | None:
    return next((option for option in options if option.method_id == method_id), None)


def _problems(cart: CartData, parts: list[SellerPart], address: AddressData | None) -> list[str]:
    problems = [f"{line.offer.title}: {line.problem}" for line in cart.lines if line.problem]
    if address is not None:
        problems += [f"{part.seller_name} {part.refusal}" for part in parts if not part.options]
    return problems
