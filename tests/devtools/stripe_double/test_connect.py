import pytest
import stripe

from .conftest import available


def options(account):
    return {"stripe_account": account}


def test_onboarding_makes_an_account_ready(client, double, listener):
    account = client.accounts.create(
        {
            "controller": {
                "stripe_dashboard": {"type": "express"},
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "email": "seller@example.com",
            "metadata": {"seller": "3"},
        }
    )
    assert (account.details_submitted, account.payouts_enabled) == (False, False)
    assert account.capabilities.transfers == "inactive"
    assert "external_account" in account.requirements.currently_due
    link = client.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "refresh_url": "http://shop.test/refresh",
            "return_url": "http://shop.test/return",
        }
    )

    assert double.post_form(link.url, decision="complete")[:2] == (303, "http://shop.test/return")
    assert double.post_form(link.url)[1] == "http://shop.test/refresh"

    ready = client.accounts.retrieve(account.id)
    assert (ready.details_submitted, ready.payouts_enabled) == (True, True)
    assert (ready.charges_enabled, ready.capabilities.transfers) == (True, "active")
    assert ready.requirements.currently_due == []
    double.wait_for_webhooks()
    updates = [event for event in listener.events if event.type == "account.updated"]
    assert [event.account for event in updates] == [account.id]


def test_onboarding_may_be_left_unfinished_and_a_link_expires(client, double):
    account = client.accounts.create({"type": "express"}).id
    params = {
        "account": account,
        "type": "account_onboarding",
        "refresh_url": "http://shop.test/refresh",
        "return_url": "http://shop.test/return",
    }
    left, late = client.account_links.create(params), client.account_links.create(params)

    assert double.post_form(left.url, decision="leave")[1] == "http://shop.test/return"
    double.advance(301)
    assert double.post_form(late.url, decision="complete")[1] == "http://shop.test/refresh"

    assert client.accounts.retrieve(account).details_submitted is False


def test_a_disabled_account_receives_nothing(client, double, pay, seller):
    pay(5000)
    double.disable_account(seller, reason="requirements.past_due", due=["individual.id_number"])

    found = client.accounts.retrieve(seller)
    assert found.requirements.disabled_reason == "requirements.past_due"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.transfers.create({"amount": 100, "currency": "usd", "destination": seller})
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payouts.create({"amount": 1, "currency": "usd"}, options(seller))
    assert refusal.value.code == "payouts_not_allowed"
    double.enable_account(seller)
    transfer = client.transfers.create({"amount": 100, "currency": "usd", "destination": seller})
    assert transfer.amount == 100


def test_transfers_from_a_charge_are_limited_by_the_charge(client, pay, seller):
    charge = pay(2000, transfer_group="order-7").latest_charge.id
    params = {"currency": "usd", "destination": seller, "source_transaction": charge}

    first = client.transfers.create(params | {"amount": 1500, "metadata": {"line": "1"}})
    with pytest.raises(stripe.InvalidRequestError):
        client.transfers.create(params | {"amount": 501})
    client.transfers.create(params | {"amount": 500})

    assert (first.transfer_group, first.source_transaction) == ("order-7", charge)
    assert available(client, seller) == 2000
    assert available(client) == -88
    found = client.transfers.list({"transfer_group": "order-7", "destination": seller})
    assert [transfer.amount for transfer in found.data] == [500, 1500]
    payment = client.charges.retrieve(first.destination_payment, {}, options(seller))
    assert payment.source_transfer == first.id


def test_transfers_without_a_charge_need_the_balance(client, pay, seller):
    pay(2000)
    params = {"currency": "usd", "destination": seller}

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.transfers.create(params | {"amount": 1913})
    client.transfers.create(params | {"amount": 1912})

    assert refusal.value.code == "balance_insufficient"
    assert (available(client), available(client, seller)) == (0, 1912)


def test_a_reversal_needs_the_transfer_and_the_sellers_balance(client, pay, seller):
    charge = pay(2000).latest_charge.id
    transfer = client.transfers.create(
        {"amount": 1800, "currency": "usd", "destination": seller, "source_transaction": charge}
    )
    client.payouts.create({"amount": 1500, "currency": "usd"}, options(seller))

    with pytest.raises(stripe.InvalidRequestError) as short:
        client.transfers.reversals.create(transfer.id, {"amount": 301})
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.transfers.reversals.create(transfer.id, {"amount": 1801})
    reversal = client.transfers.reversals.create(transfer.id, {"amount": 300})

    assert (short.value.code, too_much.value.code) == ("balance_insufficient", None)
    assert (reversal.amount, reversal.transfer) == (300, transfer.id)
    found = client.transfers.retrieve(transfer.id)
    assert (found.amount_reversed, found.reversed) == (300, False)
    assert [one.id for one in found.reversals.data] == [reversal.id]
    assert (available(client, seller), available(client)) == (0, 1912 - 1800 + 300)


def test_a_payout_is_paid_and_cannot_exceed_the_balance(client, double, pay, seller, listener):
    pay(2000)
    client.transfers.create({"amount": 1000, "currency": "usd", "destination": seller})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.payouts.create({"amount": 1001, "currency": "usd"}, options(seller))
    payout = client.payouts.create({"amount": 1000, "currency": "usd"}, options(seller))
    double.wait_for_webhooks()

    assert refusal.value.code == "balance_insufficient"
    assert client.payouts.retrieve(payout.id, {}, options(seller)).status == "paid"
    assert available(client, seller) == 0
    events = [event for event in listener.events if event.type.startswith("payout.")]
    assert {(event.type, event.account) for event in events} == {
        ("payout.created", seller),
        ("payout.paid", seller),
    }
    with pytest.raises(stripe.InvalidRequestError):
        client.payouts.retrieve(payout.id)


def test_a_payout_may_fail_and_returns_to_the_balance(client, double, pay, seller):
    pay(2000)
    client.transfers.create({"amount": 1000, "currency": "usd", "destination": seller})
    double.settings(payout_failure="account_closed", payout_delay=3600)

    payout = client.payouts.create({"amount": 600, "currency": "usd"}, options(seller))
    other = client.payouts.create({"amount": 400, "currency": "usd"}, options(seller))
    canceled = client.payouts.cancel(other.id, {}, options(seller))
    assert (payout.status, canceled.status) == ("pending", "canceled")
    double.advance(3600)

    failed = client.payouts.retrieve(payout.id, {}, options(seller))
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert available(client, seller) == 1000


def test_funds_may_become_available_later(client, double, pay, seller):
    double.settings(funds_delay=2 * 86_400)
    charge = pay(2000).latest_charge
    assert charge.balance_transaction.status == "pending"
    with pytest.raises(stripe.InvalidRequestError):
        client.transfers.create({"amount": 100, "currency": "usd", "destination": seller})

    client.transfers.create(
        {"amount": 1500, "currency": "usd", "destination": seller, "source_transaction": charge.id}
    )
    assert client.balance.retrieve({}, options(seller)).pending[0].amount == 1500
    double.advance(2 * 86_400)

    assert (available(client), available(client, seller)) == (412, 1500)


def test_a_charge_may_be_settled_after_the_payment_succeeded(client, double, pay, listener):
    double.settings(settlement_delay=5)

    charge = pay(2000).latest_charge
    assert charge.balance_transaction is None
    double.advance(5)

    assert client.charges.retrieve(charge.id).balance_transaction.startswith("txn_")
    double.wait_for_webhooks()
    assert "charge.updated" in listener.types


def test_a_foreign_account_is_forbidden(client):
    with pytest.raises(stripe.PermissionError) as refusal:
        client.balance.retrieve({}, options("acct_unknown"))

    assert refusal.value.error.code == "account_invalid"


def test_a_top_up_fills_the_platforms_balance(client):
    client.topups.create({"amount": 5000, "currency": "usd", "description": "float"})

    assert available(client) == 5000


def test_an_accounts_details_are_updated_in_place(client, double, listener, seller):
    account = client.accounts.update(
        seller,
        {
            "business_profile": {"name": "Kiln & Clay"},
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
            "capabilities": {"card_payments": {"requested": True}},
            "metadata": {"seller": "3"},
        },
    )

    assert account.business_profile.name == "Kiln & Clay"
    assert account.settings.payouts.schedule.interval == "manual"
    assert account.capabilities.card_payments == "active"
    double.wait_for_webhooks()
    previous = listener.events[-1].data.previous_attributes.to_dict()
    assert sorted(previous) == ["business_profile", "capabilities", "metadata", "settings"]


def test_a_login_link_shows_the_accounts_money(client, double, seller):
    url = client.accounts.login_links.create(seller).url

    status, _, page = double.post_form(url)

    assert (status, "Payouts" in page) == (200, True)
