from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.db.models.functions import Now

from commerce.gateways.payments import InTransaction, ProviderEventData
from commerce.ledger import queries as ledger
from commerce.outbox.models import Event
from commerce.payments.models import Payment
from commerce.payouts import operations, queries, sending
from commerce.payouts.models import Earning, Payout
from commerce.payouts.subscribers import look_at_account, look_at_payout
from commerce.sellers import queries as sellers
from tests.factories.payouts import earned
from tests.factories.sellers import make_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller(provider):
    seller = make_seller()
    provider.connect(seller)
    return seller


def run(seller, provider, *, orders=1):
    for _ in range(orders):
        earned(seller, provider=provider)
    (payout_id,) = operations.run_now(seller_ids=[seller.pk])
    return payout_id


def due(payout_id, *, after=timedelta(0)):
    """Let time pass until the payout may be tried again."""
    Payout.objects.filter(pk=payout_id).update(due_at=Now())
    if after:
        Earning.objects.filter(asked_at__isnull=False).update(asked_at=Now() - after)
        Payout.objects.filter(asked_at__isnull=False).update(asked_at=Now() - after)


def sent_once(provider, seller, *, transfers):
    """Everything left exactly once, and the ledger owes nothing more."""
    assert len(provider.transfers()) == transfers
    (payout,) = provider.payouts(seller.stripe_account_id)
    assert payout.amount == 5200 * transfers
    assert ledger.balance(code=f"payable:{seller.pk}", currency="USD") == 0
    assert Event.objects.filter(name="payouts.payout-sent.v1").count() == 1
    return True


def test_each_order_is_transferred_from_its_charge_and_the_sum_is_paid_out(provider, seller):
    payout_id = run(seller, provider, orders=2)
    assert operations.send(payout_id=payout_id) == "sent"

    charges = {transfer.source_transaction for transfer in provider.transfers()}
    assert charges == set(Earning.objects.values_list("charge", flat=True))
    assert sent_once(provider, seller, transfers=2)
    data = queries.payouts(payout_ids=[payout_id])[payout_id]
    assert (data.state, data.orders, data.last_error) == ("sent", 2, "")
    assert data.sent_at is not None


def test_sending_again_sends_nothing(provider, seller):
    payout_id = run(seller, provider)
    for _ in range(3):
        assert operations.send(payout_id=payout_id) == "sent"
        due(payout_id)
    assert sent_once(provider, seller, transfers=1)


def test_the_provider_is_not_asked_inside_a_transaction(provider, seller, settings):
    payout_id = run(seller, provider)
    settings.GATEWAYS_IGNORE_TEST_TRANSACTION = False
    with pytest.raises(InTransaction):
        operations.send(payout_id=payout_id)


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/payouts"])
@pytest.mark.parametrize("kind", ["timeout_after", "500_after", "500_stored", "500_before", "429"])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=2)])
def test_an_answer_that_got_lost_sends_nothing_twice(provider, seller, path, kind, later):
    payout_id = run(seller, provider, orders=2)
    provider.double.fault(kind, method="POST", path=path, times=20, **seconds(kind))
    assert operations.send(payout_id=payout_id) == "sending"
    assert "did not answer" in queries.payouts(payout_ids=[payout_id])[payout_id].last_error

    provider.double.clear_faults()
    if later:
        provider.double.advance(later.total_seconds())
    for _ in range(4):
        due(payout_id, after=later)
        if operations.send(payout_id=payout_id) == "sent":
            break
        due(payout_id, after=timedelta(minutes=11))  # a stored failure is given up by then
    assert sent_once(provider, seller, transfers=2)


def test_without_looking_it_up_the_same_loss_would_send_twice(provider, seller, monkeypatch):
    """Control: the provider forgot the key, and nobody asks what happened."""
    monkeypatch.setattr(
        "commerce.gateways.stripe.StripeGateway.find_transfer", lambda *_, **__: None
    )
    payout_id = run(seller, provider)
    provider.double.fault("500_after", method="POST", path="/v1/transfers", times=20)
    operations.send(payout_id=payout_id)
    provider.double.clear_faults()
    provider.double.advance(2 * 24 * 3600)
    due(payout_id, after=timedelta(days=2))
    operations.send(payout_id=payout_id)
    assert len(provider.transfers()) == 2


def seconds(kind):
    return {"seconds": 0.2} if kind.startswith("timeout") else {}


@pytest.mark.parametrize("step", ["_record_transfer", "_record_sent"])
def test_killed_between_the_call_and_its_record_it_is_continued(
    provider, seller, monkeypatch, step
):
    payout_id = run(seller, provider, orders=2)

    def die(*_, **__):
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(sending, step, die)
        with pytest.raises(SystemExit):
            operations.send(payout_id=payout_id)
    assert operations.send(payout_id=payout_id) == "sending"  # the dead sender's lease holds

    due(payout_id)
    assert operations.send(payout_id=payout_id) == "sent"
    assert sent_once(provider, seller, transfers=2)


def test_one_refused_transfer_holds_up_no_other(provider, seller):
    payout_id = run(seller, provider, orders=3)
    used_up = use_up(provider, seller, Earning.objects.order_by("pk")[1].charge)
    assert operations.send(payout_id=payout_id) == "sent"

    assert queries.payouts(payout_ids=[payout_id])[payout_id].amount.minor == 10_400
    behind = Earning.objects.get(payout=None)
    assert behind.refused_because
    assert operations.run_now(seller_ids=[seller.pk]) == []

    provider.client.v1.transfers.reversals.create(used_up)
    Earning.objects.filter(pk=behind.pk).update(retry_at=Now())
    (again,) = operations.run_now(seller_ids=[seller.pk])
    assert operations.send(payout_id=again) == "sent"
    assert len(provider.transfers()) == 3 + 1
    assert ledger.balance(code=f"payable:{seller.pk}", currency="USD") == 0


def use_up(provider, seller, charge):
    """Transfer so much of a charge that an earning does not fit any more."""
    params = {
        "amount": 99_000, "currency": "usd", "destination": seller.stripe_account_id,
        "source_transaction": charge,
    }  # fmt: skip
    return provider.client.v1.transfers.create(params).id


def test_a_refusal_is_visible_and_tried_again_under_a_new_key(provider, seller):
    payout_id = run(seller, provider)
    provider.double.disable_account(seller.stripe_account_id)
    assert operations.send(payout_id=payout_id) == "failed"
    assert queries.payouts(payout_ids=[payout_id])[payout_id].state == "failed"
    assert Event.objects.filter(name="payouts.payout-failed.v1").count() == 1
    assert queries.due_payouts(limit=10) == []

    provider.double.enable_account(seller.stripe_account_id)
    operations.retry(payout_id=payout_id)
    assert queries.due_payouts(limit=10) == [payout_id]
    assert operations.send(payout_id=payout_id) == "sent"
    assert sent_once(provider, seller, transfers=1)


def test_money_that_still_clears_is_waited_for(provider, seller):
    provider.double.settings(funds_delay=3600)
    payout_id = run(seller, provider)
    assert operations.send(payout_id=payout_id) == "sending"
    assert queries.payouts(payout_ids=[payout_id])[payout_id].state == "sending"

    provider.double.advance(3601)
    due(payout_id)
    assert operations.send(payout_id=payout_id) == "sent"
    assert sent_once(provider, seller, transfers=1)


def test_a_seller_disabled_since_the_run_is_not_asked_for(provider, seller):
    payout_id = run(seller, provider)
    provider.double.disable_account(seller.stripe_account_id)
    operations.refresh_account(account_id=seller.stripe_account_id)
    assert operations.send(payout_id=payout_id) == "failed"
    assert provider.transfers() == []


def test_a_payout_that_did_not_fail_is_not_tried_again(provider, seller):
    payout_id = run(seller, provider)
    with pytest.raises(operations.NotFailed):
        operations.retry(payout_id=payout_id)


def notice(kind, reference, seller, **fields):
    return ProviderEventData(
        id="evt_1", kind=kind, livemode=False, account=seller.stripe_account_id,
        object={"id": reference, **fields},
    )  # fmt: skip


def test_the_bank_returns_the_money_and_only_the_payout_is_repeated(provider, seller):
    payout_id = run(seller, provider)
    operations.send(payout_id=payout_id)
    (payout,) = provider.payouts(seller.stripe_account_id)
    provider.double.fail_payout(payout.id)
    assert look_at_payout(notice("payout.failed", payout.id, seller)) == "failed"
    data = queries.payouts(payout_ids=[payout_id])[payout_id]
    assert (data.state, data.last_error) == (
        "failed",
        f"The bank returned {payout.id}: account_closed.",
    )
    late = notice("payout.paid", payout.id, seller, metadata=payout.metadata.to_dict())
    assert look_at_payout(late) == "failed, as was known"

    operations.retry(payout_id=payout_id)
    assert operations.send(payout_id=payout_id) == "sent"
    assert len(provider.transfers()) == 1
    assert len(provider.payouts(seller.stripe_account_id)) == 2
    assert ledger.balance(code=f"payable:{seller.pk}", currency="USD") == 0


def test_arrival_is_recorded_once(provider, seller):
    payout_id = run(seller, provider)
    operations.send(payout_id=payout_id)
    (payout,) = provider.payouts(seller.stripe_account_id)
    provider.double.advance(7 * 24 * 3600)
    for _ in range(2):
        assert look_at_payout(notice("payout.paid", payout.id, seller)) == "paid"
    assert queries.payouts(payout_ids=[payout_id])[payout_id].arrived_at is not None


def test_a_notice_that_overtakes_our_record_is_looked_at_again(provider, seller, monkeypatch):
    payout_id = run(seller, provider)

    def die(*_, **__):
        raise SystemExit

    monkeypatch.setattr(sending, "_record_sent", die)
    with pytest.raises(SystemExit):
        operations.send(payout_id=payout_id)
    (payout,) = provider.payouts(seller.stripe_account_id)
    with pytest.raises(LookupError):
        look_at_payout(notice("payout.paid", payout.id, seller, metadata=payout.metadata.to_dict()))


def test_a_notice_about_an_account_asks_for_its_state(provider, seller):
    provider.double.disable_account(seller.stripe_account_id)
    look_at_account(notice("account.updated", seller.stripe_account_id, seller))
    assert sellers.sellers(seller_ids=[seller.pk])[seller.pk].payouts_enabled is False
    stranger = notice("account.updated", "acct_nobody", seller)
    unknown = ProviderEventData(
        id="evt_2", kind="account.updated", livemode=False, account="", object=stranger.object
    )
    assert look_at_account(unknown) == "ignored: nobody's account"


def test_connecting_twice_opens_one_account(provider):
    seller = make_seller()
    links = [
        operations.connect_account(
            seller_id=seller.pk, refresh_url="https://shop.test/r", return_url="https://shop.test/"
        )
        for _ in range(2)
    ]
    assert all(link.startswith(provider.double.url) for link in links)
    assert len(provider.client.v1.accounts.list().data) == 1


def test_the_database_keeps_a_sent_payout_and_its_transfers(provider, seller):
    payout_id = run(seller, provider)
    operations.send(payout_id=payout_id)
    with pytest.raises(Error, match="was sent as"), transaction.atomic():
        Payout.objects.filter(pk=payout_id).update(provider_payout="po_other")
    with pytest.raises(Error, match="was sent as"), transaction.atomic():
        Earning.objects.update(provider_transfer=None)


def paid_under(group, order_token):
    """Let the order's attempt have been made with this group, which is fixed with its key."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Payment.objects.filter(order_token=order_token).update(terms={"group": group})
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_transfers_are_grouped_by_the_orders_number_and_not_by_its_key(provider, seller):
    order = earned(seller, provider=provider)
    paid_under(order.number, order.token)
    (payout_id,) = operations.run_now(seller_ids=[seller.pk])
    assert operations.send(payout_id=payout_id) == "sent"
    (made,) = provider.transfers()
    assert made.transfer_group == order.number
    assert order.token not in str(made)


@pytest.mark.parametrize("regrouped", [True, False])
def test_a_transfer_is_found_whatever_its_money_was_grouped_by(provider, seller, regrouped):
    order = earned(seller, provider=provider)
    (payout_id,) = operations.run_now(seller_ids=[seller.pk])
    provider.double.fault("500_after", method="POST", path="/v1/transfers", times=20)
    operations.send(payout_id=payout_id)
    provider.double.clear_faults()
    if regrouped:
        paid_under(order.number, order.token)
    due(payout_id, after=timedelta(days=2))
    assert operations.send(payout_id=payout_id) == "sent"
    assert sent_once(provider, seller, transfers=1)
