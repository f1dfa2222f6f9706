"""From a cart and what its shopper told us to what it costs."""

from collections.abc import Mapping

from commerce.accounts.types import AddressData
from commerce.cart.types import CartData
from commerce.pricing import operations
from commerce.pricing import queries as pricing
from commerce.pricing.types import CartQuote, Customer, Destination, QuoteLine, tier_at

from .models import Checkout


def priced(
    *,
    cart: CartData,
    told: Checkout | None,
    shipping: Mapping[int, int],
    is_first_order: bool = True,
    place: AddressData | None = None,
    fetched: Mapping[int, AddressData] | None = None,
) -> CartQuote | None:
    """Price what a cart holds for its destination, as far as that is known, in one statement.

    `place` stands for the address until there is one. What is `fetched` in a store, by
    seller, is taxed there, which takes another statement. What cannot be sold is left
    out; there is no quote when nothing can.
    """
    lines = [
        QuoteLine(
            key=line.id,
            seller_id=line.offer.seller_id,
            unit_minor=line.offer.unit_at(line.quantity).minor,
            quantity=line.quantity,
            tax_class=line.offer.tax_class,
            product_id=line.offer.product_id,
            category_keys=line.offer.category_keys,
            tax_included=tier_at(line.offer.tiers, line.quantity).tax_included,
            price_steps=tier_at(line.offer.tiers, line.quantity).steps,
        )
        for line in cart.lines
        if line.offer.is_sellable and line.offer.tiers
    ]
    if not lines:
        return None
    address = address_of(told) or place
    return pricing.quote_cart(
        lines=lines,
        shipping=shipping,
        currency=cart.currency,
        destination=Destination(
            country=address.country, region=address.region, postal_code=address.postal_code
        )
        if address
        else Destination(),
        customer=Customer(
            user_id=cart.user_id,
            email=told.email if told else "",
            is_first_order=told.is_first_order if told else is_first_order,
        ),
        codes=cart.codes,
        reverse_charged=_reverse_charged(cart, told, address),
        handed_over={
            seller_id: Destination(
                country=store.country,
                region=store.region,
                postal_code=store.postal_code,
                name=", ".join(filter(None, (store.city, store.region, store.country))),
            )
            for seller_id, store in (fetched or {}).items()
        },
    )


def _reverse_charged(
    cart: CartData, told: Checkout | None, address: AddressData | None
) -> set[int]:
    """The sellers for whose goods the buyer, a business, owes the tax itself."""
    if told is None or address is None or not told.vat_id:
        return set()
    if not operations.exempts(check=told.vat_check):
        return set()
    return {
        line.offer.seller_id
        for line in cart.lines
        if operations.owes_tax(
            vat_id=told.vat_id,
            country=address.country,
            seller_country=line.offer.seller_country,
        )
    }


def address_of(told: Checkout | None) -> AddressData | None:
    """Return where the goods go, if that was told."""
    return AddressData.from_dict(told.ship_to) if told and told.ship_to else None


def place_of(told: Checkout | None) -> AddressData | None:
    """Return what an estimate is for: the address, else the place that was named for it."""
    if told and not told.ship_to and told.estimate_for:
        return AddressData.from_dict(told.estimate_for)
    return address_of(told)
