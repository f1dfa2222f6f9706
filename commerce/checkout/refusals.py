"""Why an order cannot be placed or paid. Each message is for the shopper and says what to do."""

from collections.abc import Mapping

from commerce.kernel.money import Money


class CheckoutRefused(Exception):
    """Nothing was charged and nothing is lost; the message says what to do."""


class CartEmpty(CheckoutRefused):
    """There is nothing to order."""

    def __init__(self) -> None:
        super().__init__("Your cart is empty.")


class CartUnavailable(CheckoutRefused):
    """The cart belongs to somebody else, or has gone."""

    def __init__(self) -> None:
        super().__init__("This cart is no longer open. Please start again from your cart.")


class CartChanged(CheckoutRefused):
    """Something in the cart cannot be ordered as it stands."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


class DetailsMissing(CheckoutRefused):
    """The address, the email or a way of shipping was not given yet."""

    def __init__(self, missing: str) -> None:
        self.missing = missing
        super().__init__(f"Please go back and choose {missing}.")


class MethodNotOffered(CheckoutRefused):
    """A way of shipping was picked that the seller does not offer for this parcel."""

    def __init__(self, seller_names: list[str]) -> None:
        self.seller_names = seller_names
        super().__init__(f"Please choose how {' and '.join(seller_names)} should ship.")


class TotalChanged(CheckoutRefused):
    """What the shopper agreed to is not what it costs now; they decide again."""

    def __init__(self, *, old: Money, new: Money) -> None:
        self.old = old
        self.new = new
        super().__init__(
            f"The total is now {new}. A price, tax or shipping cost has changed since you "
            "looked. Please check the order and confirm it again."
        )


class StockShort(CheckoutRefused):
    """Somebody else was faster. `shortages` maps variants to what is left."""

    def __init__(self, *, shortages: Mapping[int, int], titles: Mapping[int, str]) -> None:
        self.shortages = dict(shortages)
        items = ", ".join(
            f"{titles.get(variant_id, 'an item')} ({left} left)"
            for variant_id, left in shortages.items()
        )
        super().__init__(f"Not enough left of {items}. Please change your cart.")


class Crowded(CheckoutRefused):
    """So many order the same at once that this order could not be written in time."""

    def __init__(self) -> None:
        super().__init__(
            "Many people are ordering these items right now. Your cart is kept and nothing was "
            "charged. Please try again."
        )


class PaymentRefused(CheckoutRefused):
    """The provider will not open a payment page for this order."""

    def __init__(self, *, code: str) -> None:
        self.code = code
        super().__init__(
            "The payment could not be started. Nothing was charged and your cart is kept. "
            "Please check your email address, or write to us."
        )


class NotPayable(CheckoutRefused):
    """The order is paid, is being paid or was given up; there is nothing to pay now."""

    _MESSAGES = {
        "confirmed": "This order is paid already.",
        "canceled": "This order was not paid in time. Your items are back in your cart.",
    }

    def __init__(self, state: str) -> None:
        self.state = state
        waiting = "Your payment is being confirmed. You need not do anything."
        super().__init__(self._MESSAGES.get(state, waiting))
