"""Opening a shop: the row, its owner and its commission agreement, all or nothing."""

from datetime import datetime

from django.db import IntegrityError, transaction

from commerce.kernel import clock
from commerce.outbox.bus import publish

from . import naming
from .events import MemberAdded
from .models import CommissionAgreement, Member, Seller
from .naming import NameTaken


class AlreadySelling(ValueError):
    """The person works for a seller; one person serves one seller."""

    def __init__(self) -> None:
        super().__init__("This account belongs to a shop already.")


class InvalidRate(ValueError):
    """The commission is no share between 0 and 100 percent, or starts in the past."""


def open_shop(
    *,
    name: str,
    legal_name: str,
    email: str,
    country: str,
    owner_id: int,
    rate_bps: int,
    trusted: bool = False,
) -> int:
    """Make a shop with its owner and agreement; returns its id. For this module's operations.

    Raises NameTaken, AlreadySelling, InvalidRate.
    """
    naming.refuse_taken(name)
    try:
        with transaction.atomic():
            seller = Seller.objects.create(
                name=name,
                slug=naming.free_slug(name),
                legal_name=legal_name,
                email=email,
                country=country,
                trusted=trusted,
            )
    except IntegrityError as clash:
        raise NameTaken(name) from clash
    add_member(seller_id=seller.pk, user_id=owner_id, role=Member.Role.OWNER)
    agree_commission(seller_id=seller.pk, rate_bps=rate_bps)
    return seller.pk


@transaction.atomic
def agree_commission(*, seller_id: int, rate_bps: int, valid_from: datetime | None = None) -> None:
    """Set what the marketplace keeps from a moment on; sold lines keep their rate.

    Raises InvalidRate.
    """
    if not 0 <= rate_bps <= 10_000:
        raise InvalidRate(f"A commission lies between 0 and 100 %, not at {rate_bps / 100} %.")
    now = clock.now()
    if valid_from is not None and valid_from < now:
        raise InvalidRate("A commission cannot be agreed for the past.")
    CommissionAgreement.objects.create(
        seller_id=seller_id, rate_bps=rate_bps, valid_from=valid_from or now
    )


@transaction.atomic
def add_member(*, seller_id: int, user_id: int, role: str) -> None:
    """Let a person work for a seller. Raises AlreadySelling."""
    try:
        with transaction.atomic():
            Member.objects.create(seller_id=seller_id, user_id=user_id, role=Member.Role(role))
    except IntegrityError as clash:
        raise AlreadySelling from clash
    publish(MemberAdded(seller_id=seller_id, user_id=user_id, role=role))
