"""What the cart and the checkout offer in place of lines that are short or sold out."""

from commerce.cart.types import CartData
from commerce.discovery.queries import instead_of
from commerce.discovery.types import Alternatives


def of_cart(cart: CartData | None) -> dict[int, Alternatives]:
    """Return alternatives by line, for those alone that cannot be ordered as they stand."""
    if cart is None:
        return {}
    short = {line.id: (line.offer, line.quantity) for line in cart.lines if line.problem}
    return instead_of(short=short, currency=cart.currency)
