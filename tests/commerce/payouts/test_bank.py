"""Another bank: payouts pause, and everybody who could object is told."""

from typing import Any

import pytest

from commerce.notifications.models import Message
from commerce.outbox.models import Delivery
from commerce.outbox.operations import deliver
from commerce.payouts import operations, queries
from commerce.sellers.operations import add_member, lift_payout_pause
from tests.factories.accounts import make_user
from tests.factories.payouts import earned
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


def change_bank(provider: Any, seller: Any) -> None:
    account = provider.client.v1.accounts.retrieve(seller.stripe_account_id).to_dict()
    known = account["external_accounts"]
    other = known["data"][0] | {"id": "ba_other", "fingerprint": "another"}
    provider.double.change_object(
        seller.stripe_account_id, external_accounts=known | {"data": [other]}
    )
    operations.refresh_account(account_id=seller.stripe_account_id)
    seller.refresh_from_db()


@pytest.fixture
def seller(provider):
    seller = make_seller(email="office@shop.example")
    add_member(seller_id=seller.pk, user_id=make_user().pk, role="owner")
    provider.connect(seller)
    earned(seller, provider=provider)
    return seller


def test_the_first_bank_pauses_nothing(seller):
    seller.refresh_from_db()
    assert seller.payouts_paused_until is None
    assert len(operations.run_now()) == 1


def test_another_bank_pauses_payouts_until_staff_let_them_go_on(provider, seller):
    change_bank(provider, seller)
    assert operations.run_now() == []
    hold = queries.summary(seller_id=seller.pk, currency="USD").hold
    assert "bank details changed" in hold
    lift_payout_pause(seller_id=seller.pk)
    assert len(operations.run_now()) == 1


def test_a_payout_on_its_way_waits_as_well(provider, seller):
    (payout_id,) = operations.run_now()
    change_bank(provider, seller)
    assert operations.send(payout_id=payout_id) == "failed"
    assert provider.transfers() == []


def test_the_shops_own_address_and_its_owners_are_told_once(provider, seller):
    change_bank(provider, seller)
    operations.refresh_account(account_id=seller.stripe_account_id)
    for delivery in Delivery.objects.filter(
        subscriber__startswith="commerce.notifications", delivered_at=None
    ):
        deliver(delivery_id=delivery.pk)
    told = Message.objects.filter(kind="bank_changed").values_list("recipient", flat=True)
    assert "office@shop.example" in told
    assert len(told) == 2
