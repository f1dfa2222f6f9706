"""Guards taken out, one at a time, in processes and databases that are thrown away afterwards.

Nothing here is reachable from the shop: a forked process of the drills is told to patch itself.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

REMOVALS: dict[str, Callable[[], None]] = {}
_right_time = time.time


class GuardMoved(AttributeError):
    """The guard is not where this control looks for it, so the control would prove nothing."""


def remove(names: Iterable[str]) -> None:
    """Take these guards out of this process. Called in forked processes only."""
    for name in names:
        REMOVALS[name]()


def find(holder: Any, name: str) -> Any:
    """Return what a control will call of the shop. Raises GuardMoved at once, not at the call."""
    found = getattr(holder, name, None)
    if found is None:
        raise GuardMoved(f"{holder!r} has no {name}")
    return found


def swap(holder: Any, name: str, new: Any) -> Any:
    """Put something else in a guard's place; returns the guard. Raises GuardMoved."""
    old = find(holder, name)
    if inspect.isfunction(old) and not _takes_the_same(old, new):
        raise GuardMoved(f"{holder!r}.{name} takes other arguments than what replaces it")
    setattr(holder, name, new)
    return old


def _takes_the_same(old: Callable[..., Any], new: Callable[..., Any]) -> bool:
    theirs, ours = inspect.signature(old).parameters, inspect.signature(new).parameters
    anything = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in ours.values())
    return anything or theirs.keys() == ours.keys()


def guard(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def register(removal: Callable[[], None]) -> Callable[[], None]:
        REMOVALS[name] = removal
        return removal

    return register


@guard("one key per attempt")
def fresh_keys() -> None:
    """Ask the provider under a new key each time, and open a page on every submit unasked."""
    from commerce.checkout import operations, paying
    from commerce.gateways.payments import get_payment_gateway
    from commerce.gateways.stripe import StripeGateway
    from commerce.orders import queries as orders
    from commerce.payments import queries as payments

    def ask_afresh(self: Any, method: str, path: str, *, what: str, **params: Any) -> Any:
        if "idempotency_key" in params:
            params["idempotency_key"] = uuid4().hex
        return ask(self, method, path, what=what, **params)

    def open_another(*, order_token: str) -> Any:
        order = orders.ref(token=order_token)
        attempts = payments.of_order(order_tokens=[order_token]).get(order_token, [])
        if order is None or not attempts:
            raise operations.NotPayable("canceled")
        lines = paying.lines_of_order(order_token=order_token)
        request = replace(
            request_of(order, attempts[-1], lines),
            expires_at=attempts[-1].created_at + timedelta(minutes=40),
        )
        session = get_payment_gateway().create_session(request)
        return to_pay(order_token, session.url)

    def placed_before(cart_id: int) -> Any:
        order = orders.of_cart(cart_id=cart_id)
        if order is None:
            raise operations.CartUnavailable
        return open_another(order_token=order.token)

    request_of, to_pay = find(paying, "_request"), find(operations, "_to_pay")
    ask = swap(StripeGateway, "_call", ask_afresh)
    swap(operations, "retry_payment", open_another)
    swap(operations, "_placed_before", placed_before)


@guard("automatic return")
def keep_orphans() -> None:
    """Money that no order can use stays where it is."""
    from commerce.checkout import settling

    swap(settling, "return_money", lambda payment, provider, *, reason: "canceled")


@guard("already confirmed")
def confirm_again() -> None:
    """Treat every order as unpaid, whatever was booked; its guards in the database are gone too."""
    from commerce.checkout import settling
    from commerce.gateways.payments import get_payment_gateway
    from commerce.ledger import operations as ledger
    from commerce.orders import operations as orders
    from commerce.orders.types import PartAmounts
    from commerce.payments import operations as payments
    from commerce.payments import queries as payment_queries
    from commerce.payments.models import Payment

    def lock_as_pending(*, token: str) -> Any:
        return replace(lock(token=token), state="pending")

    def capture_anyway(*, payment_id: int, provider: Any, **_: Any) -> bool:
        Payment.objects.filter(pk=payment_id).update(
            state="captured", captured_minor=provider.amount_minor,
            fee_minor=provider.fee_minor or 0, provider_payment=provider.payment_id,
            provider_charge=provider.charge_id,
        )  # fmt: skip
        return True

    def confirm_anyway(*, order_id: int, **values: Any) -> Any:
        parts = confirm(order_id=order_id, **values)
        return parts or parts_of(order_id)

    def parts_of(order_id: int) -> list[Any]:
        from commerce.orders.models import SellerOrder

        names = PartAmounts.__dataclass_fields__
        return [
            PartAmounts(**{name: getattr(part, name) for name in names if hasattr(part, name)})
            for part in SellerOrder.objects.filter(order_id=order_id)
        ]

    def post_again(*, business_key: str, **values: Any) -> bool:
        return post(business_key=business_key, **values) or post(
            business_key=f"{business_key}:{uuid4().hex[:8]}", **values
        )

    def settle_always(*, order_token: str) -> Any:
        attempts = payment_queries.of_order(order_tokens=[order_token])[order_token]
        paid = next((a for a in attempts if a.session_id), None)
        if paid is None:
            return settling.state_of(order_token)
        gateway = get_payment_gateway()
        return settling.apply(
            payment=paid, provider=gateway.retrieve_payment(session_id=paid.session_id)
        )

    def settle_session_always(*, session_id: str) -> str:
        provider = get_payment_gateway().retrieve_payment(session_id=session_id)
        paid = payment_queries.by_key(idempotency_key=provider.attempt_key)
        return settling.apply(payment=paid, provider=provider) if paid else "ignored"

    lock = swap(orders, "lock", lock_as_pending)
    confirm = swap(orders, "confirm", confirm_anyway)
    post = swap(ledger, "post", post_again)
    swap(payments, "capture", capture_anyway)
    _replace_everywhere("settle", settling.settle, settle_always)
    _replace_everywhere("settle_session", settling.settle_session, settle_session_always)


@guard("one transaction")
def split_finalise() -> None:
    """Confirm first and book afterwards, as two steps that each commit."""
    from django.db import transaction

    from commerce.checkout import settling
    from commerce.checkout.booking import capture_entries
    from commerce.inventory import operations as inventory
    from commerce.kernel.failpoints import failpoint
    from commerce.orders import operations as orders
    from commerce.payments import operations as payments

    def paid(payment: Any, provider: Any) -> Any:
        with transaction.atomic():
            order = orders.lock(token=payment.order_token)
            if order.state != "pending":
                return order.state
            payments.capture(payment_id=payment.id, provider=provider)
            parts = orders.confirm(order_id=order.id)
        failpoint("inside_finalise")
        entries = capture_entries(
            parts=parts, gross_minor=payment.amount.minor, fee_minor=provider.fee_minor or 0
        )
        with transaction.atomic():
            book(payment, provider, kind="capture", entries=entries, memo=order.number)
            inventory.claim(holder=order.token)
        return "confirmed"

    book = find(payments, "book_capture")
    swap(settling, "take_money", paid)


@guard("conditional update")
def read_then_write() -> None:
    """Look whether there is enough, think a moment, then take it."""
    from django.db.models.functions import Now

    from commerce.inventory import operations
    from commerce.inventory.models import Reservation, Stock

    def reserve(*, holder: str, quantities: Mapping[int, int], minutes: int = 15, **_: Any) -> None:
        rows = {}
        for variant, units in quantities.items():
            stock = Stock.objects.filter(variant_id=variant).order_by("pk")[0]
            if stock.on_hand - stock.reserved < units:
                raise operations.OutOfStock({variant: stock.on_hand - stock.reserved})
            rows[stock.pk] = units
        time.sleep(0.1)
        for stock_id, units in sorted(rows.items()):
            Reservation.objects.create(
                stock_id=stock_id, holder=holder, quantity=units,
                expires_at=Now() + timedelta(minutes=minutes),
            )  # fmt: skip

    swap(operations, "reserve", reserve)


@guard("lock order")
def lock_as_they_come() -> None:
    """Lock stock rows in the order of the cart, one after the other."""
    from commerce.inventory import operations
    from commerce.inventory.models import Stock

    def in_cart_order(*, holder: str, quantities: Mapping[int, int], **values: Any) -> Any:
        order = sorted(quantities, key=lambda variant: hash((holder, variant)))
        for variant in order:
            list(Stock.objects.select_for_update().filter(variant_id=variant))
            time.sleep(0.02)
        return reserve(holder=holder, quantities=quantities, **values)

    reserve = swap(operations, "reserve", in_cart_order)


@guard("closed cart")
def carts_stay_open() -> None:
    """A cart may be ordered again and again."""
    from commerce.cart import operations

    def never_closed(*, cart_id: int, **_: Any) -> None:
        return None

    swap(operations, "mark_ordered", never_closed)


@guard("outbox")
def tell_after_commit() -> None:
    """Tell the subscribers after the commit, without having written anything down."""
    from dataclasses import asdict

    from django.db import transaction

    from commerce.kernel.failpoints import failpoint
    from commerce.outbox import bus
    from commerce.outbox.facts import hand_over, subscribers_of

    def publish(fact: Any) -> None:
        def tell() -> None:
            failpoint("relay_before_send")
            for subscriber in subscribers_of(fact.name):
                with transaction.atomic():
                    hand_over(subscriber=subscriber, payload=asdict(fact))

        transaction.on_commit(tell)

    _replace_everywhere("publish", bus.publish, publish)


@guard("comparison")
def believe_everything() -> None:
    """Take any payment for the one that was asked for."""
    from commerce.payments import queries as payments

    swap(payments, "mismatch", lambda payment, provider, *, livemode: "")


@guard("fixed payout keys")
def pay_out_afresh() -> None:
    """Ask for transfers and payouts under a new key each time, and look for none."""
    from commerce.gateways.stripe import StripeGateway

    def payout(self: Any, *, idempotency_key: str, **values: Any) -> Any:
        return pay(self, idempotency_key=uuid4().hex, **values)

    def transfer(self: Any, *, idempotency_key: str, **values: Any) -> Any:
        return move(self, idempotency_key=uuid4().hex, **values)

    pay = swap(StripeGateway, "payout", payout)
    move = swap(StripeGateway, "transfer", transfer)
    swap(StripeGateway, "find_payout", lambda self, **_: None)
    swap(StripeGateway, "find_transfer", lambda self, **_: None)


@guard("money kept back")
def pay_disputed_money() -> None:
    """Pay sellers whatever their shoppers' banks say."""
    from commerce.payouts import disputes, gathering

    swap(gathering, "_disputed", lambda earnings: set())
    swap(disputes, "_hold", lambda dispute, part: None)


@guard("refund's own word")
def believe_in_refunds() -> None:
    """Whatever was asked for was paid back, though the provider says that it waits or failed."""
    import commerce.payments.found_refunds  # so that its name is replaced too
    import commerce.payments.operations  # noqa: F401
    from commerce.payments import refunding

    def always(*, refund_id: int, answer: Any) -> bool:
        return succeed(refund_id, reference=answer.id)

    succeed = find(refunding, "_succeed")
    _replace_everywhere("settle_refund", refunding.settle_refund, always)


@guard("fuse")
def wait_for_the_provider() -> None:
    """Ask a provider that does not answer again and again, and wait for it."""
    from commerce.gateways import stripe_calls

    swap(stripe_calls.breaker, "allows", lambda: True)
    swap(stripe_calls, "READ_SECONDS", 60)


@guard("agreed total")
def charge_what_it_costs_now() -> None:
    """Place at today's price, whatever the buyer saw."""
    from commerce.checkout import placing

    def silently(review: Any, agreement: Any) -> Any:
        total = review.quote.total if review.quote else agreement.expected_total
        return agreed(review, replace(agreement, expected_total=total))

    agreed = swap(placing, "_agreed", silently)


@guard("look at the present")
def believe_the_fact_at_hand() -> None:
    """Whoever hears that goods arrived takes it for granted that the sale was heard of before."""
    from commerce.payouts import crediting

    swap(crediting, "credit_order", lambda *, order_id: None)


@guard("bulk queue")
def one_queue_for_mail() -> None:
    """Mail that leaves in crowds stands in line with everybody's."""
    from commerce.notifications import operations

    swap(operations, "BULK", frozenset({"none"}))


@guard("limits without Redis")
def count_nothing_without_redis() -> None:
    """While Redis is away tries are as good as never counted."""
    from storefront import cache

    swap(cache, "COUNTED", ("nothing",))


@guard("bells")
def nobody_is_told() -> None:
    """What waits for a person waits in silence."""
    from cms.backoffice import alarms

    swap(alarms, "BELLS", [])


@guard("time limit of facts")
def wait_for_ever() -> None:
    """Whoever hangs over a fact may do so as long as any other task."""
    from storefront.celery import app

    for name in ("deliver", "deliver_all"):
        swap(app.tasks[f"commerce.outbox.tasks.{name}"], "time_limit", 3600)


@guard("clock that is not ahead")
def ten_minutes_ahead() -> None:
    """Not a guard: this process's clock is wrong, as one machine's may be."""
    _wrong_by(600)


@guard("clock that is not behind")
def ten_minutes_behind() -> None:
    """Not a guard: the other machine's is wrong the other way."""
    _wrong_by(-600)


def _wrong_by(seconds: int) -> None:
    from django.utils import timezone

    right, really = timezone.now, time.time
    _replace_everywhere("now", right, lambda: right() + timedelta(seconds=seconds))
    time.time = lambda: really() + seconds


@guard("database's clock")
def promotions_by_own_clock() -> None:
    """Ask this process's clock, not the database's, whether a promotion is on."""
    from commerce.kernel.sql import Planned
    from commerce.pricing import statements

    skew = f"(statement_timestamp() + interval '{round(time.time() - _right_time())} s')"
    facts = statements.FACTS
    if "statement_timestamp()" not in facts:
        raise GuardMoved("the facts of a quote do not ask the database for the time")
    statements.FACTS = Planned(facts.replace("statement_timestamp()", skew))


@guard("digestible facts")
def poison() -> None:
    """Not a guard: buyer 1's facts always fail, and buyer 2's kill whoever hands them over."""
    import os
    import signal

    from commerce.orders import queries as orders
    from commerce.outbox import facts, operations

    def hand_over(*, subscriber: str, payload: dict[str, Any]) -> None:
        order_id = payload.get("order_id")
        if order_id and subscriber.startswith("commerce.notifications"):
            order = orders.orders(order_ids=[order_id])[order_id]
            if order.email.startswith("b1@"):
                raise RuntimeError("poison")
            if order.email.startswith("b2@"):
                os.kill(os.getpid(), signal.SIGKILL)
        facts.hand_over(subscriber=subscriber, payload=payload)

    swap(operations, "hand_over", hand_over)


@guard("facts that do not hang")
def hang() -> None:
    """Not a guard: whoever hands over the facts of buyers 1 and 2 hangs. Time limits, with which
    each job is sent, pass as fast as the drills' schedule."""
    from commerce.orders import queries as orders
    from commerce.outbox import facts, operations
    from devtools.prove.processes import BEAT_RUNS_FASTER
    from storefront.celery import app

    for name in ("deliver", "deliver_all"):
        task = app.tasks[f"commerce.outbox.tasks.{name}"]
        swap(task, "time_limit", find(task, "time_limit") // BEAT_RUNS_FASTER)

    def hand_over(*, subscriber: str, payload: dict[str, Any]) -> None:
        order_id = payload.get("order_id")
        if order_id and subscriber.startswith("commerce.notifications"):
            order = orders.orders(order_ids=[order_id])[order_id]
            if order.email.startswith(("b1@", "b2@")):
                time.sleep(600)
        facts.hand_over(subscriber=subscriber, payload=payload)

    swap(operations, "hand_over", hand_over)


def _replace_everywhere(name: str, old: Any, new: Any) -> None:
    """Modules that imported a function by its name hold it themselves. Raises GuardMoved."""
    holders = [module for module in list(sys.modules.values()) if _holds(module, name, old)]
    if not holders:
        raise GuardMoved(f"nobody calls {old!r} by the name of {name}")
    for module in holders:
        setattr(module, name, new)


def _holds(module: Any, name: str, old: Any) -> bool:
    return getattr(module, name, None) is old


@guard("charged before it leaves")
def send_what_is_reserved() -> None:
    """A seller may send what nobody has paid for yet."""
    from commerce.orders import operations

    def careless(seller_order_id: int) -> Any:
        part = lock_part(seller_order_id)
        part.order.awaits_capture = False
        return part

    lock_part = swap(operations, "lock_part", careless)
