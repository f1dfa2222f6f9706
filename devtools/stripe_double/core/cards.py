"""Test cards: what each number does. Numbers and tokens follow the provider's documentation;
the two delayed ones are the double's own, since cards are never delayed in reality."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TestCard:
    number: str
    token: str
    brand: str
    does: str  # for people, shown on the hosted page
    code: str | None = None  # error code when refused
    decline_code: str | None = None
    authenticate: bool = False
    delayed: str | None = None  # "succeeded" or "failed", decided later
    refund: str | None = None  # "pending" or "failed"
    dispute: str | None = None  # reason of the dispute opened at once
    shown: bool = True

    @property
    def spaced(self) -> str:
        if self.brand == "amex":
            return f"{self.number[:4]} {self.number[4:10]} {self.number[10:]}"
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


def _declined(number: str, token: str, does: str, decline_code: str) -> TestCard:
    return TestCard(number, token, "visa", does, "card_declined", decline_code)


CARDS = (
    TestCard("4242424242424242", "pm_card_visa", "visa", "Pays"),
    TestCard("5555555555554444", "pm_card_mastercard", "mastercard", "Pays (Mastercard)"),
    TestCard("378282246310005", "pm_card_amex", "amex", "Pays (American Express)"),
    TestCard("6011111111111117", "pm_card_discover", "discover", "Pays (Discover)", shown=False),
    TestCard(
        "4000002760003184",
        "pm_card_authenticationRequired",
        "visa",
        "Asks for 3-D Secure every time",
        authenticate=True,
    ),
    TestCard(
        "4000000000003220",
        "pm_card_threeDSecure2Required",
        "visa",
        "Asks for 3-D Secure 2",
        authenticate=True,
    ),
    _declined("4000000000000002", "pm_card_chargeDeclined", "Declined", "generic_decline"),
    _declined(
        "4000000000009995",
        "pm_card_chargeDeclinedInsufficientFunds",
        "Declined: not enough money",
        "insufficient_funds",
    ),
    _declined(
        "4000000000009987", "pm_card_chargeDeclinedLostCard", "Declined: lost card", "lost_card"
    ),
    TestCard(
        "4000000000009979",
        "pm_card_chargeDeclinedStolenCard",
        "visa",
        "Declined: stolen card",
        "card_declined",
        "stolen_card",
        shown=False,
    ),
    TestCard(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        "visa",
        "Declined: expired card",
        "expired_card",
    ),
    TestCard(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        "visa",
        "Declined: wrong security code",
        "incorrect_cvc",
    ),
    TestCard(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        "visa",
        "Declined: processing error",
        "processing_error",
    ),
    TestCard(
        "4000000000007726",
        "pm_card_pendingRefund",
        "visa",
        "Pays; its refunds stay pending for a while",
        refund="pending",
    ),
    TestCard(
        "4000000000005126",
        "pm_card_refundFail",
        "visa",
        "Pays; its refunds fail later",
        refund="failed",
    ),
    TestCard(
        "4000000000000259",
        "pm_card_createDispute",
        "visa",
        "Pays; is disputed as fraudulent",
        dispute="fraudulent",
    ),
    TestCard(
        "4000000000002685",
        "pm_card_createDisputeProductNotReceived",
        "visa",
        "Pays; is disputed as not received",
        dispute="product_not_received",
        shown=False,
    ),
    TestCard(
        "4000008400000019", "pm_double_delayed", "visa", "Pays after a delay", delayed="succeeded"
    ),
    TestCard(
        "4000008400000027", "pm_double_delayedFail", "visa", "Fails after a delay", delayed="failed"
    ),
)

BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS} | {
    card.token.replace("pm_card_", "pm_card_visa_"): card
    for card in CARDS
    if card.token.startswith("pm_card_chargeDeclined")
}

MESSAGES = {
    "generic_decline": "The card was declined. Try another card.",
    "insufficient_funds": "The card was declined: there is not enough money on it.",
    "lost_card": "The card was declined. Try another card.",
    "stolen_card": "The card was declined. Try another card.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The card's security code is incorrect.",
    "processing_error": "The card could not be processed just now. Try again in a moment.",
    "authentication_required": "The bank wants the cardholder to approve this payment.",
    "payment_intent_authentication_failure": (
        "The bank could not confirm that it was you. Try again or use another card."
    ),
    "payment_intent_payment_attempt_failed": "The payment failed after it was started.",
}


def luhn_valid(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0


def brand_of(number: str) -> str:
    if number[:2] in ("34", "37"):
        return "amex"
    if number[0] == "4":
        return "visa"
    if 51 <= int(number[:2]) <= 55 or 2221 <= int(number[:4]) <= 2720:
        return "mastercard"
    return "unknown"
