"""What becomes of a bought card when banks and the provider's dashboard move its money."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from commerce.checkout import operations as checkout
from commerce.credits import operations as credits
from commerce.credits import queries as cards
from commerce.credits.models import Credit, Spend
from commerce.gateways.payments import get_payment_gateway
from commerce.giftcards import operations
from commerce.invariants import queries as invariants
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.notifications import gift_subscribers
from commerce.orders import queries as orders
from commerce.orders.adjusting import Terms, cancel_units
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Payment, Refund
from devtools.stripe_double import StripeDouble
from tests.commerce.giftcards.test_life import asleep, books, code_of, mails
from tests.commerce.payments.test_deciding import refund_in_the_dashboard
from tests.factories.giftcards import bought, known, shop_with, tell
from tests.factories.orders import make_ready_cart
from tests.support.constraints import check_deferred_constraints

pytestmark = pytest.mark.django_db


def give_back_in_the_dashboard(double: StripeDouble, minor: int) -> None:
    payment = Payment.objects.get(order_token__startswith="gift-")
    refund_in_the_dashboard(double, payment, minor)
    payments.record_found_refunds(charge_id=str(payment.provider_charge))


def test_a_spent_card_whose_price_was_given_back_in_the_dashboard_is_a_loss_and_no_failure(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 2120)
    assert shop_with(code_of(purchase.token)).minor == 2120
    give_back_in_the_dashboard(double, 2120)
    tell()

    assert known(purchase.token).state == "paid"
    assert books()["losses"] == 2120
    assert invariants.broken() == []


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


def test_a_price_that_was_given_back_in_parts_makes_the_card_void(double: StripeDouble) -> None:
    purchase = bought(double)
    give_back_in_the_dashboard(double, 3000)
    give_back_in_the_dashboard(double, 2000)
    tell()

    assert known(purchase.token).refunded.minor == 5000
    assert "losses" not in books()
    check_deferred_constraints()
    assert invariants.broken() == []


def test_what_comes_back_to_a_card_whose_price_was_given_back_cannot_be_spent(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 1500)
    code = code_of(purchase.token)
    shop_with(code)  # all of it, and more is to be paid
    give_back_in_the_dashboard(double, 1500)
    tell()
    assert Credit.objects.get().blocked_at is not None
    assert operations.heed_blocked() == 0

    checkout.abandon(order_token=Order.objects.get().token)
    assert Credit.objects.get().balance_minor == 1500
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=code, currency="USD")

    assert operations.heed_blocked() == 1
    assert known(purchase.token).refunded.minor == 1500
    assert "losses" not in books()
    check_deferred_constraints()
    assert invariants.broken() == []


def test_an_order_that_is_paid_keeps_what_it_held_of_a_card_that_was_given_back(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 2100)
    shop_with(code_of(purchase.token))  # what is left to pay must not be too little
    left = Credit.objects.get().balance_minor
    give_back_in_the_dashboard(double, 2100)
    tell()
    assert operations.heed_blocked() == 0

    order = Order.objects.get()
    double.pay(Payment.objects.get(order_token=order.token).payment_url)
    assert checkout.finalise(order_token=order.token) == "confirmed"
    assert operations.heed_blocked() == 1

    assert 0 < known(purchase.token).refunded.minor == left
    assert books()["losses"] == 2100 - left
    check_deferred_constraints()
    assert invariants.broken() == []


def test_a_card_is_free_again_when_what_was_given_back_is_not_all_that_is_left(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 1500)
    shop_with(code_of(purchase.token))
    give_back_in_the_dashboard(double, 700)
    tell()

    checkout.abandon(order_token=Order.objects.get().token)
    assert operations.heed_blocked() == 0

    assert cards.by_code(code=code_of(purchase.token), currency="USD").balance.minor == 1500
    assert books()["losses"] == 700


def test_a_price_that_the_bank_still_gives_back_makes_the_card_void_at_once(
    double: StripeDouble,
) -> None:
    purchase = bought(double)
    payment = Payment.objects.get()
    refund_in_the_dashboard(double, payment, 5000)
    (made,) = get_payment_gateway().refunds_of(payment_id=str(payment.provider_payment))
    double.change_object(made.id, status="pending")
    payments.record_found_refunds(charge_id=str(payment.provider_charge))
    assert Refund.objects.get().state == "pending"
    tell()

    assert known(purchase.token).state == "refunded"


def test_a_dispute_that_is_won_frees_no_card_whose_price_was_given_back(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 1500)
    shop_with(code_of(purchase.token))
    give_back_in_the_dashboard(double, 1500)
    dispute = lose(double, amount=500)
    double.close_dispute(dispute, "won")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    assert Credit.objects.get().blocked_at is not None
    checkout.abandon(order_token=Order.objects.get().token)
    assert operations.heed_blocked() == 1
    assert known(purchase.token).state == "refunded"


def test_what_was_given_back_before_a_bank_questioned_it_makes_the_card_void(
    double: StripeDouble,
) -> None:
    purchase = bought(double)
    payment = Payment.objects.get()
    refund_in_the_dashboard(double, payment, 5000)
    lose(double, amount=2000)
    payments.record_found_refunds(charge_id=str(payment.provider_charge))
    tell()

    assert known(purchase.token).refunded.minor == 5000
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


def cancel_whole() -> Credit:
    """Cancel the order that the card paid for; what it paid comes back as another card."""
    order = orders.order(token=Order.objects.latest("pk").token)
    assert order is not None
    [part] = order.seller_orders
    cancel_units(
        seller_order_id=part.id,
        units={line.id: line.quantity for line in part.lines},
        terms=Terms(kind="canceled", business_key=f"all:{part.id}", with_shipping=True),
    )
    return Credit.objects.filter(source="refund").latest("pk")


@pytest.mark.parametrize("canceled_first", [True, False])
def test_what_an_order_gives_back_of_a_card_that_a_bank_questions_cannot_be_spent(
    double: StripeDouble, canceled_first: bool
) -> None:
    purchase = bought(double)
    spent = shop_with(code_of(purchase.token)).minor
    back = cancel_whole() if canceled_first else None
    dispute = lose(double)
    back = back or cancel_whole()
    with pytest.raises(cards.UnknownCode):
        cards.by_code(code=cards.code(credit_id=back.pk), currency="USD")

    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    back.refresh_from_db()
    assert back.issued_minor == back.expired_minor == spent
    assert "losses" not in books()
    check_deferred_constraints()
    assert invariants.broken() == []


def test_what_other_money_paid_of_an_order_is_not_taken_with_what_the_card_paid(
    double: StripeDouble,
) -> None:
    other = credits.issue(
        kind="gift_card", amount=Money(2000, "USD"), business_key="other", reason="sorry",
        paid_by="losses",
    )  # fmt: skip
    purchase = bought(double)
    ready = make_ready_cart()
    for code in (cards.code(credit_id=other), code_of(purchase.token)):
        review = checkout.add_gift_card(cart_token=ready.token, code=code)
    checkout.place(
        cart_token=ready.token,
        user_id=None,
        expected_total=ready.total,
        expected_due=review.due,
        return_url="https://shop.example/checkout/ORDER/",
    )
    back = cancel_whole().pk
    clean = Spend.objects.get(credit_id=other).amount_minor
    shop_with(code_of(purchase.token))
    shop_with(code_of(purchase.token))
    dispute = lose(double)
    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    left = cards.by_code(code=cards.code(credit_id=back), currency="USD").balance
    assert left.minor == clean > 0


def test_ordering_and_canceling_twice_makes_no_clean_money(double: StripeDouble) -> None:
    purchase = bought(double)
    shop_with(code_of(purchase.token))
    shop_with(cards.code(credit_id=cancel_whole().pk))
    again = cancel_whole()
    dispute = lose(double)
    again.refresh_from_db()
    assert again.blocked_at is not None

    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    again.refresh_from_db()
    assert again.balance_minor == 0
    assert "losses" not in books()
    assert invariants.broken() == []


def test_it_can_be_spent_when_the_dispute_is_won(double: StripeDouble) -> None:
    purchase = bought(double)
    spent = shop_with(code_of(purchase.token)).minor
    back = cancel_whole()
    dispute = lose(double)
    double.close_dispute(dispute, "won")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    left = cards.by_code(code=cards.code(credit_id=back.pk), currency="USD").balance
    assert left.minor == spent


def test_a_card_that_a_bank_took_is_not_mailed(double: StripeDouble) -> None:
    purchase = bought(double, deliver_on=clock.now().date() + timedelta(days=3))
    dispute = lose(double)
    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()
    asleep("UPDATE giftcards_purchase SET deliver_on = current_date - 1")

    assert operations.send_due() == 0
    for email in ("noor@example.com", "noor@right.example"):
        with pytest.raises(operations.NotSendable):
            operations.resend(purchase_id=purchase.id, email=email)
    assert invariants.broken() == []


def test_what_an_order_holds_comes_back_to_a_card_of_which_a_bank_took_a_part(
    double: StripeDouble,
) -> None:
    purchase = bought(double, 2100)
    shop_with(code_of(purchase.token))  # what is left to pay must not be too little
    left = cards.credits(credit_ids=[purchase.credit_id or 0])[purchase.credit_id or 0].balance
    assert left
    dispute = lose(double, amount=left.minor)
    double.close_dispute(dispute, "lost")
    payments.look_at_dispute(provider_dispute=dispute)
    tell()

    checkout.abandon(order_token=Order.objects.get().token)
    back = cards.by_code(code=code_of(purchase.token), currency="USD").balance
    assert back.minor == 2100 - left.minor


def test_a_code_made_for_another_address_is_never_mailed_to_the_wrong_one(
    double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    purchase = bought(double)

    def corrected_meanwhile(*, credit_id: int) -> str:
        monkeypatch.undo()
        operations.resend(purchase_id=purchase.id, email="noor@right.example")
        return cards.code(credit_id=credit_id)

    monkeypatch.setattr(gift_subscribers.credits, "code", corrected_meanwhile)
    tell()

    assert {mail.recipient for mail in mails("gift_card")} == {"noor@right.example"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits_credit SET voided_at = now()",
        "UPDATE credits_credit SET blocked_at = now()",
    ],
)
def test_no_statement_takes_money_of_a_card_that_is_void_or_blocked(
    double: StripeDouble, statement: str
) -> None:
    purchase = bought(double)
    asleep(statement)

    with pytest.raises(DatabaseError, match="void or blocked"), transaction.atomic():
        Spend.objects.create(credit_id=purchase.credit_id, order_token="x", amount_minor=1)
