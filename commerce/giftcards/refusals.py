"""Why a gift card is not sold, sent or given back, in words for whoever asked."""

from commerce.kernel.money import Money


class GiftRefused(Exception):
    """It cannot be done; the message says why and what to do instead."""


class AmountRefused(GiftRefused):
    """The amount is not one that is sold."""

    def __init__(self, *, least: Money, most: Money) -> None:
        super().__init__(f"Choose an amount from {least} to {most}.")


class DayRefused(GiftRefused):
    """The day is over, or too far away."""

    def __init__(self) -> None:
        super().__init__("Choose today or a later day, within a year.")


class WordsRefused(GiftRefused):
    """A name or the message holds what is not mailed; `field` names it."""

    def __init__(self, field: str, objection: str) -> None:
        self.field = field
        super().__init__(objection)


class TooManyToday(GiftRefused):
    """The same buyer gave to so many people within a day."""

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"We mail gift cards of one buyer to at most {most} people within a day. Nothing was "
            "charged. Come back tomorrow, or send this card to your own address."
        )


class MessageClosed(WordsRefused):
    """Somebody who got a card of this buyer told us that it was not meant kindly."""

    def __init__(self) -> None:
        super().__init__(
            "message",
            "We cannot send a message of yours now, since somebody reported one. Leave it empty "
            "to send the card alone.",
        )


class TooMuchToday(GiftRefused):
    """So much was bought by the same buyer within a day."""

    def __init__(self) -> None:
        super().__init__(
            "This is more in gift cards than we sell to one buyer within a day. Nothing was "
            "charged. Choose a smaller amount, or come back tomorrow."
        )


class PaymentRefused(GiftRefused):
    """The provider will not open a payment page."""

    def __init__(self, *, code: str) -> None:
        self.code = code
        super().__init__(
            "The payment could not be started, and nothing was charged. Please check your email "
            "address, or write to us."
        )


class NotPayable(GiftRefused):
    """It is paid, is being paid or was given up."""

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__("There is nothing to pay for this gift card now.")


class NoSuchPurchase(LookupError):
    """No purchase has this token or id."""


class NotRefundable(GiftRefused):
    """Nothing of this gift card can be given back now."""


class NothingLeft(NotRefundable):
    """All of this gift card was spent."""

    def __init__(self) -> None:
        super().__init__("Nothing is left on this gift card.")


class CardHeld(NotRefundable):
    """An order that waits for its payment holds money of the card."""

    def __init__(self) -> None:
        super().__init__(
            "An order that is being paid uses this gift card right now. Please try again in an "
            "hour."
        )


class NotSendable(GiftRefused):
    """The code of this gift card cannot be mailed now."""
