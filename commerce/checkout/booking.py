"""The arithmetic of a captured payment: who owes what to whom. Pure; sums to zero."""

from collections.abc import Mapping, Sequence

from commerce.orders.types import PartAmounts

Entries = dict[str, int]


def capture_entries(
    *,
    parts: Sequence[PartAmounts],
    gross_minor: int,
    fee_minor: int,
    credit: Mapping[str, int] | None = None,
) -> Entries:
    """Split what the shopper paid: to each seller its earning, tax to the state, ours to us.

    The provider keeps its fee out of the gross, and the marketplace bears it, as it
    bears its own promotions. `credit` says which accounts pay the rest, such as
    "giftcards": money that was owed to the shopper and now is not.
    """
    entries: Entries = {"stripe": gross_minor - fee_minor, "stripe:fees": fee_minor}
    entries.update(credit or {})
    entries["promotions"] = sum(part.platform_discount_minor for part in parts)
    for part in parts:
        code = f"payable:{part.seller_id}"
        entries[code] = entries.get(code, 0) - part.earning_minor
    entries["losses"] = sum(part.borne_minor for part in parts)
    entries["commission"] = -sum(part.commission_minor for part in parts)
    entries["tax"] = -sum(part.tax_minor + part.included_tax_minor for part in parts)
    return entries


def fee_entries(*, fee_minor: int) -> Entries:
    """Take a fee out of the provider's balance that it named after the capture."""
    return {"stripe:fees": fee_minor, "stripe": -fee_minor}
