"""What becomes of a bought card when banks and the provider's dashboard move its money."""

import pytest

from commerce.credits import queries as cards
from commerce.invariants import queries as invariants
from commerce.payments import operations as payments
from commerce.payments.models import Payment
from devtools.stripe_double import StripeDouble
from tests.commerce.giftcards.test_life import books, code_of, mails
from tests.commerce.payments.test_deciding import refund_in_the_dashboard
from tests.factories.giftcards import bought, known, shop_with, tell
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def give_back_in_the_dashboard(double: StripeDouble, minor: int) -> None:
    payment = Payment.objects.get(order_token__startswith="gift-")
    refund_in_the_dashboard(double, payment, minor)
    payments.record_found_refunds(charge_id=str(payment.provider_charge))


def test_a_spent_card_whose_price_was_given_back_in_the_dashboard_is_a_loss_and_no_failure(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 1000)
    shop_with(code_of(purchase.token))
    assert known(purchase.token).state == "paid"
    give_back_in_the_dashboard(double, 1000)
    tell()
    assert known(purchase.token).state == "paid"


def test_what_was_left_and_given_back_in_the_dashboard_makes_the_card_void(
    double: StripeDouble,
) -> None:
    purchase = bought(double)
    code = code_of(purchase.token)
    spent = shop_with(code).minor
    give_back_in_the_dashboard(double, 5000 - spent)
    tell()

    assert known(purchase.token).refunded.minor == 5000 - spent
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=code, currency="USD")
    assert "losses" not in books()
    check_deferred_constraints()
    assert invariants.broken() == []


def test_a_part_that_was_given_back_in_the_dashboard_is_not_told_as_the_end_of_the_card(
    double: StripeDouble,
) -> None:
    bought(double)
    give_back_in_the_dashboard(double, 1000)
    tell()

    assert "opens nothing" not in mails("gift_card_refunded")[0].text


def lose(double: StripeDouble, **about: int) -> str:
    charge = str(Payment.objects.get(order_token__startswith="gift-").provider_charge)
    opened = double.open_dispute(charge, **about)
    payments.look_at_dispute(provider_dispute=opened["id"])
    tell()
    return str(opened["id"])


def test_a_bank_that_takes_a_part_takes_that_part_of_the_card(double: StripeDouble) -> None:
    purchase = bought(double)
    dispute = lose(double, amount=2000)
    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    assert cards.by_code(code=code_of(purchase.token), currency="USD").balance.minor == 3000
    assert "losses" not in books()
    check_deferred_constraints()
    assert invariants.broken() == []
