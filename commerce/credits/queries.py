from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from commerce.kernel.money import Money

from .codes import code_of, hash_of
from .models import Credit, Spend
from .types import CreditData, CreditUse


class UnknownCode(LookupError):
    """No gift card with money on it has this code; the message is for whoever typed it."""

    def __init__(self) -> None:
        super().__init__(
            "We know no gift card with this code that has money left. Please check the code."
        )


class OtherCurrency(UnknownCode):
    """There is such a card, with money of another currency on it."""

    def __init__(self, currency: str) -> None:
        LookupError.__init__(
            self,
            f"This gift card holds {currency} and pays for orders in {currency} only: choose "
            "that currency below to use it.",
        )


def by_code(*, code: str, currency: str) -> CreditData:
    """Return the gift card of a code, if something is left on it. Raises UnknownCode."""
    found = hash_of(code)
    credit = _usable().filter(code_hash=found).first() if found else None
    if credit is None:
        raise UnknownCode
    if credit.currency != currency:
        raise OtherCurrency(credit.currency)
    return _as_data(credit)


def usable(*, credit_ids: Sequence[int], user_id: int | None, currency: str) -> list[CreditData]:
    """Return the cards of these ids and a person's store credit, as far as money is left.

    Cards come first, in the order given; of store credit what expires first.
    """
    wanted = Q(kind=Credit.Kind.GIFT_CARD, pk__in=credit_ids)
    if user_id is not None:
        wanted |= Q(kind=Credit.Kind.STORE_CREDIT, user_id=user_id)
    found = list(_usable().filter(wanted, currency=currency).order_by("expires_at", "pk"))
    cards = {card.pk: card for card in found if card.kind == Credit.Kind.GIFT_CARD}
    chosen = [cards[pk] for pk in credit_ids if pk in cards]
    chosen += [credit for credit in found if credit.kind == Credit.Kind.STORE_CREDIT]
    return [_as_data(credit) for credit in chosen]


def of_user(*, user_id: int) -> list[CreditData]:
    """Return a person's store credit with something left, what expires first first."""
    own = _usable().filter(kind=Credit.Kind.STORE_CREDIT, user_id=user_id)
    return [_as_data(credit) for credit in own.order_by("expires_at", "pk")]


def plan(*, credits: Iterable[CreditData], total: Money, least: int = 0) -> list[CreditUse]:
    """Say what an order of this total takes from each credit, in their order. Pure.

    What is left to pay is nothing or at least `least`, in minor units: a provider
    takes no smaller amounts.
    """
    spread = []
    left = total.minor
    for credit in credits:
        spread.append((credit, min(left, credit.balance.minor)))
        left -= spread[-1][1]
    spare = least - left if 0 < left < least else 0
    uses = []
    for credit, taken in reversed(spread):
        kept = min(spare, taken)
        spare -= kept
        if taken > kept:
            amount = Money(taken - kept, total.currency)
            uses.append(CreditUse(credit_id=credit.id, label=credit.label, amount=amount))
    return uses[::-1]


def spent_on(*, order_tokens: Sequence[str]) -> dict[str, list[CreditUse]]:
    """Return what the orders took, or hold, from each credit."""
    found: dict[str, list[CreditUse]] = {token: [] for token in order_tokens}
    rows = Spend.objects.filter(order_token__in=order_tokens).exclude(state=Spend.State.RELEASED)
    for spend in rows.select_related("credit").order_by("pk"):
        found[spend.order_token].append(
            CreditUse(
                credit_id=spend.credit_id,
                label=_as_data(spend.credit).label,
                amount=Money(spend.amount_minor, spend.credit.currency),
            )
        )
    return found


def code(*, credit_id: int) -> str:
    """Return the code of a gift card, for the mail to whoever gets it."""
    return code_of(Credit.objects.values_list("code_seed", flat=True).get(pk=credit_id))


def issued(*, credit_id: int) -> tuple[CreditData, str]:
    """Return a credit and the address that is told of it."""
    credit = Credit.objects.get(pk=credit_id)
    return _as_data(credit), credit.email


def credits(*, credit_ids: Sequence[int]) -> dict[int, CreditData]:
    """Return credits by id, whatever became of them."""
    return {row.pk: _as_data(row) for row in Credit.objects.filter(pk__in=credit_ids)}


def by_business_key(*, business_key: str) -> CreditData | None:
    """Return what was issued under a key."""
    credit = Credit.objects.filter(business_key=business_key).first()
    return _as_data(credit) if credit else None


def given_back(*, order_token: str) -> int:
    """Return how much of an order's money was given back as credit, in minor units."""
    rows = Credit.objects.filter(order_token=order_token, source=Credit.Source.REFUND)
    return sum(rows.values_list("issued_minor", flat=True))


def _usable() -> QuerySet[Credit]:
    return Credit.objects.filter(
        balance_minor__gt=0, expires_at__gt=Now(), voided_at=None, blocked_at=None
    )


def _as_data(credit: Credit) -> CreditData:
    return CreditData(
        id=credit.pk,
        kind=credit.kind,
        ending=credit.code_ending,
        issued=Money(credit.issued_minor, credit.currency),
        balance=Money(credit.balance_minor, credit.currency),
        expires_at=credit.expires_at,
        reason=credit.reason,
    )
