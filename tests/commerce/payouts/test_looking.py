"""Payouts and accounts are asked about, for notices that never come."""

from typing import Any

import pytest
from django.db.models.functions import Now

from commerce.notifications.models import Message
from commerce.payouts import looking, operations, queries
from commerce.payouts.models import Payout
from commerce.payouts.types import PayoutData
from commerce.sellers.models import Seller
from commerce.sellers.operations import add_member
from tests.commerce.notifications.test_mails import work_off
from tests.factories.accounts import make_user
from tests.factories.payouts import earned
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db
WEEK = 7 * 24 * 3600


@pytest.fixture
def seller(provider: Any) -> Seller:
    seller = make_seller()
    add_member(seller_id=seller.pk, user_id=make_user().pk, role="owner")
    provider.connect(seller)
    earned(seller, provider=provider)
    return seller


@pytest.fixture
def sent(provider: Any, seller: Seller) -> int:
    (payout_id,) = operations.run_now()
    assert operations.send(payout_id=payout_id) == "sent"
    return payout_id


def look(payout_id: int) -> PayoutData:
    """Let its turn come, and look."""
    Payout.objects.filter(pk=payout_id).update(due_at=Now())
    looking.look_at_payouts()
    return queries.payouts(payout_ids=[payout_id])[payout_id]


def test_an_arrival_that_no_notice_told_of_is_found(provider: Any, sent: int) -> None:
    assert looking.look_at_payouts() == 0  # not so soon
    provider.double.advance(WEEK)

    assert look(sent).arrived_at is not None


def test_money_that_came_back_unnoticed_is_found(provider: Any, seller: Seller, sent: int) -> None:
    (payout,) = provider.payouts(seller.stripe_account_id)
    provider.double.fail_payout(payout.id)

    assert look(sent).state == "failed"

    operations.retry(payout_id=sent)
    assert operations.send(payout_id=sent) == "sent"
    assert len(provider.transfers()) == 1


def test_a_payout_that_arrived_is_looked_at_for_another_week(
    provider: Any, seller: Seller, sent: int
) -> None:
    provider.double.advance(WEEK)
    assert look(sent).arrived_at is not None
    (payout,) = provider.payouts(seller.stripe_account_id)
    provider.double.fail_payout(payout.id)

    assert look(sent).state == "failed"


def test_each_is_asked_about_once_a_day(
    provider: Any, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(sent)
    monkeypatch.setattr(looking, "get_payment_gateway", lambda: pytest.fail("asked again"))

    looking.look_at_payouts()


def test_a_provider_that_is_away_costs_no_payout(provider: Any, sent: int) -> None:
    provider.double.outage("503")

    assert look(sent).state == "sent"


def test_another_bank_that_no_notice_told_of_pauses_payouts(provider: Any, seller: Seller) -> None:
    account = provider.client.v1.accounts.retrieve(seller.stripe_account_id).to_dict()
    known = account["external_accounts"]
    other = known["data"][0] | {"id": "ba_other", "fingerprint": "another"}
    provider.double.change_object(
        seller.stripe_account_id, external_accounts=known | {"data": [other]}
    )
    turn = seller.pk % looking.HOURS

    assert looking.look_at_accounts(hour=(turn + 1) % looking.HOURS) == 0
    assert looking.look_at_accounts(hour=turn) == 1

    seller.refresh_from_db()
    assert seller.payouts_paused_until is not None
    work_off()
    assert Message.objects.filter(kind="bank_changed").exists()


def test_suspended_sellers_are_not_asked_about(provider: Any, seller: Seller) -> None:
    Seller.objects.update(state="suspended")

    assert looking.look_at_accounts(hour=seller.pk % looking.HOURS) == 0
