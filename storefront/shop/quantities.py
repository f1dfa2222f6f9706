"""Reading a quantity that a person typed."""

MOST = 999


class BadQuantity(ValueError):
    """The text is no quantity we sell in; the message says what is."""


def read_quantity(text: str, *, least: int = 1) -> int:
    """Return a whole number from `least` to 999. Raises BadQuantity."""
    cleaned = text.strip()
    try:
        quantity = int(cleaned) if cleaned.isascii() else int("")
    except ValueError:
        raise BadQuantity(f"Enter a whole number from 1 to {MOST}, such as 2.") from None
    if quantity < least:
        raise BadQuantity("A quantity must be at least 1. Use Remove to take an item out.")
    if quantity > MOST:
        raise BadQuantity(f"At most {MOST} of one item fit into an order. Enter a smaller number.")
    return quantity
