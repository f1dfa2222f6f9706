import pytest
from django.db.models.functions import Now

from commerce.payouts import operations, periods, tasks
from commerce.payouts.models import Payout
from tests.factories.payouts import earned
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller(provider):
    seller = make_seller()
    provider.connect(seller)
    return seller


def test_the_schedule_gathers_and_sends_once_a_period(provider, seller):
    earned(seller, provider=provider)
    tasks.run_schedule()
    earned(seller, provider=provider)
    tasks.run_schedule()
    assert [payout.amount for payout in provider.payouts(seller.stripe_account_id)] == [5200]
    assert Payout.objects.get().period == periods.current("daily")


def test_the_sweep_sends_what_was_started_by_hand_and_what_was_interrupted(provider, seller):
    earned(seller, provider=provider)
    operations.run_now()
    provider.double.fault("500_before", method="POST", path="/v1/payouts", times=3)
    tasks.send_due()
    assert Payout.objects.get().state == "sending"
    Payout.objects.update(due_at=Now())
    tasks.send_due()
    assert Payout.objects.get().state == "sent"
    assert len(provider.transfers()) == 1
