"""Filters for money and dates."""

from django import template

from commerce.kernel.money import Money, exponent

register = template.Library()

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


@register.filter
def money(amount: Money | None) -> str:
    """Show an amount as shoppers read it: $1,234.50."""
    if amount is None:
        return ""
    symbol = SYMBOLS.get(amount.currency)
    number = f"{abs(amount.decimal):,.{exponent(amount.currency)}f}"
    sign = "−" if amount.minor < 0 else ""
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {amount.currency}"


@register.simple_tag
def minor(amount_minor: int | None, currency: str) -> str:
    """Show minor units of a currency."""
    return "" if amount_minor is None else money(Money(amount_minor, currency))
