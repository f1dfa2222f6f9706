"""What a shopper is told when a payment failed: why, as far as it helps, and what to try.

Nothing of the card is said, and nothing that would help whoever stole it: a bank's
suspicion reads like any other refusal.
"""

_USUAL = "Your bank did not allow this payment. Please try another card or another way to pay."
_MESSAGES = {
    "insufficient_funds": "There was not enough money. Please try another card or way to pay.",
    "expired_card": "The card has expired. Please use another one.",
    "incorrect_cvc": "The security code did not match. Please check it and try again.",
    "incorrect_number": "The card number did not match. Please check it and try again.",
    "incorrect_zip": "The postal code did not match the card's. Please check it and try again.",
    "card_not_supported": "This card cannot be used here. Please try another card or PayPal.",
    "currency_not_supported": "This card does not pay in this currency. Please try another one.",
    "card_velocity_exceeded": "The card has reached its limit. Please try another way to pay.",
    "withdrawal_count_limit_exceeded": (
        "The card has reached its limit. Please try another way to pay."
    ),
    "authentication_required": (
        "Your bank wants to see that it is you. Please try again and confirm it."
    ),
    "payment_intent_authentication_failure": (
        "You were not recognized by your bank. Please try again, or try another way to pay."
    ),
    "processing_error": "Something went wrong at the bank. Please try again in a minute.",
    "payment_intent_payment_attempt_failed": (
        "Your bank sent the payment back. Please try again, or pay by card."
    ),
    "payment_method_customer_decline": (
        "The payment was not confirmed. Please try again, or choose another way to pay."
    ),
    "debit_not_authorized": "Your bank did not allow the debit. Please pay by card or PayPal.",
    "bank_account_restricted": "This account allows no debit. Please pay by card or PayPal.",
}


def told(failure_code: str) -> str:
    """Return the sentence for a provider's code; "" when nothing failed."""
    return _MESSAGES.get(failure_code, _USUAL) if failure_code else ""
