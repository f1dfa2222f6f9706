"""What goes back to shoppers is recovered from what sellers are paid, to the cent."""

import pytest
from django.db import Error, transaction

from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.payouts import operations, queries
from commerce.payouts.models import Absorption, Deduction, Earning, Payout
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@transaction.atomic
def correct(seller, minor, key="correction:1", part=None):
    """A correction by staff, booked as such."""
    ledger.post(
        business_key=key,
        kind="correction",
        entries={f"payable:{seller.pk}": minor, "losses": -minor},
        currency="USD",
    )
    return operations.deduct(
        seller_id=seller.pk,
        kind="correction",
        amount=usd(minor),
        business_key=key,
        seller_order_id=part.id if part else None,
    )


def summary(seller):
    return queries.summary(seller_id=seller.pk, currency="USD")


def test_a_deduction_is_taken_from_the_earning_of_its_own_order_first():
    seller = make_seller(payable=True)
    earned(seller)
    (part,) = earned(seller).seller_orders
    correct(seller, 1200, part=part)
    assert queries.earnings_of(seller_order_ids=[part.id])[part.id].net == usd(4000)
    (payout_id,) = operations.run(period="x")
    assert queries.payouts(payout_ids=[payout_id])[payout_id].amount == usd(9200)
    check_deferred_constraints()


def test_a_deduction_of_the_same_key_is_taken_once():
    seller = make_seller(payable=True)
    earned(seller)
    assert correct(seller, 1000) is True
    assert operations.deduct(
        seller_id=seller.pk, kind="correction", amount=usd(1000), business_key="correction:1"
    ) is False  # fmt: skip
    operations.run(period="x")
    assert Payout.objects.get().amount_minor == 4200


def test_what_a_seller_owes_is_carried_and_recovered_from_the_next_earnings():
    seller = make_seller(payable=True)
    earned(seller)
    correct(seller, 7000)
    assert operations.run(period="x") == []
    assert summary(seller).deductions == usd(1800)
    assert summary(seller).owed == usd(-1800)

    earned(seller)
    (payout_id,) = operations.run(period="y")
    assert queries.payouts(payout_ids=[payout_id])[payout_id].amount == usd(3400)
    assert summary(seller).deductions == usd(0)
    assert sum(Absorption.objects.values_list("amount_minor", flat=True)) == 7000
    check_deferred_constraints()


def test_what_was_deducted_before_the_sale_was_heard_of_is_taken_when_it_is():
    seller = make_seller(payable=True)
    order = sell(Sold(seller=seller))
    correct(seller, 5200, part=order.seller_orders[0])
    operations.credit_order(order_id=order.id)
    assert Earning.objects.get().net_minor == 0


def test_an_earning_in_a_payout_is_not_lessened_any_more():
    seller = make_seller(payable=True)
    (part,) = earned(seller).seller_orders
    operations.run(period="x")
    correct(seller, 100, part=part)
    assert Deduction.objects.get().open_minor == 100
    with pytest.raises(Error, match="belongs to payout"), transaction.atomic():
        Absorption.objects.create(
            deduction=Deduction.objects.get(), earning=Earning.objects.get(), amount_minor=100
        )


def test_what_is_given_back_is_paid_from_our_own_balance():
    seller = make_seller(payable=True)
    earned(seller)
    correct(seller, 1000)
    with transaction.atomic():
        ledger.post(
            business_key="given:1",
            kind="correction",
            entries={f"payable:{seller.pk}": -300, "losses": 300},
            currency="USD",
        )
        assert operations.give_back(seller_id=seller.pk, amount=usd(300), business_key="given:1")
    assert not operations.give_back(seller_id=seller.pk, amount=usd(300), business_key="given:1")
    operations.run(period="x")
    assert Payout.objects.get().amount_minor == 5200 - 1000 + 300
    assert Earning.objects.get(kind="credit").charge == ""


@transaction.atomic
def attempt(change):
    change()
    check_deferred_constraints()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda: Earning.objects.update(deducted_minor=1), "taken by absorptions"),
        (lambda: Deduction.objects.update(recovered_minor=1), "is a record"),
        (lambda: Deduction.objects.update(amount_minor=1), "is a record"),
        (lambda: Deduction.objects.all().delete(), "stays on record"),
        (lambda: Earning.objects.update(reserved_minor=1), "is not set aside"),
    ],
)
def test_the_database_keeps_deductions_as_they_were(change, problem):
    seller = make_seller(payable=True)
    earned(seller)
    correct(seller, 100)
    with pytest.raises(Error, match=problem):
        attempt(change)


def test_the_database_takes_no_more_than_was_deducted_or_earned():
    seller = make_seller(payable=True)
    earned(seller)
    correct(seller, 100)
    with pytest.raises(Error, match="never_recover_more"), transaction.atomic():
        Absorption.objects.create(
            deduction=Deduction.objects.get(), earning=Earning.objects.get(), amount_minor=101
        )
    correct(seller, 9000, key="correction:2")
    with pytest.raises(Error, match="never_take_more"), transaction.atomic():
        Absorption.objects.create(
            deduction=Deduction.objects.get(business_key="correction:2"),
            earning=Earning.objects.get(),
            amount_minor=5201,
        )


def test_the_database_takes_nothing_from_another_seller():
    seller, other = make_seller(payable=True), make_seller(payable=True)
    earned(other)
    correct(seller, 100)
    with pytest.raises(Error, match="not of one seller"), transaction.atomic():
        Absorption.objects.create(
            deduction=Deduction.objects.get(), earning=Earning.objects.get(), amount_minor=100
        )
