"""What a seller earned is gathered once and sent once, however many ask at the same instant."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from commerce.ledger import queries as ledger
from commerce.payouts import operations
from commerce.payouts.models import Earning, Payout
from tests.factories.payouts import Provider, earned
from tests.factories.sellers import make_seller
from tests.support.race import meeting, race, race_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seller():
    seller = make_seller(payable=True)
    for _ in range(3):
        earned(seller)
    return seller


def promised() -> int:
    return Payout.objects.aggregate(total=Sum("amount_minor"))["total"] or 0


def gather_without_a_guard(period: str, both_have_read: Callable[[], object]) -> None:
    """What a run would be without row locks, triggers and a name that is used once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        earnings = list(Earning.objects.filter(payout=None))
        both_have_read()
        payout = Payout.objects.create(
            seller_id=earnings[0].seller_id,
            period=period,
            currency="USD",
            amount_minor=sum(earning.amount_minor for earning in earnings),
        )
        Earning.objects.filter(pk__in=[earning.pk for earning in earnings]).update(payout=payout)


def test_the_harness_can_see_earnings_promised_twice(seller):
    """Control: with lock and triggers taken away, the same race must go wrong."""
    gather = partial(gather_without_a_guard, both_have_read=meeting(2))
    race_all([partial(gather, "a"), partial(gather, "b")])
    assert promised() == 2 * 15_600


def test_two_schedulers_make_one_payout(seller):
    results = race(lambda: operations.run(period="2026-11-20"), times=8)
    assert sorted(len(result) for result in results) == [0] * 7 + [1]
    assert promised() == 15_600


def test_a_run_by_hand_beside_the_schedule_promises_nothing_twice(seller):
    results = race_all([lambda: operations.run(period="2026-11-20"), operations.run_now] * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert promised() == 15_600
    assert Payout.objects.count() == 1


def test_eight_senders_send_once(double):
    provider, seller = Provider(double), make_seller()
    account_id = provider.connect(seller)
    for _ in range(3):
        earned(seller, provider=provider)
    (payout_id,) = operations.run_now()

    results = race(lambda: operations.send(payout_id=payout_id), times=8)
    assert not [result for result in results if isinstance(result, Exception)]
    assert len(provider.transfers()) == 3
    assert [payout.amount for payout in provider.payouts(account_id)] == [15_600]
    assert ledger.balance(code=f"payable:{seller.pk}", currency="USD") == 0
    assert Payout.objects.get().state == "sent"
