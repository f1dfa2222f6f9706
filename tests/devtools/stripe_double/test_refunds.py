import pytest
import stripe

from .conftest import available


def test_refunds_never_exceed_the_charge(client, pay):
    intent = pay(2000)

    first = client.refunds.create({"payment_intent": intent.id, "amount": 1500})
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.refunds.create({"charge": intent.latest_charge.id, "amount": 501})
    rest = client.refunds.create({"charge": intent.latest_charge.id})
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.refunds.create({"payment_intent": intent.id})

    assert (first.status, rest.amount) == ("succeeded", 500)
    assert too_much.value.param == "amount"
    assert again.value.code == "charge_already_refunded"
    charge = client.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (2000, True)
    assert [refund.amount for refund in charge.refunds.data] == [500, 1500]
    assert available(client) == -88


def test_only_captured_payments_are_refunded(client, pay):
    held = pay(2000, capture_method="manual")

    with pytest.raises(stripe.InvalidRequestError):
        client.refunds.create({"payment_intent": held.id})
    client.payment_intents.capture(held.id, {"amount_to_capture": 1200})
    with pytest.raises(stripe.InvalidRequestError):
        client.refunds.create({"payment_intent": held.id, "amount": 1201})

    assert client.refunds.create({"payment_intent": held.id}).amount == 1200


def test_a_refund_may_stay_pending_and_then_succeed(client, double, pay):
    intent = pay(2000, "pm_card_pendingRefund")

    refund = client.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    double.advance(4)

    assert client.refunds.retrieve(refund.id).status == "succeeded"


def test_a_refund_may_fail_later_and_gives_the_money_back(client, double, pay, listener):
    intent = pay(2000, "pm_card_refundFail")
    refund = client.refunds.create({"payment_intent": intent.id, "amount": 700})
    assert (refund.status, available(client)) == ("succeeded", 1212)

    double.advance(4)

    failed = client.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert available(client) == 1912
    assert client.charges.retrieve(intent.latest_charge.id).amount_refunded == 0
    double.wait_for_webhooks()
    assert "refund.failed" in listener.types


def test_a_refund_may_wait_for_money(client, double, pay):
    double.settings(refunds_when_short="pending")
    intent = pay(2000)

    refund = client.refunds.create({"payment_intent": intent.id})
    assert (refund.status, refund.pending_reason) == ("pending", "insufficient_funds")
    assert available(client) == 1912
    pay(1000)
    double.advance(5)

    assert client.refunds.retrieve(refund.id).status == "succeeded"
    assert available(client) == 1912 + 941 - 2000


def test_a_waiting_refund_can_be_failed_by_command(client, double, pay):
    double.settings(refunds_when_short="pending")
    refund = client.refunds.create({"payment_intent": pay(2000).id})

    double.resolve_refund(refund.id, failure="insufficient_funds")

    assert client.refunds.retrieve(refund.id).status == "failed"
    assert available(client) == 1912


def test_a_dispute_takes_the_money_and_the_fee_and_returns_it_when_won(
    client, double, pay, listener
):
    charge = pay(2000).latest_charge.id
    dispute = double.open_dispute(charge, reason="product_not_received")

    assert available(client) == 1912 - 2000 - 1500
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.refunds.create({"charge": charge})
    assert refusal.value.code == "charge_disputed"
    found = client.disputes.retrieve(dispute["id"])
    assert (found.status, found.reason) == ("needs_response", "product_not_received")
    client.disputes.update(found.id, {"evidence": {"uncategorized_text": "It arrived."}})
    double.close_dispute(found.id, "won")

    assert client.disputes.retrieve(found.id).status == "won"
    assert available(client) == 1912 - 1500
    double.wait_for_webhooks()
    assert sorted(kind for kind in listener.types if "dispute" in kind) == [
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
    ]


def test_a_dispute_is_lost_by_accepting_it_and_a_card_opens_one_itself(client, pay):
    pay(2000, "pm_card_createDispute")

    dispute = client.disputes.list().data[0]
    lost = client.disputes.close(dispute.id)

    assert (dispute.reason, lost.status) == ("fraudulent", "lost")
    assert available(client) == 1912 - 3500
