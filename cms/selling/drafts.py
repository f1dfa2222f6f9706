"""What a seller types about a product, before it becomes products, SKUs, prices and stock."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.text import slugify

from commerce.catalog.operations import MAX_VARIANTS

MAX_OPTIONS = 3
MAX_VALUE = 60


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way in which the variants of a product differ, such as Size: S, M, L."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class VariantDraft:
    """One SKU as it was typed. Price and count are set when they are given."""

    values: tuple[str, ...]
    sku: str
    weight_grams: int = 0
    barcode: str = ""
    price_minor: int | None = None
    compare_at_minor: int | None = None
    on_hand: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProductDraft:
    name: str
    brand: str
    type_code: str
    options: tuple[Option, ...] = ()
    variants: tuple[VariantDraft, ...] = field(default=())


class TooManyCombinations(ValueError):
    """The options multiply to more SKUs than a product can have."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(
            f"These options make {count:,} combinations; a product has at most {MAX_VARIANTS}."
        )


def combinations(*, options: Sequence[Option]) -> list[tuple[str, ...]]:
    """Return every combination of option values, in order; one empty one without options.

    Raises TooManyCombinations before it makes them.
    """
    count = 1
    for option in options:
        count *= len(option.values)
    if count > MAX_VARIANTS:
        raise TooManyCombinations(count)
    return list(itertools.product(*(option.values for option in options)))


def sku_of(*, prefix: str, values: Sequence[str], taken: set[str]) -> str:
    """Return a SKU such as MUG-BLUE-XL, numbered when it is in use already."""
    parts = [prefix, *(slugify(value) or f"{index}" for index, value in enumerate(values, 1))]
    wanted = "-".join(part for part in parts if part).upper()[:56]
    sku, number = wanted, 2
    while sku in taken:
        sku, number = f"{wanted}-{number}", number + 1
    taken.add(sku)
    return sku
