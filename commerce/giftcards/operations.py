"""Buying a gift card. Paying, settling, sending and giving back have files of their own."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Lower, Now

from commerce.gateways.payments import BANK_TRANSFER
from commerce.kernel import actor, clock
from commerce.kernel.failpoints import failpoint
from commerce.kernel.money import Money
from commerce.kernel.tokens import new_token
from commerce.payments import operations as payments
from commerce.payments.types import PaymentData, PayTerms

from .disputed import heed_dispute
from .elsewhere import heed_blocked, heed_found_refund
from .models import Purchase
from .paying import PAGE_LASTS, abandon, open_page, reopen
from .queries import as_data, offered
from .refunding import refund
from .refusals import (
    AmountRefused,
    DayRefused,
    GiftRefused,
    MessageClosed,
    NoSuchPurchase,
    NotPayable,
    NotRefundable,
    NotSendable,
    PaymentRefused,
    TooManyToday,
    TooMuchToday,
    WordsRefused,
)
from .reporting import report
from .reviewing import accept_reviewed, return_reviewed
from .sending import resend, send_due
from .settling import finalise, settle_attempt
from .types import PREFIX, Begun, Buyer, PurchaseData, Wish
from .wording import objection_to_message, objection_to_name, plain

__all__ = [
    "AmountRefused",
    "DayRefused",
    "GiftRefused",
    "MessageClosed",
    "NoSuchPurchase",
    "NotPayable",
    "NotRefundable",
    "NotSendable",
    "PaymentRefused",
    "TooManyToday",
    "TooMuchToday",
    "WordsRefused",
    "abandon",
    "accept_reviewed",
    "buy",
    "finalise",
    "heed_blocked",
    "heed_dispute",
    "heed_found_refund",
    "refund",
    "reopen",
    "report",
    "resend",
    "retry_payment",
    "return_reviewed",
    "send_due",
    "settle_attempt",
]

DAY = timedelta(days=1)
SILENT_AFTER_REPORT = timedelta(days=30)


def buy(*, wish: Wish, key: str, buyer: Buyer, back_url: str, cancel_url: str) -> Begun:
    """Write down what somebody wants to give, and open the payment page. Open to everybody.

    In the addresses, GIFT stands for the purchase's token. The same form sent twice
    leads to the same purchase and page, also when it is paid already; a form that was
    changed is another purchase. Raises WordsRefused, AmountRefused, DayRefused,
    TooMuchToday, TooManyToday, PaymentRefused and NotPayable.
    """
    _check(wish)
    with transaction.atomic():
        actor.tell_database(cause="asked for")
        _queue_up(wish, buyer)
        fingerprint = _fingerprint(key, wish)
        known = Purchase.objects.filter(fingerprint=fingerprint).exclude(state="canceled").first()
        if known is None:
            _check_limits(wish, buyer)
            purchase, payment = _write(wish, buyer, fingerprint, back_url, cancel_url)
    failpoint("gift_written")
    if known is not None:
        try:
            return retry_payment(token=known.token)
        except NotPayable:  # its page says why: a bank or a person is at work on it
            return Begun(token=known.token, payment_url=None)
    return Begun(token=purchase.token, payment_url=open_page(purchase=purchase, payment=payment))


def _check(wish: Wish) -> None:
    for field in ("recipient_name", "sender_name"):
        if objection := objection_to_name(getattr(wish, field)):
            raise WordsRefused(field, objection)
    if objection := objection_to_message(wish.message):
        raise WordsRefused("message", objection)
    choice = offered()
    amount = wish.amount
    if amount.currency != choice.currency or not choice.least <= amount <= choice.most:
        raise AmountRefused(least=choice.least, most=choice.most)
    if wish.deliver_on is not None and not choice.today <= wish.deliver_on <= choice.last_day:
        raise DayRefused


def _fingerprint(key: str, wish: Wish) -> str:
    return hashlib.sha256(f"{key} {wish!r}".encode()).hexdigest()


def _queue_up(wish: Wish, buyer: Buyer) -> None:
    """Let two purchases of one buyer be written one after the other, so that both are counted."""
    names = {f"gift:{wish.sender_email.lower()}"}
    names |= {f"gift:{buyer.principal}"} if buyer.principal else set()
    with connection.cursor() as cursor:
        for name in sorted(names):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _check_limits(wish: Wish, buyer: Buyer) -> None:
    """Refuse more money and people than one buyer, and one network, is sold within a day.

    Raises TooMuchToday, TooManyToday and MessageClosed.
    """
    person = Q(sender_email__iexact=wish.sender_email)
    if buyer.user_id is not None:
        person |= Q(user_id=buyer.user_id)
    limits = [(person, settings.GIFT_CARD_DAY_MOST, settings.GIFT_CARD_DAY_PEOPLE)]
    if buyer.principal.startswith("net:"):
        of_network = settings.GIFT_CARD_DAY_MOST_OF_NETWORK
        people = settings.GIFT_CARD_DAY_PEOPLE_OF_NETWORK
        limits.append((Q(principal=buyer.principal), of_network, people))
    recent = Purchase.objects.exclude(state="canceled").filter(created_at__gt=Now() - DAY)
    for who, most, people in limits:
        bought = recent.filter(who, currency=wish.amount.currency)
        if int(bought.aggregate(sum=Sum("amount_minor"))["sum"] or 0) + wish.amount.minor > most:
            raise TooMuchToday
        others = recent.filter(who).exclude(recipient_email__iexact=wish.recipient_email)
        given = others.aggregate(count=Count(Lower("recipient_email"), distinct=True))["count"]
        if given + 1 > people:
            raise TooManyToday(most=people)
    reported = Purchase.objects.filter(person, reported_at__gt=Now() - SILENT_AFTER_REPORT)
    if wish.message and reported.exists():
        raise MessageClosed


def _write(
    wish: Wish, buyer: Buyer, fingerprint: str, back_url: str, cancel_url: str
) -> tuple[PurchaseData, PaymentData]:
    row = Purchase.objects.create(
        token=new_token(),
        fingerprint=fingerprint,
        currency=wish.amount.currency,
        amount_minor=wish.amount.minor,
        user_id=buyer.user_id,
        principal=buyer.principal[:80],
        sender_name=plain(wish.sender_name, is_name=True),
        sender_email=wish.sender_email,
        recipient_name=plain(wish.recipient_name, is_name=True),
        recipient_email=wish.recipient_email,
        message=plain(wish.message),
        deliver_on=wish.deliver_on,
    )
    row.refresh_from_db()
    payment = payments.start(
        order_token=f"{PREFIX}{row.token}",
        amount=Money(row.amount_minor, row.currency),
        expires_at=clock.now() + PAGE_LASTS,
        success_url=back_url.replace("GIFT", row.token),
        cancel_url=cancel_url.replace("GIFT", row.token),
        terms=PayTerms(
            group=str(row),
            # A transfer needs an account of the shopper's at the provider.
            methods=tuple(each for each in settings.PAYMENT_METHODS if each != BANK_TRANSFER),
        ),
    )
    return as_data(row), payment


def retry_payment(*, token: str) -> Begun:
    """Lead to the payment page of a purchase that waits, and open it if there is none yet.

    Raises NoSuchPurchase, NotPayable and PaymentRefused.
    """
    state = finalise(token=token)
    if state != "pending":
        return Begun(token=token, payment_url=None)
    return Begun(token=token, payment_url=reopen(token=token))
