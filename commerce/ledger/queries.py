from datetime import UTC, date, datetime

from django.db.models import Q, Sum
from django.db.models.functions import ExtractMonth

from commerce.kernel import day_seals

from .models import Account, Entry, Journal
from .types import SEALED, EntryData


def balance(*, code: str, currency: str) -> int:
    """Return the sum of an account's entries: debits positive, credits negative."""
    entries = Entry.objects.filter(account__code=code, account__currency=currency)
    return int(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def currencies_of(*, code: str) -> set[str]:
    """Return the currencies in which an account was ever opened."""
    return set(Account.objects.filter(code=code).values_list("currency", flat=True))


def balances(*, prefix: str, currency: str) -> dict[str, int]:
    """Return the balance of every account whose code starts with the prefix."""
    rows = (
        Entry.objects.filter(account__code__startswith=prefix, account__currency=currency)
        .values_list("account__code")
        .annotate(total=Sum("amount_minor"))
    )
    return {code: int(total) for code, total in rows}


def entries_of(
    *, code: str, currency: str, since: datetime | None = None, until: datetime | None = None
) -> list[EntryData]:
    """Return an account's entries from a moment up to, not including, another; oldest first."""
    entries = Entry.objects.filter(account__code=code, account__currency=currency)
    if since is not None:
        entries = entries.filter(journal__posted_at__gte=since)
    if until is not None:
        entries = entries.filter(journal__posted_at__lt=until)
    return [
        EntryData(at=at, kind=kind, memo=memo, business_key=key, amount_minor=amount)
        for at, kind, memo, key, amount in entries.order_by("pk").values_list(
            "journal__posted_at",
            "journal__kind",
            "journal__memo",
            "journal__business_key",
            "amount_minor",
        )
    ]


def booked(*, business_keys: list[str]) -> set[str]:
    """Return those of the keys which have a journal."""
    return set(
        Journal.objects.filter(business_key__in=business_keys).values_list(
            "business_key", flat=True
        )
    )


def booked_under(*, business_key: str, currency: str) -> tuple[dict[str, int], int]:
    """Return what a journal and those whose keys go on from its key booked by account, and
    how many they are."""
    journals = Journal.objects.filter(
        Q(business_key=business_key) | Q(business_key__startswith=f"{business_key}:")
    )
    rows = (
        Entry.objects.filter(journal__in=journals, account__currency=currency)
        .values_list("account__code")
        .annotate(total=Sum("amount_minor"))
    )
    return {code: int(total) for code, total in rows}, journals.count()


def balance_before(*, code: str, currency: str, moment: datetime) -> int:
    """Return the sum of an account's entries that were posted before a moment."""
    entries = Entry.objects.filter(
        account__code=code, account__currency=currency, journal__posted_at__lt=moment
    )
    return int(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def totals_by_month(
    *, code: str, currency: str, since: datetime, until: datetime
) -> list[tuple[int, str, int]]:
    """Return an account's entries summed by month (1 to 12, UTC) and kind of journal."""
    rows = (
        Entry.objects.filter(
            account__code=code,
            account__currency=currency,
            journal__posted_at__gte=since,
            journal__posted_at__lt=until,
        )
        .values_list(ExtractMonth("journal__posted_at", tzinfo=UTC), "journal__kind")
        .annotate(total=Sum("amount_minor"))
        .order_by("journal__kind")
    )
    return [(int(month), kind, int(total)) for month, kind, total in rows]


def rewritten_days() -> list[date]:
    """Return the days whose seal is not the one that is kept outside the database."""
    return day_seals.differing(SEALED)


def other_chains() -> list[str]:
    """Return the chains of seals kept outside that are not this database's own."""
    return day_seals.chains_beside(SEALED)
