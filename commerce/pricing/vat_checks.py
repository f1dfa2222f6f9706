"""What the register of VAT numbers answered, kept as evidence for whoever owes the tax."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now

from commerce.gateways.vat_register import (
    RegisterUnavailable,
    get_vat_register,
    is_set_up,
)
from commerce.kernel import clock

from .models import VatCheck
from .types import VatCheckData
from .vat import InvalidVatId

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=24)
# An answer that is this old still counts while the register is away.
COUNTS_FOR = timedelta(days=7)
# A register that is away for longer than this is asked no more about that order.
FOLLOWED_FOR = timedelta(days=30)


def check_vat_id(*, number: str) -> dict[str, str]:
    """Ask the register about a number; not inside a transaction. Returns what is kept of it.

    An answer of the last day is not asked for again. While the register is away a yes
    of the last seven days counts; without one the state is "unanswered", which exempts
    nobody. Without a register the state is "form". Raises InvalidVatId for a no.
    """
    if not is_set_up():
        return {"state": "form"}
    known = _answer(number, FRESH) or _ask(number)
    if known.is_valid is None:
        earlier = _answer(number, COUNTS_FOR)
        if earlier is None or not earlier.is_valid:
            return _kept(known)
        known = earlier
    if not known.is_valid:
        raise InvalidVatId(
            f"VIES, the EU's register of VAT numbers, does not know {number}. Correct it, or "
            "leave it out and buy with tax."
        )
    return _kept(known)


def exempts(*, check: Mapping[str, str]) -> bool:
    """Tell whether what is kept of a check lets a business owe the tax itself."""
    state = check.get("state", "form")
    return state == "confirmed" or (state == "form" and not is_set_up())


def is_stale(*, check: Mapping[str, str]) -> bool:
    """Tell whether the register is to be asked again before an order is agreed on its answer.

    Not when there was no answer: then the order was agreed with its tax.
    """
    if not is_set_up() or check.get("state") == "unanswered":
        return False
    asked_at = check.get("asked_at")
    return asked_at is None or datetime.fromisoformat(asked_at) < clock.now() - FRESH


def follow_vat_ids(*, limit: int = 50) -> int:
    """Ask again about numbers of which no answer came; returns how many. A task runs it."""
    if not is_set_up():
        return 0
    latest = (
        VatCheck.objects.filter(at__gt=Now() - FOLLOWED_FOR)
        .order_by("number", "-at", "-pk")
        .distinct("number")
    )
    waiting = [check.number for check in latest if check.is_valid is None][:limit]
    asked = 0
    for number in waiting:
        asked += 1
        if _ask(number, note=False).is_valid is None:
            break
    return asked


def latest_answers(*, numbers: Iterable[str]) -> dict[str, VatCheckData]:
    """Return what the register said last about each number; one without an answer is left out."""
    rows = (
        VatCheck.objects.filter(number__in=list(numbers), is_valid__isnull=False)
        .order_by("number", "-at", "-pk")
        .distinct("number")
    )
    return {
        row.number: VatCheckData(
            is_valid=bool(row.is_valid), consultation=row.consultation, at=row.at
        )
        for row in rows
    }


def _answer(number: str, within: timedelta) -> VatCheck | None:
    recent = VatCheck.objects.filter(number=number, is_valid__isnull=False, at__gt=Now() - within)
    return recent.order_by("-at", "-pk").first()


def _ask(number: str, *, note: bool = True) -> VatCheck:
    """Ask and write down the answer, or that there was none, so that it is followed up."""
    requester = _requester()
    check = VatCheck(number=number, requester=requester)
    try:
        answer = get_vat_register().check(number=number, requester=requester)
    except RegisterUnavailable as problem:
        log.warning("pricing.vat_register_away", country=number[:2], error=str(problem))
        if not note:
            return check
    else:
        check.is_valid, check.consultation = answer.is_valid, answer.consultation
    check.save(force_insert=True)
    check.refresh_from_db(fields=["at"])
    return check


def _requester() -> str:
    """The marketplace asks: the tax of its orders is its own matter."""
    number = "".join(str(settings.MARKETPLACE["vat_id"]).split()).upper()
    return number if len(number) > 4 else ""


def _kept(check: VatCheck) -> dict[str, str]:
    return {
        "state": "unanswered" if check.is_valid is None else "confirmed",
        "asked_at": check.at.isoformat(),
        "consultation": check.consultation,
    }
