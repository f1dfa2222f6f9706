"""A refund that waits, fails and is paid another way, of a seller who was paid before."""

import pytest
from django.db.models.functions import Now

from commerce.ledger import queries as ledger
from commerce.orders.operations import Terms, record_returned, refund_units
from commerce.outbox.models import Event
from commerce.payments import operations as payments
from commerce.payments.models import Refund
from commerce.payouts import operations, queries
from commerce.payouts.models import Deduction, Earning
from devtools.stripe_double.core.store import PLATFORM
from tests.commerce.payouts.test_disputed_refunds import Case, broken, hear
from tests.factories.fulfillment import delivered
from tests.factories.payouts import Provider, earned
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def balance(code: str) -> int:
    return ledger.balance(code=code, currency="USD")


def at_provider(provider: Provider) -> int:
    return sum(
        each["amount"] - each["fee"]
        for each in provider.double.world.store.all("balance_transaction")
        if each["_account"] == PLATFORM
    )


@pytest.fixture
def case(provider: Provider) -> Case:
    """An order that was delivered, and whose seller has the money."""
    case = Case(provider)
    [part] = case.order.seller_orders
    delivered(part)
    operations.release_earning(seller_order_id=part.id)
    Earning.objects.update(available_at=Now())
    (payout_id,) = operations.run_now()
    assert operations.send(payout_id=payout_id) == "sent"
    assert case.owed == 0
    return case


def return_all(case: Case) -> None:
    [part] = case.order.seller_orders
    units = {line.id: line.quantity for line in part.lines}
    record_returned(seller_order_id=part.id, units=units)
    terms = Terms(kind="returned", business_key="r", with_shipping=True)
    refund_units(seller_order_id=part.id, units=units, terms=terms)
    payments.send_refunds()
    hear()


def states() -> list[str]:
    return list(Refund.objects.values_list("state", flat=True))


def test_the_shopper_has_the_money_the_seller_owes_it_and_earns_it_back(
    case: Case, provider: Provider
) -> None:
    provider.double.settings(refunds_when_short="pending", funds_delay=10_000)
    apart = balance("stripe") - at_provider(provider)

    return_all(case)
    assert states() == ["pending"]
    assert balance("refunds:owed") == -case.order.total.minor
    assert case.owed == -5200  # nobody reaches into the seller's bank account
    assert broken() == []

    refund = Refund.objects.get()
    provider.double.resolve_refund(str(refund.provider_refund), failure="insufficient_funds")
    payments.look_at_refunds(reference=str(refund.provider_refund))
    assert states() == ["failed"]
    assert balance("refunds:owed") == -case.order.total.minor
    assert Event.objects.filter(name="payments.refund-failed.v1").count() == 1
    assert broken() == []

    payments.settle_otherwise(refund_id=refund.pk, reason="bank transfer 4711")
    assert states() == ["settled"]
    assert balance("refunds:owed") == 0
    assert balance("bank") == -case.order.total.minor
    assert balance("stripe") - at_provider(provider) == apart

    provider.double.settings(refunds_when_short="negative", funds_delay=0)
    for _ in range(2):
        earned(case.seller, provider=provider)
    (payout_id,) = operations.run_now(seller_ids=[case.seller.pk])
    assert operations.send(payout_id=payout_id) == "sent"
    assert queries.payouts(payout_ids=[payout_id])[payout_id].amount.minor == 2 * 5200 - 5200
    assert case.owed == 0
    assert not Deduction.objects.filter(open_minor__gt=0).exists()
    check_deferred_constraints()
    assert broken() == []


def test_while_the_seller_owes_it_nothing_is_paid_out(case: Case, provider: Provider) -> None:
    return_all(case)
    earned(case.seller, provider=provider)

    assert operations.run_now(seller_ids=[case.seller.pk]) == []
    assert case.owed == 0
    assert broken() == []
