"""Which currencies the marketplace sells in."""

from django.conf import settings


def sold_in() -> tuple[str, ...]:
    """Return the currencies that carts may have, the base currency first."""
    base: str = settings.BASE_CURRENCY
    return (base, *(each for each in settings.CURRENCIES if each != base))


def further() -> tuple[str, ...]:
    """Return those beside the base currency."""
    return sold_in()[1:]


def or_base(asked: str | None) -> str:
    """Return what was asked for when it is sold in, else the base currency."""
    base: str = settings.BASE_CURRENCY
    return asked if asked in settings.CURRENCIES else base
