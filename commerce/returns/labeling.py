"""Labels for what goes back: the seller buys one through a carrier or gives a file of its own.

There is one at a time per return, while the return is approved. What nobody used is given
back once the return is over.
"""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog
from django.core.files.base import ContentFile
from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now
from PIL import Image, UnidentifiedImageError

from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment import queries as parcels
from commerce.fulfillment.types import LabelOffer
from commerce.kernel import clock
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.outbox.bus import publish

from .cases import Kind, NotFound, NotPossible, State, lock_case
from .events import ReturnLabelReady
from .label_payers import Payer, payer_of
from .models import Case, ReturnLabel

log = structlog.get_logger(__name__)

MAX_BYTES = 5 * 1024 * 1024
_OVER = ("closed", "refused", "declined", "overtaken")
_NEVER_BOUGHT = ("failed", "voided")


class InvalidLabelFile(ValueError):
    """A file is no label that a shopper can print; str() says what to do."""


class ReturnLabelData(NamedTuple):
    """What there is for a shopper to print."""

    id: int
    state: str
    """As of labels; "given" for a file of the seller's own."""
    carrier: str
    tracking_number: str
    cost: Money | None
    has_file: bool
    problem: str
    label_id: int | None
    has_customs: bool
    payer: str = "seller"
    """Who pays it: seller, marketplace, or the shopper by a smaller refund."""
    is_used: bool = False
    """The shopper said that the parcel goes with it."""

    @property
    def is_ready(self) -> bool:
        return self.has_file and self.state in ("bought", "given")


def label_offers(
    *, seller_id: int, case_id: int, weight_grams: int, sizes_mm: Sequence[int] = ()
) -> list[LabelOffer]:
    """Return what carriers ask to bring an approved return home, the cheapest first.

    Where others than the seller pay, it is the cheapest alone. Raises NotFound, NotPossible
    and what fulfillment's return_offers raises.
    """
    case = Case.objects.filter(pk=case_id, seller=seller_id).first()
    if case is None:
        raise NotFound(case_id)
    _check_approved(case)
    offers = fulfillment.return_offers(
        seller_id=seller_id,
        seller_order_id=case.seller_order_id,
        quantities=_units(case),
        weight_grams=weight_grams,
        sizes_mm=sizes_mm,
    )
    return offers if payer_of(case) == Payer.SELLER else offers[:1]


@unconfined()
def buy_label(
    *,
    seller_id: int,
    case_id: int,
    key: str,
    carrier: str,
    service: str,
    most: Money,
    weight_grams: int,
    sizes_mm: Sequence[int] = (),
) -> None:
    """Buy the label of an approved return, once per key, at the cost of who is to pay.

    What others than the seller pay is the cheapest there is, for which carriers are asked
    again. For the seller's own people. Raises NotFound, NotPossible, and of fulfillment
    InvalidParcel, NoOrigin, CustomsMissing, CarrierUnavailable, LabelRefused and LabelPending.
    """
    is_agreed = _is_cheapest(
        seller_id, case_id, (carrier, service, most), weight_grams=weight_grams, sizes_mm=sizes_mm
    )
    with transaction.atomic():
        case = _approved(case_id, seller_id)
        label_id = fulfillment.ask_return_label(
            seller_id=seller_id,
            seller_order_id=case.seller_order_id,
            key=f"r{case.pk}:{key}",
            carrier=carrier,
            service=service,
            most=most,
            quantities=_units(case),
            weight_grams=weight_grams,
            sizes_mm=sizes_mm,
            by_marketplace=payer_of(case) == Payer.MARKETPLACE,
        )
        if not ReturnLabel.objects.filter(label_id=label_id).exists():
            _refuse_second(case)
            if not is_agreed:
                raise NotPossible("The one before was not bought. Ask for the prices again.")
            ReturnLabel.objects.create(case=case, label_id=label_id)
    fulfillment.finish_return_label(label_id=label_id)


def _is_cheapest(
    seller_id: int, case_id: int, chosen: tuple[str, str, Money], **parcel: Any
) -> bool:
    """Let nobody spend more of another's money than is needed. Raises NotPossible.

    False: nobody was asked, as there is a label already, and there may be no other.
    """
    case = Case.objects.filter(pk=case_id, seller=seller_id).first()
    if case is None:
        raise NotFound(case_id)
    if payer_of(case) == Payer.SELLER:
        return True
    labels = ReturnLabel.objects.filter(case=case, removed_at=None, label__isnull=False)
    if labels.exclude(label__state__in=_NEVER_BOUGHT).exists():
        return False
    carrier, service, most = chosen
    offers = label_offers(seller_id=seller_id, case_id=case_id, **parcel)
    if not offers or (offers[0].carrier, offers[0].service) != (carrier, service):
        raise NotPossible("Another way is the cheapest now. Ask for the prices again.")
    if most.currency != offers[0].price.currency or most.minor > offers[0].price.minor:
        raise NotPossible("It costs something else now. Ask for the prices again.")
    return True


def give_label(*, seller_id: int, case_id: int, data: bytes, tracking_number: str = "") -> None:
    """Keep a label that the seller bought elsewhere, for the shopper to print.

    PDF, PNG or JPEG up to five megabytes. Raises NotFound, NotPossible, InvalidLabelFile.
    """
    ending = _kind_of(data)
    _keep(seller_id, case_id, data, ending, " ".join(tracking_number.split())[:60])


@unconfined()
@transaction.atomic
def _keep(seller_id: int, case_id: int, data: bytes, ending: str, tracking_number: str) -> None:
    case = _approved(case_id, seller_id)
    _refuse_second(case)
    label = ReturnLabel(case=case, tracking_number=tracking_number)
    label.file.save(f"label.{ending}", ContentFile(data), save=False)
    label.save()
    publish(ReturnLabelReady(case_id=case.pk, return_label_id=label.pk))


@unconfined()
def take_label_back(*, seller_id: int, case_id: int) -> None:
    """Give the label of a return back to its carrier, or take the file away.

    For the seller's own people, as long as nothing was sent with it. Raises NotFound,
    NotPossible, and of fulfillment NotVoidable and LabelPending.
    """
    with transaction.atomic():
        case = lock_case(case_id, seller_id=seller_id)
        label = ReturnLabel.objects.filter(case=case, removed_at=None).first()
        if label is None:
            raise NotPossible("There is no label to take back.")
        if case.state in (State.SENT, State.RECEIVED, State.INSPECTED):
            raise NotPossible("The parcel was sent with it.")
    _give_back(label, seller_id)


def _give_back(label: ReturnLabel, seller_id: int) -> None:
    state = _state(label.label_id) if label.label_id is not None else ""
    if state == "asked":  # it may be bought yet, and is given back then
        raise fulfillment.LabelPending
    if label.label_id is not None and state not in _NEVER_BOUGHT:
        fulfillment.void_label(seller_id=seller_id, label_id=label.label_id)
    _remove(label)


def give_back_unused(*, limit: int = 50) -> int:
    """Give labels of returns that are over, and were not sent, back; returns how many. A task
    runs it. What the carrier keeps, because it was used, stays booked. Who was tried longest
    ago comes first, so those that cannot be given back yet keep nobody from their turn."""
    left = ReturnLabel.objects.filter(
        removed_at=None, case__state__in=_OVER, case__tracking_number=""
    ).select_related("case")
    taken = 0
    for label in left.order_by(F("tried_at").asc(nulls_first=True), "pk")[:limit]:
        _take_turn(label)
        try:
            _give_back(label, label.case.seller_id)
        except fulfillment.LabelPending:
            continue  # asked again next time
        except fulfillment.NotVoidable:
            _remove(label)
            continue
        except DatabaseError as problem:
            log.exception("return_label.not_given_back", label=label.pk, error=str(problem))
            continue
        taken += 1
    return taken


@unconfined()
def _take_turn(label: ReturnLabel) -> None:
    ReturnLabel.objects.filter(pk=label.pk).update(tried_at=clock.now())


@unconfined()
def _remove(label: ReturnLabel) -> None:
    ReturnLabel.objects.filter(pk=label.pk, removed_at=None).update(removed_at=Now())


def label_of(*, case_id: int) -> ReturnLabelData | None:
    """Return the label that a return has now, bought or being bought."""
    row = ReturnLabel.objects.filter(case=case_id, removed_at=None).select_related("case").first()
    if row is None:
        return None
    if row.label_id is None:
        return ReturnLabelData(
            row.pk, "given", "", row.tracking_number, None, True, "", None, False,
            is_used=row.used_at is not None,
        )  # fmt: skip
    label = parcels.return_labels(label_ids=[row.label_id])[row.label_id]
    return ReturnLabelData(
        id=row.pk,
        state=label.state,
        carrier=label.carrier,
        tracking_number=label.tracking_number,
        cost=label.cost,
        has_file=label.has_file,
        problem=label.problem,
        label_id=label.id,
        has_customs=label.has_customs,
        payer=payer_of(row.case),
        is_used=row.used_at is not None,
    )


def case_of_label(*, label_id: int) -> tuple[int, int] | None:
    """Return the ids of the case that a carrier's label is for and of its own entry, if any."""
    found: tuple[int, int] | None = (
        ReturnLabel.objects.filter(label_id=label_id).values_list("case_id", "pk").first()
    )
    return found


def label_sheet(*, case_id: int) -> tuple[str, bytes] | None:
    """Return ending and bytes of what is printed; None when there is nothing to print yet."""
    row = (
        ReturnLabel.objects.filter(case=case_id, removed_at=None)
        .select_related("case", "label")
        .first()
    )
    if row is None:
        return None
    if row.label is None:
        with row.file.open("rb") as file:
            return str(row.file.name).rsplit(".", 1)[-1], file.read()
    if row.label.state != "bought":
        return None
    found = parcels.label_file(seller_id=row.case.seller_id, label_id=row.label.pk)
    return (found[0].rsplit(".", 1)[-1], found[1]) if found else None


def _state(label_id: int) -> str:
    return parcels.return_labels(label_ids=[label_id])[label_id].state


def _approved(case_id: int, seller_id: int) -> Case:
    case = lock_case(case_id, seller_id=seller_id)
    _check_approved(case)
    return case


def _check_approved(case: Case) -> None:
    if case.kind != Kind.RETURN or case.state != State.APPROVED:
        raise NotPossible("A label is for a return that is approved and not on its way yet.")


def _refuse_second(case: Case) -> None:
    """One at a time; one that was never bought makes room."""
    row = ReturnLabel.objects.filter(case=case, removed_at=None).first()
    if row is None:
        return
    if row.label_id is None or _state(row.label_id) not in _NEVER_BOUGHT:
        raise NotPossible("This return has a label already. Take it back first.")
    ReturnLabel.objects.filter(pk=row.pk).update(removed_at=Now())


def _units(case: Case) -> dict[int, int]:
    return dict(case.lines.values_list("order_line_id", "quantity"))


def _kind_of(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise InvalidLabelFile("The file is larger than 5 MB. Choose a smaller one.")
    if data.startswith(b"%PDF-"):
        return "pdf"
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            picture.verify()
            return "png" if picture.format == "PNG" else "jpg"
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidLabelFile("Choose the label as a PDF, PNG or JPEG file.") from None
