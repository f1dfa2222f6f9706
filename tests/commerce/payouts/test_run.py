import pytest
from django.db import Error, transaction
from django.db.models import F
from django.db.models.functions import Now

from commerce.payouts import operations, periods, queries
from commerce.payouts.models import Earning, Payout, PayoutMove
from commerce.sellers.operations import suspend
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def test_a_run_gathers_what_is_available_into_one_payout_per_seller():
    first, second = make_seller(payable=True), make_seller(payable=True)
    earned(first, second)
    earned(first)
    sell(Sold(seller=second))  # not delivered

    made = operations.run(period="2026-11-20")
    found = queries.payouts(payout_ids=made)
    assert {(data.seller_id, data.amount.minor, data.orders) for data in found.values()} == {
        (first.pk, 10_400, 2),
        (second.pk, 5_200, 1),
    }
    check_deferred_constraints()


def test_a_period_is_paid_once():
    seller = make_seller(payable=True)
    earned(seller)
    (payout_id,) = operations.run(period="2026-11-20")
    earned(seller)
    assert operations.run(period="2026-11-20") == []
    (second,) = operations.run(period="2026-11-21")
    assert second != payout_id


def test_by_hand_a_seller_is_paid_beside_the_schedule():
    seller, other = make_seller(payable=True), make_seller(payable=True)
    earned(seller, other)
    (first,) = operations.run_now(seller_ids=[seller.pk])
    earned(seller)
    (second,) = operations.run_now(seller_ids=[seller.pk])
    assert queries.payouts(payout_ids=[first])[first].period == f"{periods.today()} extra 1"
    assert queries.payouts(payout_ids=[second])[second].period == f"{periods.today()} extra 2"


def test_a_seller_who_cannot_be_paid_keeps_the_earnings():
    unconnected, suspended = make_seller(), make_seller(payable=True)
    disabled = make_seller(payable=True, payouts_enabled=False)
    earned(unconnected, suspended, disabled)
    suspend(seller_id=suspended.pk, reason="Complaints.")

    assert operations.run(period="2026-11-20") == []
    holds = [
        queries.summary(seller_id=each.pk, currency="USD")
        for each in (unconnected, suspended, disabled)
    ]
    assert [hold.available.minor for hold in holds] == [5200, 5200, 5200]
    assert [hold.hold for hold in holds] == [
        "Connect a bank account to be paid.",
        "The shop is suspended. Earnings are kept until it is reinstated.",
        "The payment provider needs more details before it can pay you.",
    ]


def test_nobody_is_promised_more_than_the_ledger_owes():
    seller = make_seller(payable=True)
    part = sell(Sold(seller=seller)).seller_orders[0]
    earned(seller)
    # An earning without its capture in the ledger, as a bug or a hand could make it.
    Earning.objects.create(
        seller=seller, seller_order_id=part.id, currency="USD", amount_minor=5201,
        charge="ch_unbooked", available_at=Now(),
    )  # fmt: skip
    assert operations.run(period="2026-11-20") == []


def test_an_earning_of_nothing_is_not_sent():
    seller = make_seller(payable=True)
    earned(seller, commission_bps=10_000, shipping_minor=0)
    assert operations.run(period="2026-11-20") == []


@transaction.atomic
def pay_out_more_than_was_earned(seller):
    payout = Payout.objects.create(seller=seller, period="x", currency="USD", amount_minor=5201)
    Earning.objects.update(payout=payout)
    check_deferred_constraints()


def test_the_database_refuses_a_payout_that_is_not_its_earnings():
    seller = make_seller(payable=True)
    earned(seller)
    with pytest.raises(Error, match="but its earnings are 5200"):
        pay_out_more_than_was_earned(seller)


def test_the_database_refuses_to_pay_early_or_to_another_seller():
    seller, other = make_seller(payable=True), make_seller(payable=True)
    earned(other)
    (waiting,) = sell(Sold(seller=seller)).seller_orders
    operations.credit_order(order_id=waiting.order_id)
    (theirs,) = operations.run(period="2026-11-20")
    with pytest.raises(Error, match="is not available yet"), transaction.atomic():
        Earning.objects.filter(seller=seller).update(payout_id=theirs)
    Earning.objects.filter(seller=seller).update(available_at=Now())
    with pytest.raises(Error, match="is not open for this earning"), transaction.atomic():
        Earning.objects.filter(seller=seller).update(payout_id=theirs)


def test_the_database_never_moves_an_earning_to_another_payout():
    seller = make_seller(payable=True)
    earned(seller)
    operations.run(period="2026-11-20")
    earned(seller)
    (second,) = operations.run(period="2026-11-21")
    for change in ({"payout_id": second}, {"payout_id": None}):
        with pytest.raises(Error, match="belongs to payout"), transaction.atomic():
            Earning.objects.exclude(payout_id=second).update(**change)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"amount_minor": F("amount_minor") + 1}, "is fixed"),
        ({"amount_minor": F("amount_minor") - 1}, "is fixed"),
        ({"period": "other"}, "is fixed"),
        ({"state": "sent", "provider_payout": "po_1", "sent_at": Now()}, "from created to sent"),
        ({"state": "failed"}, "from created to failed"),
    ],
)
def test_the_database_keeps_a_payout_on_its_way(changes, problem):
    seller = make_seller(payable=True)
    earned(seller)
    operations.run(period="2026-11-20")
    with pytest.raises(Error, match=problem), transaction.atomic():
        Payout.objects.update(**changes)


def test_the_database_refuses_sent_without_its_transfers():
    seller = make_seller(payable=True)
    earned(seller)
    operations.run(period="2026-11-20")
    Payout.objects.update(state="sending")
    with pytest.raises(Error, match="were not transferred"), transaction.atomic():
        Payout.objects.update(state="sent", provider_payout="po_1", sent_at=Now())


def test_every_move_of_a_payout_is_kept():
    seller = make_seller(payable=True)
    earned(seller)
    operations.run(period="2026-11-20")
    Payout.objects.update(state="sending")
    assert list(PayoutMove.objects.order_by("pk").values_list("from_state", "to_state")) == [
        ("", "created"),
        ("created", "sending"),
    ]
    with pytest.raises(Error, match="append-only"), transaction.atomic():
        PayoutMove.objects.update(to_state="sent")
    with pytest.raises(Error, match="stays on record"), transaction.atomic():
        Payout.objects.all()._raw_delete("default")


def test_weeks_have_their_own_name():
    assert periods.current("daily") == periods.today().isoformat()
    assert periods.current("monthly") == f"{periods.today():%Y-%m}"
    year, week, _ = periods.today().isocalendar()
    assert periods.current("weekly") == f"{year}-W{week:02d}"


def test_a_page_of_payouts_reads_no_others():
    seller = make_seller(payable=True)
    earned(seller)
    operations.run_now()
    with counted() as statements:
        queries.payouts_of(seller_id=seller.pk, limit=5, offset=5)
        queries.summary(seller_id=seller.pk, currency="USD")
    lists = [statement for statement in statements if "ORDER BY" in statement]
    assert len(lists) == 2
    assert all("LIMIT" in statement for statement in lists)
