"""Sellers' share of disputed payments: before and after payout, won and lost."""

import pytest

from commerce.invariants import queries as invariants
from commerce.ledger import queries as ledger
from commerce.orders.operations import Terms, cancel_units
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payments.models import Payment
from commerce.payments.operations import look_at_dispute
from commerce.payouts import operations, queries
from commerce.payouts.models import Deduction, Payout
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db
FEE = 1500


def hear():
    """Let payouts hear all that happened, the latest first: order must not matter."""
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.payouts", delivered_at=None
    ).order_by("-pk"):
        deliver(delivery_id=delivery.pk)


class Disputed:
    """Two sellers' order, and the shopper's bank that takes the money back."""

    def __init__(self, provider):
        self.provider = provider
        self.first, self.second = make_seller(), make_seller()
        for seller in (self.first, self.second):
            provider.connect(seller)
        total = 2 * 6198
        self.charge = provider.charge(total)
        self.order = earned(self.first, self.second, provider=_Fixed(self.charge))
        assert self.order.total.minor == total
        self.payment = Payment.objects.get(provider_charge=self.charge)

    def open(self, **values):
        self.dispute = self.provider.double.open_dispute(self.charge, **values)["id"]
        look_at_dispute(provider_dispute=self.dispute)

    def close(self, outcome):
        self.provider.double.close_dispute(self.dispute, outcome)
        look_at_dispute(provider_dispute=self.dispute)

    def owed(self, seller):
        return -ledger.balance(code=f"payable:{seller.pk}", currency="USD")


class _Fixed:
    def __init__(self, charge):
        self._charge = charge

    def charge(self, amount_minor):
        return self._charge


@pytest.fixture
def case(provider):
    return Disputed(provider)


def test_disputed_money_is_not_paid_out_even_before_the_news_came(case):
    case.open()
    assert operations.run_now() == []
    hear()
    assert operations.run_now() == []
    assert case.owed(case.first) == case.owed(case.second) == 0
    assert queries.summary(seller_id=case.first.pk, currency="USD").available.minor == 0


def test_a_lost_dispute_takes_the_earning_and_its_fee_and_the_marketplace_its_commission(case):
    case.open()
    case.close("lost")
    hear()
    hear()
    assert case.owed(case.first) + case.owed(case.second) == -FEE
    assert ledger.balance(code="disputes", currency="USD") == 0
    assert ledger.balance(code="commission", currency="USD") == 0
    assert ledger.balance(code="fees", currency="USD") == -FEE
    assert ledger.balance(code="losses", currency="USD") == case.order.tax.minor
    check_deferred_constraints()
    assert not [each for each in invariants.broken() if each.code in ("INV15", "INV16", "INV12")]


def test_a_won_dispute_gives_all_of_it_back(case):
    case.open()
    hear()
    case.close("won")
    hear()
    assert case.owed(case.first) == case.owed(case.second) == 5200
    assert ledger.balance(code="disputes", currency="USD") == 0
    assert len(operations.run_now()) == 2
    assert set(Payout.objects.values_list("amount_minor", flat=True)) == {5200}


def test_lost_after_the_payout_the_seller_goes_negative_and_recovers(case):
    for payout_id in operations.run_now():
        assert operations.send(payout_id=payout_id) == "sent"
    case.open()
    case.close("lost")
    hear()
    debt = 5200 + FEE // 2
    assert case.owed(case.first) == -debt
    for _ in range(2):
        earned(case.first, provider=case.provider)
    (payout_id,) = operations.run_now()
    assert operations.send(payout_id=payout_id) == "sent"
    assert queries.payouts(payout_ids=[payout_id])[payout_id].amount.minor == 2 * 5200 - debt
    assert case.owed(case.first) == 0
    assert not Deduction.objects.filter(seller=case.first, open_minor__gt=0).exists()


def test_half_a_dispute_holds_half_an_earning(case):
    case.open(amount=case.order.total.minor // 2)
    hear()
    held = Deduction.objects.filter(kind="dispute").values_list("amount_minor", flat=True)
    assert list(held) == [2600, 2600]


def booked(*codes):
    return {code: ledger.balance(code=code, currency="USD") for code in codes}


def test_a_lost_dispute_gives_the_marketplace_its_promotion_back(provider):
    seller = make_seller()
    charge = provider.charge(6198 - 4000)
    earned(seller, provider=_Fixed(charge), promoted_minor=4000)
    provider.double.close_dispute(provider.double.open_dispute(charge)["id"], "lost")
    for dispute in provider.client.v1.disputes.list().data:
        look_at_dispute(provider_dispute=dispute.id)
    hear()
    assert booked("disputes", "commission", "promotions") == {
        "disputes": 0,
        "commission": 0,
        "promotions": 0,
    }
    assert ledger.balance(code="losses", currency="USD") == 498  # the tax stays due


def test_a_lost_dispute_about_a_canceled_order_is_the_marketplaces_loss(provider):
    seller = make_seller()
    charge = provider.charge(6198)
    order = sell(Sold(seller=seller), charge=charge)
    [part] = order.seller_orders
    cancel_units(
        seller_order_id=part.id,
        units={line.id: line.quantity for line in part.lines},
        terms=Terms(kind="canceled", business_key="all"),
    )
    dispute = provider.double.open_dispute(charge)["id"]
    provider.double.close_dispute(dispute, "lost")
    look_at_dispute(provider_dispute=dispute)
    hear()
    assert booked("disputes", "losses") == {"disputes": 0, "losses": 6198}
