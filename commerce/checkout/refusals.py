"""Why an order cannot be placed or paid. Each message is for the shopper and says what to do."""

from collections.abc import Mapping, Sequence

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


class WayGone(CheckoutRefused):
    """A way of shipping was chosen that is no longer offered, as where a store has too few."""

    def __init__(self, seller_names: list[str]) -> None:
        self.seller_names = seller_names
        super().__init__(
            f"The way you chose to get the items of {' and '.join(seller_names)} is no longer "
            "possible. Nothing was charged. Please choose another."
        )


class TotalChanged(CheckoutRefused):
    """What the shopper agreed to is not what it costs now; they decide again."""

    def __init__(
        self, *, old: Money, new: Money, what: str = "The total", because: Sequence[str] = ()
    ) -> None:
        self.old = old
        self.new = new
        reason = " ".join(because) or (
            "A price, promotion, tax or shipping cost has changed since you looked."
        )
        super().__init__(
            f"{what} is now {new}. {reason} Please check the order and confirm it again."
        )


class CodeRefused(CheckoutRefused):
    """A promotion code cannot be used for this cart; the message says why."""


class PromotionGone(CheckoutRefused):
    """Somebody else used a promotion for the last time it may be used."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)
        super().__init__(
            f"{' and '.join(labels)}: somebody else was faster, and it was used as often as it "
            "may be. Nothing was charged. Please check the order and confirm it again."
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


class PlaceShort(StockShort):
    """Somebody else was faster where the shopper chose to get it; elsewhere there may be more."""

    def __init__(
        self, *, shortages: Mapping[int, int], titles: Mapping[int, str], way: str
    ) -> None:
        super().__init__(shortages=shortages, titles=titles)
        items = ", ".join(
            f"{titles.get(variant_id, 'an item')} ({left} left there)"
            for variant_id, left in shortages.items()
        )
        self.args = (
            f"{way} is no longer possible for {items}. Please choose another way to get it, or "
            "change your cart.",
        )


class CreditChanged(CheckoutRefused):
    """A gift card or store credit was used elsewhere in the same moment."""

    def __init__(self) -> None:
        super().__init__(
            "Your gift card or store credit was just used for another order. Nothing was "
            "charged. Please look at what is left to pay, and confirm again."
        )


class GiftCardRefused(CheckoutRefused):
    """A typed code cannot be used for this cart."""


class HoldsTooMuch(CheckoutRefused):
    """Other open checkouts of the shopper or their network hold the share already."""

    def __init__(self, *, allowed: Mapping[int, int], titles: Mapping[int, str]) -> None:
        self.allowed = dict(allowed)
        items = " and ".join(titles.get(variant_id, "an item") for variant_id in allowed)
        super().__init__(
            f"So that everybody gets a chance, one shopper can hold only a share of {items} at a "
            "time; orders left unpaid count for six hours. Finish or cancel your other checkout, "
            "order fewer, or sign in if you share your connection with others."
        )


class Suspected(CheckoutRefused):
    """The check for fraud objects; whoever is behind it is not told why."""

    def __init__(self) -> None:
        super().__init__(
            "We cannot take this order right now. Nothing was charged and your cart is kept. "
            "Please try again in an hour, or write to us."
        )


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
