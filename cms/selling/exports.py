"""Tables that sellers and staff take with them, as CSV or as a workbook."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from tempfile import TemporaryFile

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.urls import reverse
from wagtail.admin.widgets.button import HeaderButton

from commerce.kernel.spreadsheet import Cell, csv_lines, csv_text, write_workbook
from commerce.orders import queries as orders
from commerce.orders.types import LineData, SellerOrderData
from commerce.sellers.models import Seller

from .states import name_of, stage_of

ORDER_COLUMNS = [
    "Order", "Placed", "State", "Name", "Company", "Address", "Address 2", "City", "Region",
    "Postal code", "Country", "Phone", "Shipping method", "SKU", "Title", "Options", "Quantity",
    "Shipped", "Canceled", "Returned", "Currency", "Unit price", "Line total", "Discount", "Tax",
    "Commission",
]  # fmt: skip
ADDRESS_KEYS = (
    "name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone",
)  # fmt: skip
BATCH = 500
MOST_LINES = {"csv": 50_000, "xlsx": 10_000}
"""CSV is sent while it is written; a workbook has to be finished first. What is longer, a worker
writes (order_exports)."""

Rows = Iterable[Sequence[Cell]]


class TooMuch(Exception):
    """More lines were asked for than one file takes."""

    def __init__(self, *, lines: int, kind: str) -> None:
        self.lines = lines
        words = f"{lines:,} lines are too many for one file of at most {MOST_LINES[kind]:,}."
        as_csv = lines <= MOST_LINES["csv"]
        super().__init__(
            f"{words} Choose fewer days{', or take CSV' if as_csv else ''}, and export again."
        )


def is_long(*, lines: int, kind: str) -> bool:
    """Tell whether a file would take too long to be waited for."""
    return lines > MOST_LINES[kind]


def check_size(*, lines: int, kind: str) -> None:
    """Raise TooMuch when a file would take too long to be made."""
    if is_long(lines=lines, kind=kind):
        raise TooMuch(lines=lines, kind=kind)


def parts_in_batches(part_ids: Iterable[int]) -> Iterator[SellerOrderData]:
    """Read whole parts some hundred at a time, in the order asked for."""
    remaining = iter(part_ids)
    while batch := list(islice(remaining, BATCH)):
        found = orders.seller_orders_by_id(seller_order_ids=batch)
        yield from (found[pk] for pk in batch if pk in found)


def order_rows(parts: Iterable[SellerOrderData], *, with_commission: bool) -> Iterator[list[Cell]]:
    """Return one row per line, headings first; cells are not escaped yet.

    What a seller earns is its owners' to know, so the last column is theirs alone.
    """
    count = len(ORDER_COLUMNS) - (not with_commission)
    yield list(ORDER_COLUMNS[:count])
    for part in parts:
        for line in part.lines:
            yield line_cells(part, line)[:count]


def staff_rows(part_ids: Iterable[int]) -> Iterator[list[Cell]]:
    """Return one row per line with seller, email and payment, headings first. For staff."""
    yield [*ORDER_COLUMNS, "Seller", "Email", "Order paid"]
    names = dict(Seller.objects.values_list("pk", "name"))
    for part in parts_in_batches(part_ids):
        paid = "yes" if part.confirmed_at and not part.awaits_capture else "no"
        for line in part.lines:
            yield [*line_cells(part, line), names.get(part.seller_id, ""), part.email, paid]


def line_cells(part: SellerOrderData, line: LineData) -> list[Cell]:
    """Return the cells of one line, in the order of the columns."""
    return [
        part.number, part.placed_at.isoformat(timespec="seconds"),
        name_of(stage_of(part), kind="order"),
        *(str(part.ship_to.get(key) or "") for key in ADDRESS_KEYS),
        str(part.shipping_method.get("name", "")), line.sku, line.title,
        " / ".join(map(str, line.options)), line.quantity, line.shipped_quantity,
        line.canceled_quantity, line.returned_quantity,
        line.total.currency, line.unit.decimal, line.total.decimal, line.discount.decimal,
        line.tax.decimal, line.commission.decimal,
    ]  # fmt: skip


def csv_file(rows: Rows, *, name: str) -> HttpResponse:
    """Answer with a table as a file; no cell of it is a formula."""
    response = HttpResponse(csv_text(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def table_file(rows: Rows, *, kind: str, name: str) -> HttpResponseBase:
    """Answer with a table as "csv", sent while it is written, or as "xlsx"."""
    if kind == "xlsx":
        output = TemporaryFile()  # noqa: SIM115 - the answer closes it
        write_workbook(rows, title=name, output=output)
        output.seek(0)
        return FileResponse(
            output,
            as_attachment=True,
            filename=f"{name}.xlsx",
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def export_buttons(name: str, request: HttpRequest) -> list[HeaderButton]:
    """Return the buttons that export a list as it is narrowed now."""
    narrowed = request.GET.copy()
    buttons = []
    for kind, label in (("csv", "Export CSV"), ("xlsx", "Export XLSX")):
        narrowed["format"] = kind
        address = f"{reverse(name)}?{narrowed.urlencode()}"
        buttons.append(HeaderButton(label, url=address, icon_name="download"))
    return buttons


def narrowed_by(request: HttpRequest) -> list[str]:
    """Tell by what a list was narrowed, not to what: a name may have been typed."""
    return sorted(key for key, value in request.GET.items() if value and key != "format")
