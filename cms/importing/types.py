from collections.abc import Sequence
from dataclasses import dataclass, field

from commerce.fulfillment.types import CustomsItemData


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with a row, and what to do. `stops`: the product is not imported."""

    row: int
    column: str = ""
    handle: str = ""
    message: str
    stops: bool = True


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row as spreadsheets count them: the header is row 1."""

    number: int
    cells: dict[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    columns: list[str]
    rows: list[Row]
    problems: list[Problem]
    broken_handles: frozenset[str] = frozenset()
    """Products of which a row could not be read."""


@dataclass(frozen=True, kw_only=True)
class VariantRow:
    row: int
    sku: str
    option_values: tuple[str, ...]
    price_minor: int
    compare_at_minor: int | None
    on_hand: int | None
    weight_grams: int
    barcode: str
    picture: str
    further: tuple[tuple[str, int, int | None], ...] = ()
    """Currency, price and compare-at price in currencies beside the base currency."""
    customs: CustomsItemData | None = None
    """What customs are told of it; None leaves what they are told."""


@dataclass(frozen=True, kw_only=True)
class PictureRow:
    row: int
    source: str
    alt: str
    option_value: str = ""


@dataclass(frozen=True, kw_only=True)
class ProductRows:
    """All that a file says of one product, checked."""

    row: int
    handle: str
    title: str
    description: str
    summary: str
    brand: str
    type_name: str
    tax_class: str
    category_id: int | None
    status: str
    options: tuple[str, ...]
    specifications: tuple[tuple[str, str], ...]
    variants: Sequence[VariantRow]
    pictures: Sequence[PictureRow]
    seo_title: str
    seo_description: str
    digest: str


@dataclass(kw_only=True)
class Checked:
    """What came of checking a sheet: good products in the file's order, and all problems."""

    products: list[ProductRows] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
