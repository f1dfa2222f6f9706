"""Gift cards and store credit pay for orders, come back when one is given up, and are booked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from commerce.checkout import operations, queries
from commerce.checkout.types import Placed
from commerce.credits import operations as credits
from commerce.credits.models import Credit, Spend
from commerce.invariants import queries as invariants
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.ledger import operations as ledger
from commerce.ledger import queries as books
from commerce.orders import queries as orders
from commerce.orders.models import Order
from commerce.payments import operations as payments
from commerce.payments.models import Payment
from commerce.payments.types import RefundedOrder
from commerce.payouts import queries as payouts
from commerce.returns import operations as returns
from commerce.returns.types import Wish
from devtools.stripe_double import StripeDouble
from tests.factories.accounts import make_user
from tests.factories.credits import make_gift_card, make_store_credit
from tests.factories.orders import ReadyCart, Wanted, make_ready_cart
from tests.support.constraints import check_deferred_constraints
from tests.support.provider import charges
from tests.support.race import race_all

TOTAL = 2120  # a mug of 12.50 and its shipping of 7.00, with 8.75 % on both


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def with_card(minor: int) -> tuple[ReadyCart, int]:
    """A cart that is about to be paid with a gift card, as far as it goes."""
    ready = make_ready_cart()
    card, code = make_gift_card(minor)
    operations.add_gift_card(cart_token=ready.token, code=code)
    return ready, card


def place(ready: ReadyCart, *, due: int, user_id: int | None = None) -> Placed:
    return operations.place(
        cart_token=ready.token,
        user_id=user_id,
        expected_total=ready.total,
        expected_due=usd(due),
        return_url="https://shop.example/checkout/ORDER/",
    )


def balance(card: int) -> int:
    return Credit.objects.values_list("balance_minor", flat=True).get(pk=card)


def whole() -> None:
    check_deferred_constraints()
    assert [result.rule for result in invariants.broken()] == []


@pytest.mark.django_db
def test_a_card_pays_its_part_and_the_provider_is_asked_for_the_rest(double: StripeDouble) -> None:
    ready, card = with_card(1500)

    placed = place(ready, due=TOTAL - 1500)
    double.pay(str(placed.payment_url))
    assert operations.finalise(order_token=placed.order_token) == "confirmed"

    [charge] = charges(double)
    assert charge["amount"] == TOTAL - 1500
    assert (balance(card), Spend.objects.get().state) == (0, "spent")
    assert books.balance(code="giftcards", currency="USD") == 0
    whole()


@pytest.mark.django_db
def test_a_card_that_covers_it_all_confirms_without_the_provider(double: StripeDouble) -> None:
    ready, card = with_card(5000)

    placed = place(ready, due=0)

    assert (placed.outcome, placed.payment_url) == ("confirmed", None)
    assert not Payment.objects.exists()
    assert balance(card) == 5000 - TOTAL
    assert books.balance(code="giftcards", currency="USD") == TOTAL - 5000
    whole()


@pytest.mark.django_db
def test_a_sellers_statement_of_it_holds_no_key_to_the_order(double: StripeDouble) -> None:
    """By the key one is the order's shopper."""
    ready, _ = with_card(5000)
    token = place(ready, due=0).order_token
    now = clock.now()

    found = payouts.statement(
        seller_id=ready.sellers[0],
        currency="USD",
        since=now - timedelta(days=1),
        until=now + timedelta(days=1),
    )

    assert [line.kind for line in found.lines] == ["sale"]
    assert token not in str(found)


@pytest.mark.django_db
def test_several_cards_then_store_credit_are_used_up_in_turn(double: StripeDouble) -> None:
    user = make_user()
    ready = make_ready_cart(user_id=user.pk)
    first, first_code = make_gift_card(300)
    second, second_code = make_gift_card(400)
    own = make_store_credit(user.pk, 500)
    for code in (first_code, second_code):
        operations.add_gift_card(cart_token=ready.token, code=code)

    review = operations.use_store_credit(cart_token=ready.token, use=True)

    assert [(use.credit_id, use.amount.minor) for use in review.credit] == [
        (first, 300), (second, 400), (own, 500),
    ]  # fmt: skip
    assert review.due == usd(TOTAL - 1200)
    place(ready, due=TOTAL - 1200, user_id=user.pk)
    assert Order.objects.get().credit_minor == 1200
    whole()


@pytest.mark.django_db
def test_store_credit_is_used_only_when_asked_for_and_only_by_its_owner(
    double: StripeDouble,
) -> None:
    user = make_user()
    make_store_credit(user.pk, 500)
    ready = make_ready_cart(user_id=user.pk)
    strangers = make_ready_cart()
    operations.use_store_credit(cart_token=strangers.token, use=True)

    review = queries.review(cart_token=ready.token)

    assert (review.store_credit, review.credit) == (usd(500), [])
    assert queries.review(cart_token=strangers.token).credit == []


@pytest.mark.django_db
def test_a_card_typed_twice_counts_once_and_can_be_taken_out() -> None:
    ready = make_ready_cart()
    card, code = make_gift_card(1000)
    operations.add_gift_card(cart_token=ready.token, code=code)

    review = operations.add_gift_card(cart_token=ready.token, code=code)
    assert [use.credit_id for use in review.credit] == [card]

    assert operations.remove_gift_card(cart_token=ready.token, credit_id=card).credit == []


@pytest.mark.django_db
def test_an_unknown_code_and_a_sixth_card_are_refused() -> None:
    ready = make_ready_cart()
    with pytest.raises(operations.GiftCardRefused, match="check the code"):
        operations.add_gift_card(cart_token=ready.token, code="XXXX")
    for _ in range(5):
        operations.add_gift_card(cart_token=ready.token, code=make_gift_card(1)[1])

    with pytest.raises(operations.GiftCardRefused, match="at most"):
        operations.add_gift_card(cart_token=ready.token, code=make_gift_card(1)[1])


@pytest.mark.django_db
def test_giving_up_gives_the_credit_back(double: StripeDouble) -> None:
    ready, card = with_card(1500)
    placed = place(ready, due=TOTAL - 1500)
    assert balance(card) == 0

    assert operations.abandon(order_token=placed.order_token) == "canceled"

    assert (balance(card), Spend.objects.get().state) == (1500, "released")
    assert place(ready, due=TOTAL - 1500).order_token != placed.order_token
    whole()


@pytest.mark.django_db
def test_the_shopper_agrees_to_what_is_left_to_pay(double: StripeDouble) -> None:
    ready, card = with_card(1500)
    credits.void(credit_id=card, reason="stolen")

    with pytest.raises(operations.TotalChanged, match="amount to pay is now"):
        place(ready, due=TOTAL - 1500)

    assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_carts_with_one_card_spend_it_once(double: StripeDouble) -> None:
    carts = [make_ready_cart() for _ in range(2)]
    card, code = make_gift_card(1500)
    for ready in carts:
        operations.add_gift_card(cart_token=ready.token, code=code)

    def placing(ready: ReadyCart) -> Callable[[], Placed]:
        return lambda: place(ready, due=TOTAL - 1500)

    results = race_all([placing(ready) for ready in carts])

    assert [isinstance(each, Placed) for each in results].count(True) == 1
    assert (balance(card), Spend.objects.count(), Order.objects.count()) == (0, 1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "shortcut",
    [
        "UPDATE credits_spend SET state = 'released'",
        "UPDATE orders_order SET credit_minor = 0",
        "INSERT INTO credits_spend (credit_id, order_token, amount_minor, state, created_at)"
        " SELECT id, (SELECT token FROM orders_order), 1, 'held', now() FROM credits_credit"
        " WHERE spent_minor = 0",
    ],
)
def test_the_database_ties_an_orders_credit_to_what_was_taken(
    double: StripeDouble, shortcut: str
) -> None:
    make_gift_card(77)
    ready, _ = with_card(1500)
    place(ready, due=TOTAL - 1500)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(shortcut)


def refund(
    token: str, minor: int, key: str, *, user_id: int | None = None, to: str = "method"
) -> RefundedOrder:
    order = orders.ref(token=token)
    assert order is not None
    with transaction.atomic():
        ledger.post(
            business_key=f"owed:{key}",
            kind="adjustment",
            entries={"losses": minor, "refunds:owed": -minor},
            currency="USD",
        )
        return payments.refund_order(
            order_token=token,
            amount=usd(minor),
            business_key=key,
            reason="came back",
            to=to,  # type: ignore[arg-type]
            user_id=user_id,
            email=order.email,
        )


def paid_with_both(double: StripeDouble) -> str:
    """A confirmed order of 21.20, of which a card paid 15.00."""
    ready, _ = with_card(1500)
    placed = place(ready, due=TOTAL - 1500)
    double.pay(str(placed.payment_url))
    operations.finalise(order_token=placed.order_token)
    return placed.order_token


@pytest.mark.django_db
def test_the_bank_card_is_refunded_first_and_a_guest_gets_the_rest_as_a_gift_card(
    double: StripeDouble,
) -> None:
    token = paid_with_both(double)

    done = refund(token, 1000, "r:1")
    again = refund(token, 1000, "r:1b")

    assert (done.method_minor, done.gift_card_minor) == (620, 380)
    assert (again.method_minor, again.gift_card_minor) == (0, 1000)
    new = Credit.objects.filter(source="refund")
    assert {card.email for card in new} == {"ada@example.com"}
    payments.send_refunds()
    assert books.balance(code="refunds:owed", currency="USD") == 0
    with pytest.raises(payments.RefundTooLarge) as refused:
        refund(token, 121, "r:2")
    assert refused.value.left == usd(120)
    whole()


@pytest.mark.django_db
def test_a_refund_can_be_taken_as_store_credit_or_gift_card_instead(double: StripeDouble) -> None:
    user = make_user()
    token = paid_with_both(double)

    own = refund(token, 100, "r:1", to="store_credit", user_id=user.pk)
    card = refund(token, 100, "r:2", to="gift_card")

    assert (own.store_credit_minor, card.gift_card_minor) == (100, 100)
    assert Payment.objects.get().refunded_minor == 0
    assert refund(token, 100, "r:1", to="store_credit", user_id=user.pk) == own
    whole()


@pytest.mark.django_db
def test_store_credit_needs_an_account(double: StripeDouble) -> None:
    token = paid_with_both(double)

    with pytest.raises(payments.WayClosed, match="needs an account"):
        refund(token, 100, "r:1", to="store_credit")


@pytest.mark.django_db(transaction=True)
def test_the_database_gives_no_more_back_than_an_order_brought(double: StripeDouble) -> None:
    token = paid_with_both(double)

    with pytest.raises(DatabaseError, match="would give back"):
        credits.issue(
            kind="gift_card", amount=usd(TOTAL + 1), business_key="x", reason="r",
            paid_by="losses", source="refund", order_token=token,
        )  # fmt: skip


@pytest.mark.django_db
def test_a_card_pays_for_orders_of_several_sellers(double: StripeDouble) -> None:
    ready = make_ready_cart([Wanted()], [Wanted(minor=333)])
    _, code = make_gift_card(ready.total.minor - 100)
    operations.add_gift_card(cart_token=ready.token, code=code)

    placed = place(ready, due=100)

    assert orders.ref(token=placed.order_token).due == usd(100)  # type: ignore[union-attr]
    whole()


@pytest.mark.django_db
def test_what_is_left_is_never_less_than_the_provider_takes(double: StripeDouble) -> None:
    ready, card = with_card(TOTAL - 1)

    placed = place(ready, due=50)

    assert placed.payment_url
    assert balance(card) == 49


def cancel_all(token: str, *, refund_to: str = "method") -> None:
    order = orders.order(token=token)
    assert order is not None
    units = {line.id: line.quantity for line in order.lines}
    returns.cancel(order_token=token, wish=Wish(units=units, refund_to=refund_to))  # type: ignore[arg-type]
    payments.send_refunds()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("card", "refund_to", "by_card"),
    [(1500, "method", 620), (1500, "gift_card", 0), (5000, "method", 0)],
)
def test_an_order_that_credit_paid_can_be_canceled_to_the_cent(
    double: StripeDouble, card: int, refund_to: str, by_card: int
) -> None:
    ready, _ = with_card(card)
    placed = place(ready, due=max(TOTAL - card, 0))
    if placed.payment_url:
        double.pay(placed.payment_url)
        operations.finalise(order_token=placed.order_token)

    cancel_all(placed.order_token, refund_to=refund_to)

    assert sum(Payment.objects.values_list("refunded_minor", flat=True)) == by_card
    [given] = Credit.objects.filter(source="refund")
    assert (given.kind, given.issued_minor) == ("gift_card", TOTAL - by_card)
    assert books.balance(code="refunds:owed", currency="USD") == 0
    whole()


@pytest.mark.django_db
def test_what_a_shopper_with_an_account_paid_by_card_comes_back_as_store_credit(
    double: StripeDouble,
) -> None:
    user = make_user()
    ready = make_ready_cart(user_id=user.pk)
    _, code = make_gift_card(5000)
    operations.add_gift_card(cart_token=ready.token, code=code)
    placed = place(ready, due=0, user_id=user.pk)

    cancel_all(placed.order_token)

    [given] = Credit.objects.filter(source="refund")
    assert (given.kind, given.user_id, given.issued_minor) == ("store_credit", user.pk, TOTAL)
    whole()
