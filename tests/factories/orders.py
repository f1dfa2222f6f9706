"""Carts at the last step of the checkout, and the orders they become."""

from collections.abc import Sequence
from dataclasses import dataclass

from commerce.accounts.types import AddressData
from commerce.checkout import operations as checkout
from commerce.checkout.types import Placed
from commerce.fulfillment import operations as fulfillment
from commerce.kernel.money import Money
from commerce.pricing import operations as pricing
from tests.factories.accounts import SAN_FRANCISCO
from tests.factories.cart import make_cart, make_sellable
from tests.factories.fulfillment import make_carrier
from tests.factories.sellers import make_seller

RETURN_URL = "https://shop.example/checkout/ORDER/"
CANCEL_URL = "https://shop.example/checkout/ORDER/cancel/"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One line of a cart: what it costs and how many are wanted of how many."""

    minor: int = 1250
    quantity: int = 1
    on_hand: int = 10
    title: str = "Blue mug"


@dataclass(frozen=True, kw_only=True)
class ReadyCart:
    """A cart whose shopper has told everything and seen the total."""

    token: str
    total: Money
    sellers: list[int]
    variants: list[int]

    def place(self, *, user_id: int | None = None) -> Placed:
        return checkout.place(
            cart_token=self.token,
            user_id=user_id,
            expected_total=self.total,
            return_url=RETURN_URL,
            cancel_url=CANCEL_URL,
        )


def make_ready_cart(
    *parts: Sequence[Wanted],
    address: AddressData = SAN_FRANCISCO,
    shipping_minor: int = 700,
    rate_bps: int = 1000,
    user_id: int | None = None,
    first_seller: int | None = None,
) -> ReadyCart:
    """A cart with one seller for each sequence of wanted lines; one mug by default.

    The first may be a shop that is open already and offers to ship.
    """
    pricing.set_tax_rate(
        country="US", region="CA", tax_class="standard", name="CA sales tax", rate_bps=875
    )
    sellers: list[int] = []
    quantities: dict[int, int] = {}
    for lines in parts or ([Wanted()],):
        if first_seller is not None and not sellers:
            seller_id = first_seller
        else:
            seller_id = make_seller(rate_bps=rate_bps).pk
            offer_shipping(seller_id, minor=shipping_minor)
        sellers.append(seller_id)
        for line in lines:
            variant_id = make_sellable(
                seller_id=seller_id, minor=line.minor, on_hand=line.on_hand, title=line.title
            )
            quantities[variant_id] = line.quantity
    token = make_cart(quantities, user_id=user_id)
    total = tell_everything(token, address=address)
    return ReadyCart(token=token, total=total, sellers=sellers, variants=list(quantities))


def offer_shipping(seller_id: int, *, minor: int = 700) -> None:
    """Let the seller ship everywhere for one price."""
    fulfillment.set_shipping_method(
        seller_id=seller_id,
        name="Standard",
        carrier_code=make_carrier(),
        currency="USD",
        base_minor=minor,
        days=(3, 5),
    )


def tell_everything(
    token: str, *, email: str = "ada@example.com", address: AddressData = SAN_FRANCISCO
) -> Money:
    """Give email, address and the cheapest shipping; returns the total that is shown."""
    parts = checkout.set_contact(cart_token=token, email=email, address=address).parts
    review = checkout.set_methods(
        cart_token=token,
        methods={part.seller_id: part.options[0].method_id for part in parts},
    )
    assert review.quote is not None
    return review.quote.total
