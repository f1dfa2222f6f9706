from collections import defaultdict
from collections.abc import Iterable

from django.db.models import QuerySet

from commerce.kernel.money import Money

from .issuing import issuer_of, letterhead_of
from .models import Document
from .presenting import Sheet
from .presenting import sheet as _sheet
from .types import DocumentData, Issuer, LetterheadData


def of_orders(*, order_ids: Iterable[int]) -> dict[int, list[DocumentData]]:
    """Return the documents of orders, by order, receipt first and then as they were issued."""
    found: dict[int, list[DocumentData]] = defaultdict(list)
    for each in _data(Document.objects.filter(order_id__in=set(order_ids))):
        found[each.order_id].append(each)
    for documents in found.values():
        documents.sort(key=lambda each: (each.kind != "receipt", each.id))
    return found


def of_order(*, order_id: int, number: str) -> DocumentData | None:
    """Return a document of an order by its number; None for another order's."""
    found = _data(Document.objects.filter(order_id=order_id, number=number))
    return found[0] if found else None


def of_seller_orders(
    *, seller_id: int, seller_order_ids: Iterable[int]
) -> dict[int, list[DocumentData]]:
    """Return a seller's own documents of its parts of orders, as they were issued."""
    rows = Document.objects.filter(seller_id=seller_id, seller_order_id__in=set(seller_order_ids))
    found: dict[int, list[DocumentData]] = defaultdict(list)
    for each in _data(rows.order_by("pk")):
        if each.seller_order_id is not None:
            found[each.seller_order_id].append(each)
    return found


def of_seller(*, seller_id: int, number: str) -> DocumentData | None:
    """Return one of a seller's own documents by its number; None for anybody else's."""
    found = _data(Document.objects.filter(seller_id=seller_id, number=number))
    return found[0] if found else None


def by_number(*, number: str) -> DocumentData | None:
    """Return a document whoever's it is; for staff."""
    found = _data(Document.objects.filter(number=number))
    return found[0] if found else None


def sheet(*, document_id: int) -> Sheet:
    """Return a document as words and figures ready to show. Raises Document.DoesNotExist."""
    found = Document.objects.get(pk=document_id)
    return _sheet(
        kind=found.kind,
        number=found.number,
        issued_at=found.issued_at,
        content=found.content,
        parties=found.parties,
    )


def letterhead(*, seller_id: int) -> LetterheadData | None:
    """Return what a seller told for its documents, if anything."""
    return letterhead_of(seller_id)


def issuer(*, seller_id: int) -> Issuer:
    """Return what a seller's documents say of the seller today."""
    return issuer_of(seller_id)


def is_rendered(*, document_id: int) -> bool:
    """Tell whether the PDF of a document lies in the store."""
    return Document.objects.filter(pk=document_id, rendering__isnull=False).exists()


def unrendered(*, limit: int) -> list[int]:
    """Return documents that wait to be set, the oldest first."""
    rows = Document.objects.filter(rendering=None, parties__isnull=False).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _data(rows: QuerySet[Document]) -> list[DocumentData]:
    return [
        DocumentData(
            id=row["pk"],
            kind=row["kind"],
            number=row["number"],
            seller_id=row["seller_id"],
            order_id=row["order_id"],
            seller_order_id=row["seller_order_id"],
            order_number=row["order__number"],
            part_number=row["seller_order__number"] or "",
            total=Money(row["total_minor"], row["currency"]),
            tax=Money(row["tax_minor"], row["currency"]),
            issued_at=row["issued_at"],
            corrects_number=row["corrects__number"] or "",
        )
        for row in rows.values(
            "pk", "kind", "number", "seller_id", "order_id", "seller_order_id", "order__number",
            "seller_order__number", "total_minor", "tax_minor", "currency", "issued_at",
            "corrects__number",
        )
    ]  # fmt: skip
