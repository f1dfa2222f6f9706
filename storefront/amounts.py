"""Money as shoppers read it."""

from commerce.kernel.money import Money, exponent

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def shown(amount: Money) -> str:
    """Return "$1,234.50"; a currency without a symbol of its own is named after the number."""
    symbol = SYMBOLS.get(amount.currency)
    number = f"{abs(amount.decimal):,.{exponent(amount.currency)}f}"
    sign = "−" if amount.minor < 0 else ""
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {amount.currency}"
