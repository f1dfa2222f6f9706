"""Rows to variants."""

from collections.abc import Iterator, Sequence

from django.conf import settings

from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.types import CustomsItemData

from . import columns as c
from .cells import HEAVIEST_GRAMS, MOST_UNITS, Faults, read_amount, read_count
from .formulas import armed
from .types import Row, VariantRow

NO_OPTIONS = ("Title", "Default Title")
"""How Shopify writes a product that comes in one kind."""
_CUSTOMS_COLUMNS = {
    "description": c.CUSTOMS_DESCRIPTION,
    "hs_code": c.HS_CODE,
    "origin_country": c.ORIGIN,
    "value_minor": c.CUSTOMS_VALUE,
}


def read_variants(
    rows: Sequence[Row], faults: Faults, *, currency: str, further: Sequence[str] = ()
) -> tuple[tuple[str, ...], list[VariantRow]]:
    """Return the names of the options and the variants, in the file's order."""
    options = _options(rows[0], faults)
    found: list[VariantRow] = []
    combinations: dict[tuple[str, ...], int] = {}
    for row in rows:
        if not _is_variant(row):
            continue
        variant = _variant(row, options, faults, currency, further)
        found.append(variant)
        if variant.option_values in combinations:
            what = " / ".join(variant.option_values) or "a product without options"
            faults.add(
                row,
                c.OPTION_VALUES[0],
                f"Row {combinations[variant.option_values]} describes {what} already."
                " Every combination of options appears once.",
            )
        combinations.setdefault(variant.option_values, row.number)
    if not found:
        faults.add(rows[0], c.SKU, "No row has a SKU and a price. Add at least one.")
    return options, found


def _options(first: Row, faults: Faults) -> tuple[str, ...]:
    names = [armed(first.get(column))[:40] for column in c.OPTION_NAMES]
    while names and not names[-1]:
        names.pop()
    if len(names) == 1 and (names[0], first.get(c.OPTION_VALUES[0])) == NO_OPTIONS:
        return ()
    if "" in names or len({name.lower() for name in names}) < len(names):
        faults.add(
            first,
            c.OPTION_NAMES[0],
            "Name the options one after the other and each differently, such as Color and Size.",
        )
    return tuple(names)


def _is_variant(row: Row) -> bool:
    return bool(row.get(c.SKU) or row.get(c.PRICE) or row.get(c.OPTION_VALUES[0]))


def _variant(
    row: Row,
    options: tuple[str, ...],
    faults: Faults,
    currency: str,
    further: Sequence[str],
) -> VariantRow:
    sku = row.get(c.SKU)
    if not sku:
        faults.add(row, c.SKU, "The SKU is missing. Give every variant a code of its own.")
    elif len(sku) > 64 or any(letter.isspace() or not letter.isprintable() for letter in sku):
        faults.add(row, c.SKU, "Write the SKU without spaces, in at most 64 characters.")
    values = []
    for name, column in zip(options, c.OPTION_VALUES, strict=False):
        value = armed(row.get(column))[:60]
        if not value:
            faults.add(row, column, f"The value of {name} is missing.")
        values.append(value)
    price = _price(row, c.PRICE, faults, currency)
    if not row.get(c.PRICE):
        faults.add(row, c.PRICE, "The price is missing.")
    return VariantRow(
        row=row.number,
        sku=sku,
        option_values=tuple(values),
        price_minor=price or 0,
        compare_at_minor=_compare_at(row, c.COMPARE_AT, price, faults, currency),
        on_hand=read_count(row, c.QUANTITY, faults, most=MOST_UNITS),
        weight_grams=read_count(row, c.GRAMS, faults, most=HEAVIEST_GRAMS) or 0,
        barcode=armed(row.get(c.BARCODE))[:40],
        picture=row.get(c.VARIANT_IMAGE),
        further=tuple(_further(row, faults, further)),
        customs=_customs(row, faults),
    )


def _price(row: Row, column: str, faults: Faults, currency: str) -> int | None:
    if not row.get(column):
        return None
    price = read_amount(row, column, faults, currency=currency)
    if price == 0:
        faults.add(row, column, "The price is zero. Prices are above zero.")
    return price


def _further(
    row: Row, faults: Faults, currencies: Sequence[str]
) -> Iterator[tuple[str, int, int | None]]:
    """Return the prices in other currencies that a row names; an empty cell leaves what is kept."""
    for currency in currencies:
        price = _price(row, c.price_in(currency), faults, currency)
        compared = _compare_at(row, c.compare_at_in(currency), price, faults, currency)
        if price:
            yield currency, price, compared
        elif row.get(c.compare_at_in(currency)) and not row.get(c.price_in(currency)):
            faults.add(row, c.price_in(currency), f"The price in {currency} is missing.")


def _customs(row: Row, faults: Faults) -> CustomsItemData | None:
    """Return what customs are told, where a row says anything of it."""
    if not any(row.get(column) for column in c.CUSTOMS):
        return None
    value = None
    if row.get(c.CUSTOMS_VALUE):
        value = read_amount(row, c.CUSTOMS_VALUE, faults, currency=settings.BASE_CURRENCY)
        if value is None:
            return None
    item = CustomsItemData(
        description=armed(row.get(c.CUSTOMS_DESCRIPTION)),
        hs_code=row.get(c.HS_CODE),
        origin_country=row.get(c.ORIGIN).upper(),
        value_minor=value,
    )
    try:
        return fulfillment.checked_customs(item=item)
    except fulfillment.InvalidCustoms as refusal:
        faults.add(row, _CUSTOMS_COLUMNS[refusal.field], _said(refusal))
        return None


def _said(refusal: fulfillment.InvalidCustoms) -> str:
    remedy = " Write it as two letters, such as PT." if refusal.field == "origin_country" else ""
    return f"{refusal}{remedy}"


def _compare_at(
    row: Row, column: str, price: int | None, faults: Faults, currency: str
) -> int | None:
    if not row.get(column):
        return None
    amount = read_amount(row, column, faults, currency=currency)
    if not amount or price is None or amount == price:
        return None  # files often repeat the price, or say 0, for "no earlier price"
    if amount < price:
        faults.add(
            row,
            column,
            "The compare-at price is below the price and is left out.",
            stops=False,
        )
        return None
    return amount
