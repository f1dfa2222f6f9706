"""Refunds and disputes about the same money, whatever comes first: nobody pays or gets it twice."""

import itertools
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from commerce.invariants import queries as invariants
from commerce.ledger import queries as ledger
from commerce.orders.operations import Terms, cancel_units
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payments import operations as payments
from commerce.payments.models import Dispute, Refund
from commerce.payouts import disputes, operations
from tests.factories.payouts import Provider
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints
from tests.support.race import race_all

pytestmark = pytest.mark.django_db
FEE = 1500
TOTAL, EARNED = 6198, 5200
GOODS_TAX, SHIPPING_TAX = 437, 61


def hear() -> None:
    """Let payouts hear all that happened, the latest first: order must not matter."""
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("-pk"):
        deliver(delivery_id=delivery.pk)


def balance(code: str) -> int:
    return ledger.balance(code=code, currency="USD")


def broken() -> list[Any]:
    money = ("INV7", "INV12", "INV14", "INV15", "INV16")
    return [each for each in invariants.broken() if each.code in money]


class Case:
    """An order of two units whose payment can be refunded and disputed."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.seller = make_seller()
        provider.connect(self.seller)
        intent: Any = provider.client.v1.payment_intents.create(
            {
                "amount": TOTAL,
                "currency": "usd",
                "payment_method": "pm_card_visa",
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
        self.charge = str(intent.latest_charge)
        self.order = sell(Sold(seller=self.seller), charge=self.charge, payment_id=intent.id)
        assert (self.order.total.minor, self.order.seller_orders[0].earning.minor) == (
            TOTAL,
            EARNED,
        )
        operations.credit_order(order_id=self.order.id)
        self.dispute = ""

    def refund(self, units: int) -> None:
        [part] = self.order.seller_orders
        cancel_units(
            seller_order_id=part.id,
            units={part.lines[0].id: units},
            terms=Terms(kind="canceled", business_key=f"cancel:{units}"),
        )
        payments.send_refunds()

    def open(self) -> None:
        self.dispute = self.provider.double.open_dispute(self.charge)["id"]
        payments.look_at_dispute(provider_dispute=self.dispute)

    def decide(self, outcome: str) -> None:
        self.provider.double.close_dispute(self.dispute, outcome)
        payments.look_at_dispute(provider_dispute=self.dispute)

    @property
    def owed(self) -> int:
        return -balance(f"payable:{self.seller.pk}")


@pytest.fixture
def case(provider: Provider) -> Case:
    return Case(provider)


MOMENTS = ["before it", "while it is open", "after it"]


@pytest.mark.parametrize(
    ("moment", "units", "heard"), list(itertools.product(MOMENTS, [1, 2], [True, False]))
)
def test_with_a_lost_dispute_seller_and_shopper_have_each_cent_once(
    case: Case, moment: str, units: int, heard: bool
) -> None:
    steps = [case.open, lambda: case.decide("lost")]
    steps.insert(MOMENTS.index(moment), lambda: case.refund(units))
    for step in steps:
        step()
        if heard:
            hear()
    hear()

    refund = Refund.objects.get()
    at_once = moment == "before it"  # the provider had sent it before the bank asked for all
    assert refund.state == ("succeeded" if at_once else "settled")
    assert balance("refunds:owed") == balance("disputes") == balance("bank") == 0
    nothing_at_stake = units == 2 and not (heard and moment == "after it")
    assert case.owed == (0 if nothing_at_stake else -FEE)
    assert balance("commission") == 0
    assert balance("losses") == -balance("tax") + (refund.amount_minor if at_once else 0)
    assert balance("stripe") == -FEE - (refund.amount_minor if at_once else 0)
    check_deferred_constraints()
    assert broken() == []


@pytest.mark.parametrize(("moment", "heard"), list(itertools.product(MOMENTS, [True, False])))
def test_with_a_won_dispute_a_refund_is_all_that_is_given_back(
    case: Case, moment: str, heard: bool
) -> None:
    steps = [case.open, lambda: case.decide("won")]
    steps.insert(MOMENTS.index(moment), lambda: case.refund(1))
    for step in steps:
        step()
        if heard:
            hear()
    hear()
    for failed in Refund.objects.filter(state="failed"):
        payments.retry_refund(refund_id=failed.pk, reason="the dispute is won")
    payments.send_refunds()

    assert Refund.objects.get().state == "succeeded"
    assert balance("refunds:owed") == balance("disputes") == balance("losses") == 0
    assert case.owed == EARNED - 2250
    assert balance("commission") == -250
    assert broken() == []


def test_while_it_is_open_the_refunded_units_are_not_held_as_well(case: Case) -> None:
    case.open()
    hear()
    assert case.owed == 0
    case.refund(1)
    hear()
    assert case.owed == 0
    assert broken() == []


def partly_lost(case: Case, minor: int) -> Refund:
    """The bank took a part; what was asked back meanwhile needs some of it."""
    case.dispute = case.provider.double.open_dispute(case.charge, amount=minor)["id"]
    payments.look_at_dispute(provider_dispute=case.dispute)
    case.refund(2)
    case.decide("lost")
    hear()
    return Refund.objects.get()


def test_what_a_charge_does_not_hold_any_more_is_not_sent_again(case: Case) -> None:
    failed = partly_lost(case, 2000)
    assert failed.state == "failed"

    with pytest.raises(payments.ChargedBack):
        payments.retry_refund(refund_id=failed.pk, reason="again")
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.filter(pk=failed.pk).update(state="requested", provider_refund=None, round=1)


def test_of_a_refund_paid_another_way_the_bank_gave_its_part_already(case: Case) -> None:
    failed = partly_lost(case, 2000)

    payments.settle_otherwise(refund_id=failed.pk, reason="transfer 4711")

    failed.refresh_from_db()
    assert (failed.state, failed.covered_minor) == ("settled", 2000)
    assert balance("bank") == -(TOTAL - 2000)
    assert balance("refunds:owed") == balance("disputes") == balance("losses") == 0
    assert broken() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Refund.objects.filter(pk=failed.pk).update(covered_minor=1)


@pytest.mark.django_db(transaction=True)
def test_who_read_the_shares_before_a_refund_does_not_undo_what_came_of_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.open()
    case.decide("lost")
    hear()
    dispute_id = Dispute.objects.get().pk
    read, refunded = Event(), Event()
    shares_of = disputes.shares_of

    def slowly(*args: Any) -> Any:
        found = shares_of(*args)
        if not read.is_set():
            read.set()
            refunded.wait(timeout=2)
        return found

    monkeypatch.setattr(disputes, "shares_of", slowly)

    def refund_meanwhile() -> None:
        read.wait(timeout=10)
        case.refund(1)
        operations.share_dispute(dispute_id=dispute_id)
        refunded.set()

    assert race_all(
        [lambda: operations.share_dispute(dispute_id=dispute_id), refund_meanwhile]
    ) == [
        None,
        None,
    ]

    booked = {code: balance(code) for code in ("losses", "commission", "disputes")}
    operations.share_dispute(dispute_id=dispute_id)
    assert booked == {code: balance(code) for code in ("losses", "commission", "disputes")}
