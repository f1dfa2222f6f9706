"""Tables that sellers take with them."""

from collections.abc import Iterable, Iterator

from django.http import HttpResponse

from commerce.kernel.spreadsheet import Cell, csv_text
from commerce.orders.types import SellerOrderData

from .states import name_of

ORDER_COLUMNS = [
    "Order", "Placed", "State", "Name", "Company", "Address", "Address 2", "City", "Region",
    "Postal code", "Country", "Phone", "Shipping method", "SKU", "Title", "Options", "Quantity",
    "Shipped", "Currency", "Unit price", "Line total", "Commission",
]  # fmt: skip
ADDRESS_KEYS = (
    "name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone",
)  # fmt: skip


def order_rows(parts: Iterable[SellerOrderData]) -> Iterator[list[Cell]]:
    """Return one row per line, headings first; cells are not escaped yet."""
    yield list(ORDER_COLUMNS)
    for part in parts:
        for line in part.lines:
            yield [
                part.number, part.placed_at.isoformat(timespec="seconds"),
                name_of(part.state, kind="order"),
                *(str(part.ship_to.get(key) or "") for key in ADDRESS_KEYS),
                str(part.shipping_method.get("name", "")), line.sku, line.title,
                " / ".join(map(str, line.options)), line.quantity, line.shipped_quantity,
                line.total.currency, line.unit.decimal, line.total.decimal,
                line.commission.decimal,
            ]  # fmt: skip


def csv_file(rows: Iterable[list[Cell]], *, name: str) -> HttpResponse:
    """Answer with a table as a file; no cell of it is a formula."""
    response = HttpResponse(csv_text(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
