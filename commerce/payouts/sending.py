"""Sending: each step is asked for by a fixed key, then recorded; a halt anywhere is picked up."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from commerce.gateways.payments import (
    GatewayRefused,
    GatewayUnavailable,
    PaymentGateway,
    PayoutData,
    TransferData,
    get_payment_gateway,
)
from commerce.kernel import actor, clock
from commerce.kernel.failpoints import failpoint
from commerce.kernel.retrying import pause
from commerce.ledger import operations as ledger
from commerce.orders import queries as orders
from commerce.orders.types import SellerOrderData
from commerce.outbox.bus import publish
from commerce.payments import queries as payments
from commerce.sellers import queries as sellers

from .events import PayoutFailed, PayoutSent
from .models import Earning, Payout

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
BACKOFF = [timedelta(minutes=m) for m in (1, 5, 30, 120)]
AFTER_REFUSAL = timedelta(days=1)
FIRST_LOOK = timedelta(hours=6)
"""How long after it was sent a payout is looked at first, in case no notice tells of it."""
# A call that was never answered has ended by then, one way or the other; what it did can
# be looked up. Its key may be stuck on a stored failure, so the next call takes another.
SETTLED_AFTER = timedelta(minutes=10)
# The same key with other parameters: what it did the first time has to be looked up.
PASSING = {"balance_insufficient"}
_KEY_IN_USE = {"idempotency_error", "IdempotencyError", "idempotency_key_in_use"}


class WrongAmount(Exception):
    """The provider moved another amount than it was asked to."""


def send(*, payout_id: int) -> str:
    """Transfer a payout's earnings, then pay them out; returns the state it is left in.

    Calls the provider, so it refuses to run inside a transaction. Every call
    carries a key made of our own ids, and its result is recorded before the
    next: interrupted anywhere and started again, each is sent once. Failures
    are kept on the payout and tried again later; they are not raised.
    """
    payout = _claim(payout_id)
    if payout is None:
        return str(Payout.objects.values_list("state", flat=True).get(pk=payout_id))
    try:
        gateway = get_payment_gateway()
        account_id = _account_of(payout.seller_id)
        _look_for_bank(gateway, payout, account_id)
        _transfer_all(gateway, payout, account_id)
        made = _pay_out(gateway, payout, account_id)
        failpoint("payout_after_provider")
        return _record_sent(payout.pk, made.id)
    except GatewayUnavailable as error:
        return _try_later(payout, f"The provider did not answer: {error}")
    except GatewayRefused as refusal:
        if refusal.code in _KEY_IN_USE:
            return _try_later(payout, f"An earlier call is not settled: {refusal}")
        return _fail(payout, str(refusal), lasting=refusal.code not in PASSING)
    except WrongAmount as error:
        log.error("payout.needs_a_person", payout_id=payout_id, error=str(error))
        return _fail(payout, str(error), lasting=True)


@transaction.atomic
def _claim(payout_id: int) -> Payout | None:
    """Take a payout that is due, for a while: a sender that dies loses it by itself."""
    payout = (
        Payout.objects.select_for_update(skip_locked=True)
        .filter(pk=payout_id, due_at__lte=Now())
        .exclude(state=Payout.State.SENT)
        .first()
    )
    if payout is None:
        return None
    actor.tell_database(cause="payout is sent")
    Payout.objects.filter(pk=payout_id).update(
        state=Payout.State.SENDING, attempts=F("attempts") + 1, due_at=Now() + LEASE
    )
    return payout


def _account_of(seller_id: int) -> str:
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    if not seller.payouts_enabled or not seller.stripe_account_id:
        raise GatewayRefused(
            "payouts_disabled", "The seller’s account cannot receive money at the moment."
        )
    if seller.payouts_paused_until and seller.payouts_paused_until > clock.now():
        raise GatewayRefused("payouts_paused", "The seller’s bank details changed a while ago.")
    return seller.stripe_account_id


def _look_for_bank(gateway: PaymentGateway, payout: Payout, account_id: str) -> None:
    """Send nothing to an account that would get it converted, at a rate nobody agreed to."""
    if payout.currency == settings.BASE_CURRENCY:
        return
    known = gateway.retrieve_account(account_id=account_id).currencies
    if payout.currency not in known:
        raise GatewayRefused(
            "no_bank_account",
            f"The seller’s account at the provider has no bank account in {payout.currency}.",
        )


def _transfer_all(gateway: PaymentGateway, payout: Payout, account_id: str) -> None:
    """Transfer each earning; one that is refused does not hold up the others.

    Raises the refusal when none could be transferred: then it is the account's.
    """
    still_open = list(Earning.objects.filter(payout=payout, provider_transfer=None).order_by("pk"))
    parts = orders.seller_orders_by_id(
        seller_order_ids=[e.seller_order_id for e in still_open if e.seller_order_id]
    )
    refused: dict[int, GatewayRefused] = {}
    for earning in still_open:
        part = parts.get(earning.seller_order_id or 0)
        try:
            made = _transfer(gateway, earning, account_id, part)
        except GatewayRefused as refusal:
            if refusal.code in _KEY_IN_USE or refusal.code in PASSING:
                raise
            refused[earning.pk] = refusal
            continue
        failpoint("transfer_after_provider")
        if made.amount_minor != earning.net_minor:
            raise WrongAmount(f"{made.id} is {made.amount_minor}, not {earning.net_minor}")
        about = f", order {part.number}" if part else ""
        _record_transfer(earning, made.id, memo=f"Payout {payout.period}{about}")
    if refused:
        _leave_behind(payout, refused)


@transaction.atomic
def _leave_behind(payout: Payout, refused: dict[int, GatewayRefused]) -> None:
    """Let refused earnings leave the payout, to be gathered again after a while."""
    locked = Payout.objects.select_for_update().get(pk=payout.pk)
    staying = locked.amount_minor
    for earning in Earning.objects.filter(pk__in=refused, payout=payout, provider_transfer=None):
        log.error("payout.transfer_refused", earning_id=earning.pk, code=refused[earning.pk].code)
        staying -= earning.net_minor
    if not staying:
        raise next(iter(refused.values()))
    for pk, refusal in refused.items():
        Earning.objects.filter(pk=pk, provider_transfer=None).update(
            payout=None, retry_at=Now() + AFTER_REFUSAL, refused_because=str(refusal)[:300]
        )
    Payout.objects.filter(pk=payout.pk).update(amount_minor=staying)
    payout.amount_minor = staying


def _transfer(
    gateway: PaymentGateway, earning: Earning, account_id: str, part: SellerOrderData | None
) -> TransferData:
    groups = _groups(earning, part)
    for group in groups if earning.asked_at is not None else ():
        found = gateway.find_transfer(idempotency_key=_key("transfer", earning), group=group)
        if found is not None:
            return found
    _note_asking(earning)
    try:
        return gateway.transfer(
            idempotency_key=_key("transfer", earning),
            account_id=account_id,
            amount_minor=earning.net_minor,
            currency=earning.currency,
            charge_id=earning.charge,
            group=groups[0],
        )
    except GatewayRefused as refusal:
        _note_refusal(earning, refusal)
        raise


def _groups(earning: Earning, part: SellerOrderData | None) -> list[str]:
    """Return what an earning's transfer is grouped by at the provider, and may have been before.

    It is the order's number. The token, which opens the order, was used once; money
    that came under it goes on under it.
    """
    if part is None:
        return [f"seller:{earning.seller_id}"]
    paid = payments.by_charge(charge_id=earning.charge) if earning.charge else None
    groups = [part.order_number, part.order_token]
    return groups if paid is None or paid.terms.group else groups[::-1]


def _pay_out(gateway: PaymentGateway, payout: Payout, account_id: str) -> PayoutData:
    made = None
    if payout.asked_at is not None:
        made = gateway.find_payout(
            idempotency_key=_key("payout", payout), account_id=account_id, since=payout.asked_at
        )
    if made is None:
        _note_asking(payout)
        try:
            made = gateway.payout(
                idempotency_key=_key("payout", payout),
                account_id=account_id,
                amount_minor=payout.amount_minor,
                currency=payout.currency,
            )
        except GatewayRefused as refusal:
            _note_refusal(payout, refusal)
            raise
    if made.amount_minor != payout.amount_minor:
        raise WrongAmount(f"{made.id} is {made.amount_minor}, not {payout.amount_minor}")
    return made


def _key(what: str, row: Earning | Payout) -> str:
    return f"{what}:{row.pk}" if not row.refusals else f"{what}:{row.pk}:{row.refusals}"


def _note_asking(row: Earning | Payout) -> None:
    """Remember when the provider was first asked by this key; a settled key is given up."""
    if row.asked_at is not None and row.asked_at < clock.now() - SETTLED_AFTER:
        _next_key(row)
    type(row)._default_manager.filter(pk=row.pk).update(asked_at=Coalesce(F("asked_at"), Now()))


def _note_refusal(row: Earning | Payout, refusal: GatewayRefused) -> None:
    """A no did nothing, and would be repeated for the same key: the next call takes another."""
    if refusal.code not in _KEY_IN_USE:
        _next_key(row)


def _next_key(row: Earning | Payout) -> None:
    row.refusals += 1
    row.asked_at = None
    row.save(update_fields=["refusals", "asked_at"])


@transaction.atomic
def _record_transfer(earning: Earning, transfer_id: str, *, memo: str) -> None:
    changed = Earning.objects.filter(pk=earning.pk, provider_transfer=None).update(
        provider_transfer=transfer_id
    )
    if changed:
        ledger.post(
            business_key=f"transfer:{earning.pk}",
            kind="transfer",
            entries={
                f"payable:{earning.seller_id}": earning.net_minor,
                "stripe": -earning.net_minor,
            },
            currency=earning.currency,
            memo=memo,
        )


@transaction.atomic
def _record_sent(payout_id: int, provider_payout: str) -> str:
    actor.tell_database(cause="payout was sent")
    changed = Payout.objects.filter(pk=payout_id, state=Payout.State.SENDING).update(
        state=Payout.State.SENT,
        provider_payout=provider_payout,
        sent_at=Now(),
        due_at=Now() + FIRST_LOOK,
        last_error="",
    )
    if changed:
        publish(PayoutSent(payout_id=payout_id))
    return Payout.State.SENT


def _try_later(payout: Payout, reason: str) -> str:
    wait = pause(BACKOFF, attempts=payout.attempts)
    Payout.objects.filter(pk=payout.pk, state=Payout.State.SENDING).update(
        due_at=Now() + wait, last_error=reason[:2000]
    )
    return Payout.State.SENDING


@transaction.atomic
def _fail(payout: Payout, reason: str, *, lasting: bool) -> str:
    """Keep the reason. What passes by itself, such as money still clearing, is no failure."""
    if not lasting:
        return _try_later(payout, reason)
    actor.tell_database(cause="payout was refused")
    changed = Payout.objects.filter(pk=payout.pk, state=Payout.State.SENDING).update(
        state=Payout.State.FAILED, due_at=Now() + AFTER_REFUSAL, last_error=reason[:2000]
    )
    if changed:
        publish(PayoutFailed(payout_id=payout.pk))
    return Payout.State.FAILED
