from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from commerce.accounts import queries as accounts
from commerce.kernel import clock
from commerce.outbox.bus import publish

from . import naming
from .events import (
    ApplicationReceived,
    ApplicationRejected,
    ConnectedAccountChanged,
    MemberAdded,
    MemberRemoved,
    SellerApproved,
    SellerReinstated,
    SellerRenamed,
    SellerSuspended,
)
from .models import Application, CommissionAgreement, Member, Seller
from .naming import InvalidName, NameTaken

__all__ = ["InvalidName", "NameTaken"]


class InvalidApplication(ValueError):
    """Something is missing or wrong; `errors` says per field what to do about it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AlreadyApplied(ValueError):
    """The person's earlier application is still waiting."""

    def __init__(self) -> None:
        super().__init__("Your application is with us. We will answer by mail.")


class AlreadySelling(ValueError):
    """The person works for a seller; one person serves one seller."""

    def __init__(self) -> None:
        super().__init__("This account belongs to a shop already.")


class AlreadyDecided(ValueError):
    """The application was approved or rejected before."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This application was {state} already.")
        self.state = state


class SellerNotFound(LookupError):
    """There is no such seller."""


class InvalidRate(ValueError):
    """The commission is no share between 0 and 100 percent, or starts in the past."""


class LastOwner(ValueError):
    """A seller keeps at least one owner."""

    def __init__(self) -> None:
        super().__init__("A shop needs an owner. Make somebody else the owner first.")


@transaction.atomic
def apply(
    *, user_id: int, shop_name: str, legal_name: str, email: str, country: str, about: str
) -> int:
    """Record a wish to sell and tell staff; returns the application's id.

    Raises InvalidApplication, NameTaken, AlreadyApplied, AlreadySelling.
    """
    fields = _checked_application(shop_name, legal_name, email, country, about)
    if Member.objects.filter(user_id=user_id).exists():
        raise AlreadySelling
    naming.refuse_taken(fields["shop_name"])
    try:
        with transaction.atomic():
            application = Application.objects.create(user_id=user_id, **fields)
    except IntegrityError as clash:
        raise AlreadyApplied from clash
    publish(ApplicationReceived(application_id=application.pk))
    return application.pk


def _checked_application(
    shop_name: str, legal_name: str, email: str, country: str, about: str
) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        shop_name = naming.tidy(shop_name)
    except InvalidName as refusal:
        errors["shop_name"] = str(refusal)
    legal_name = " ".join(legal_name.split())
    if not legal_name:
        errors["legal_name"] = "Enter the name your business is registered under."
    elif len(legal_name) > 120:
        errors["legal_name"] = "Shorten the registered name to 120 characters."
    try:
        validate_email(email.strip())
    except ValidationError:
        errors["email"] = "Enter an email address such as shop@example.com."
    try:
        country = accounts.address_rules(country=country).country
    except accounts.UnknownCountry:
        errors["country"] = "Choose the country your business is registered in."
    about = about.strip()
    if not about:
        errors["about"] = "Tell us in a sentence or two what you will sell."
    elif len(about) > 2000:
        errors["about"] = f"Shorten this to 2,000 characters; it has {len(about):,}."
    if errors:
        raise InvalidApplication(errors)
    return {
        "shop_name": shop_name, "legal_name": legal_name, "email": email.strip(),
        "country": country, "about": about,
    }  # fmt: skip


@transaction.atomic
def approve(*, application_id: int, decided_by: int, rate_bps: int) -> int:
    """Make a seller of an applicant: shop, owner and commission agreement; returns its id.

    An application is decided once. Raises AlreadyDecided, NameTaken,
    AlreadySelling, InvalidRate.
    """
    application = _undecided(application_id)
    seller_id = _open_shop(
        name=application.shop_name,
        legal_name=application.legal_name,
        email=application.email,
        country=application.country,
        owner_id=application.user_id,
        rate_bps=rate_bps,
    )
    application.state = Application.State.APPROVED
    application.seller_id = seller_id
    application.decided_by_id = decided_by
    application.decided_at = clock.now()
    application.save(update_fields=["state", "seller", "decided_by", "decided_at"])
    publish(
        SellerApproved(
            seller_id=seller_id, application_id=application_id, user_id=application.user_id
        )
    )
    return seller_id


@transaction.atomic
def reject(*, application_id: int, decided_by: int, reason: str) -> None:
    """Decline an application and tell the applicant why.

    Raises AlreadyDecided, InvalidApplication without a reason.
    """
    reason = reason.strip()
    if not reason:
        raise InvalidApplication({"reason": "Give the applicant a reason."})
    application = _undecided(application_id)
    application.state = Application.State.REJECTED
    application.reason = reason
    application.decided_by_id = decided_by
    application.decided_at = clock.now()
    application.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    publish(ApplicationRejected(application_id=application_id, user_id=application.user_id))


def _undecided(application_id: int) -> Application:
    application = Application.objects.select_for_update().get(pk=application_id)
    if application.state != Application.State.SUBMITTED:
        raise AlreadyDecided(application.state)
    return application


@transaction.atomic
def register(
    *,
    name: str,
    owner_id: int,
    legal_name: str,
    email: str,
    country: str,
    rate_bps: int,
    trusted: bool = False,
) -> int:
    """Open a shop without an application, as staff do for a partner; returns its id.

    Raises InvalidName, NameTaken, AlreadySelling, InvalidRate, accounts' UnknownCountry.
    """
    seller_id = _open_shop(
        name=naming.tidy(name),
        legal_name=legal_name,
        email=email,
        country=accounts.address_rules(country=country).country,
        owner_id=owner_id,
        rate_bps=rate_bps,
        trusted=trusted,
    )
    publish(SellerApproved(seller_id=seller_id, application_id=None, user_id=owner_id))
    return seller_id


def _open_shop(
    *,
    name: str,
    legal_name: str,
    email: str,
    country: str,
    owner_id: int,
    rate_bps: int,
    trusted: bool = False,
) -> int:
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


@transaction.atomic
def remove_member(*, seller_id: int, user_id: int) -> None:
    """End a person's work for a seller; repeating it changes nothing. Raises LastOwner."""
    _locked(seller_id)
    member = Member.objects.filter(seller_id=seller_id, user_id=user_id).first()
    if member is None:
        return
    others = Member.objects.filter(seller_id=seller_id, role=Member.Role.OWNER)
    if member.role == Member.Role.OWNER and not others.exclude(pk=member.pk).exists():
        raise LastOwner
    member.delete()
    publish(MemberRemoved(seller_id=seller_id, user_id=user_id))


def _locked(seller_id: int) -> Seller:
    seller = Seller.objects.select_for_update().filter(pk=seller_id).first()
    if seller is None:
        raise SellerNotFound(seller_id)
    return seller


@transaction.atomic
def suspend(*, seller_id: int, reason: str) -> None:
    """Take everything of a seller off sale; repeating it changes nothing. Raises SellerNotFound."""
    seller = _locked(seller_id)
    if seller.state != Seller.State.ACTIVE:
        return
    seller.state = Seller.State.SUSPENDED
    seller.suspension_reason = reason.strip()[:500]
    seller.save(update_fields=["state", "suspension_reason"])
    publish(SellerSuspended(seller_id=seller_id))


@transaction.atomic
def reinstate(*, seller_id: int) -> None:
    """Let a suspended seller sell again; repeating it changes nothing. Raises SellerNotFound."""
    seller = _locked(seller_id)
    if seller.state != Seller.State.SUSPENDED:
        return
    seller.state = Seller.State.ACTIVE
    seller.suspension_reason = ""
    seller.save(update_fields=["state", "suspension_reason"])
    publish(SellerReinstated(seller_id=seller_id))


@transaction.atomic
def rename(*, seller_id: int, name: str) -> None:
    """Change a shop's name and its slug with it.

    Raises InvalidName, NameTaken, SellerNotFound.
    """
    name = naming.tidy(name)
    seller = _locked(seller_id)
    if seller.name == name:
        return
    naming.refuse_taken(name, but_of=seller_id)
    seller.name, seller.slug = name, naming.free_slug(name, but_of=seller_id)
    try:
        with transaction.atomic():
            seller.save(update_fields=["name", "slug"])
    except IntegrityError as clash:
        raise NameTaken(name) from clash
    publish(SellerRenamed(seller_id=seller_id))


@transaction.atomic
def trust(*, seller_id: int, trusted: bool) -> None:
    """Let a seller publish without moderation, or no longer. Raises SellerNotFound."""
    seller = _locked(seller_id)
    seller.trusted = trusted
    seller.save(update_fields=["trusted"])


@transaction.atomic
def record_connected_account(
    *, seller_id: int, stripe_account_id: str, payouts_enabled: bool
) -> None:
    """Remember the seller's account at the provider and whether money may go there.

    Repeating it changes nothing. Raises SellerNotFound.
    """
    seller = _locked(seller_id)
    if (seller.stripe_account_id, seller.payouts_enabled) == (stripe_account_id, payouts_enabled):
        return
    seller.stripe_account_id, seller.payouts_enabled = stripe_account_id, payouts_enabled
    seller.save(update_fields=["stripe_account_id", "payouts_enabled"])
    publish(ConnectedAccountChanged(seller_id=seller_id, payouts_enabled=payouts_enabled))
