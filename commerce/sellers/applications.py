"""Applications to sell: made once at a time, decided once."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from commerce.accounts import queries as accounts
from commerce.kernel import clock
from commerce.outbox.bus import publish

from . import naming
from .events import ApplicationReceived, ApplicationRejected, SellerApproved
from .models import Application, Member
from .naming import InvalidName
from .opening import AlreadySelling, open_shop


class InvalidApplication(ValueError):
    """Something is missing or wrong; `errors` says per field what to do about it."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AlreadyApplied(ValueError):
    """The person's earlier application is still waiting."""

    def __init__(self) -> None:
        super().__init__("Your application is with us. We will answer by mail.")


class AlreadyDecided(ValueError):
    """The application was approved or rejected before."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This application was {state} already.")
        self.state = state


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
    seller_id = open_shop(
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
