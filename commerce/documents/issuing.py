"""Issuing: the number, the words and the row in one transaction, once for each fact."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from commerce.fulfillment import queries as fulfillment
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.kernel.sql import execute, fetch_one
from commerce.orders import operations as orders
from commerce.orders import queries as order_queries
from commerce.orders.types import OrderData, SellerOrderData
from commerce.payments import queries as payments
from commerce.sellers import queries as sellers

from . import composing, statements
from .models import Document, Letterhead
from .types import Draft, Issuer, LetterheadData, Payment

PREFIXES = {"invoice": "INV", "credit_note": "CN"}


class NotBillable(Exception):
    """A seller order cannot be billed as it stands."""

    def __init__(self, *, number: str, why: str) -> None:
        self.number = number
        super().__init__(f"{number} cannot be billed: {why}.")


@unconfined()
@transaction.atomic
def issue_receipt(*, order_id: int) -> int:
    """Issue the receipt of a paid order, once; returns its id.

    Raises NotBillable when the order is not confirmed.
    """
    order = order_queries.orders(order_ids=[order_id])[order_id]
    if order.confirmed_at is None or order.awaits_capture:
        raise NotBillable(number=order.number, why="it is not paid")
    orders.lock(token=order.token)
    key = f"receipt:{order_id}"
    if (known := _issued(key)) is not None:
        return known
    names = sellers.sellers(seller_ids=[part.seller_id for part in order.seller_orders])
    given = order_queries.adjustments_of(seller_order_ids=[part.id for part in order.seller_orders])
    draft = composing.receipt(
        order=order,
        uncharged={
            part_id: [composing.credit_of(each) for each in own if each.uncharged]
            for part_id, own in given.items()
        },
        issuer=marketplace(),
        sellers={seller_id: data.name for seller_id, data in names.items()},
        payment=_payment(order),
    )
    moment = clock.now()
    return _write(
        draft,
        kind="receipt",
        key=key,
        number=f"RCT-{order.number.removeprefix('ORD-')}",
        moment=moment,
        year=moment.year,
        order_id=order_id,
    )


@unconfined()
@transaction.atomic
def issue_invoice(*, seller_order_id: int) -> int:
    """Issue the invoice of a seller order, once; returns its id.

    It bills what is left after everything that was given back until now. The law asks
    for it when the goods leave; a seller may issue it from the moment of payment.
    Raises NotBillable.
    """
    part = _locked(seller_order_id)
    key = f"invoice:{part.id}"
    if (known := _issued(key)) is not None:
        return known
    if part.confirmed_at is None or part.awaits_capture:
        raise NotBillable(number=part.number, why="it is not paid")
    if part.state == "canceled":
        raise NotBillable(number=part.number, why="it was canceled")
    order = order_queries.orders(order_ids=[part.order_id])[part.order_id]
    given = order_queries.adjustments_of(seller_order_ids=[part.id]).get(part.id, [])
    try:
        draft = composing.invoice(
            part=part,
            issuer=issuer_of(part.seller_id),
            payment=_payment(order),
            before=[composing.credit_of(each) for each in given],
        )
    except composing.NothingToBill:
        raise NotBillable(number=part.number, why="nothing of it is left to be paid") from None
    supplied_on = _supplied_on(part.id)
    if supplied_on:
        draft.content["supplied_on"] = supplied_on
    return _number_and_write(draft, kind="invoice", key=key, part=part, corrects=None)


@unconfined()
@transaction.atomic
def issue_credit_note(*, adjustment_id: int) -> int | None:
    """Correct the invoice of a seller order by what was given back, once; returns its id.

    Returns None when there is nothing to correct: no invoice was issued yet, it was
    issued afterwards and left this out, or goodwill lessened no price.
    """
    adjustment = order_queries.adjustments(adjustment_ids=[adjustment_id])[adjustment_id]
    credit = composing.credit_of(adjustment)
    part = _locked(adjustment.seller_order_id)
    key = f"credit:{credit.business_key}"
    if (known := _issued(key)) is not None:
        return known
    bill = Document.objects.filter(business_key=f"invoice:{part.id}").first()
    if bill is None or credit.business_key in bill.content["settles"]:
        return None
    corrected = {"number": bill.number, "issued_on": bill.issued_at.date().isoformat()}
    try:
        draft = composing.credit_note(
            part=part, issuer=issuer_of(part.seller_id), credit=credit, invoice=corrected
        )
    except composing.NothingToBill:
        return None
    if bill.content.get("supplied_on"):
        draft.content["supplied_on"] = bill.content["supplied_on"]
    return _number_and_write(draft, kind="credit_note", key=key, part=part, corrects=bill.pk)


def issuer_of(seller_id: int) -> Issuer:
    """Return what a seller's documents say of the seller today."""
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    return Issuer(
        legal_name=seller.legal_name,
        trade_name=seller.name,
        email=seller.email,
        letterhead=letterhead_of(seller_id) or LetterheadData(country=seller.country),
    )


def letterhead_of(seller_id: int) -> LetterheadData | None:
    """Return what a seller told for its documents, if anything."""
    fields = list(LetterheadData.__dataclass_fields__)
    row = Letterhead.objects.filter(seller_id=seller_id).values(*fields).first()
    return LetterheadData(**row) if row else None


def marketplace() -> Issuer:
    """Return what the marketplace's own documents say of it."""
    said: dict[str, str] = dict(settings.MARKETPLACE)
    return Issuer(
        legal_name=said.pop("legal_name"),
        trade_name=said.pop("name"),
        email=said.pop("email"),
        letterhead=LetterheadData(**said),
    )


def _locked(seller_order_id: int) -> SellerOrderData:
    """Lock the order and read its part as it is under the lock."""
    found = order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id])
    orders.lock(token=found[seller_order_id].order_token)
    return order_queries.seller_orders_by_id(seller_order_ids=[seller_order_id])[seller_order_id]


def _issued(key: str) -> int | None:
    found: int | None = (
        Document.objects.filter(business_key=key).values_list("pk", flat=True).first()
    )
    return found


def _payment(order: OrderData) -> Payment:
    attempts = payments.of_order(order_tokens=[order.token]).get(order.token, [])
    taken = next((each for each in attempts if each.state == "captured"), None)
    paid = order.due
    if taken is not None and order.charged_at is not None:
        paid = Money(taken.captured_minor, order.total.currency)
    return Payment(method=taken.method if taken else "", credit=order.credit, paid=paid)


def _supplied_on(seller_order_id: int) -> str:
    parcels = fulfillment.shipments_of(seller_order_ids=[seller_order_id])[seller_order_id]
    return min((each.shipped_at.date().isoformat() for each in parcels), default="")


def _number_and_write(
    draft: Draft, *, kind: str, key: str, part: SellerOrderData, corrects: int | None
) -> int:
    """Take the next number of the series and write the document that bears it."""
    execute(statements.OPEN_SERIES, part.seller_id, kind)
    row = fetch_one(statements.LOCK_SERIES, part.seller_id, kind)
    assert row is not None  # noqa: S101 - the series was opened one line above
    counter_id, year, last, moment = row
    execute(statements.COUNT, counter_id)
    draft.content["marketplace"] = settings.MARKETPLACE["name"]
    return _write(
        draft,
        kind=kind,
        key=key,
        number=f"{PREFIXES[kind]}-{part.seller_id}-{year}-{last + 1:05d}",
        moment=moment,
        year=year,
        order_id=part.order_id,
        seller_id=part.seller_id,
        seller_order_id=part.id,
        serial=last + 1,
        corrects_id=corrects,
    )


def _write(
    draft: Draft,
    *,
    kind: str,
    key: str,
    number: str,
    moment: datetime,
    year: int,
    **columns: object,
) -> int:
    document = Document.objects.create(
        kind=kind,
        business_key=key,
        number=number,
        issued_at=moment,
        year=year,
        currency=draft.content["currency"],
        total_minor=draft.total_minor,
        tax_minor=draft.tax_minor,
        content=draft.content,
        parties=draft.parties,
        **columns,
    )
    from .tasks import nudge  # here, because tasks call operations

    transaction.on_commit(lambda: nudge(document_id=document.pk))
    return document.pk
