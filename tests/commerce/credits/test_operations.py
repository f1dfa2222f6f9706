"""Gift cards and store credit: issued = spent + balance + expired, in code and in the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from commerce.credits import codes, operations, queries
from commerce.credits.models import Credit, Spend
from commerce.credits.operations import CreditShort
from commerce.credits.types import CreditUse
from commerce.kernel.money import Money
from commerce.ledger import queries as books
from tests.factories.accounts import make_user
from tests.factories.credits import make_gift_card, make_store_credit
from tests.support.race import meeting, race


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def use(credit_id: int, minor: int) -> CreditUse:
    return CreditUse(credit_id=credit_id, label="card", amount=usd(minor))


def sums(credit_id: int) -> tuple[int, int, int, int]:
    return Credit.objects.values_list(
        "issued_minor", "spent_minor", "balance_minor", "expired_minor"
    ).get(pk=credit_id)


@pytest.mark.django_db
def test_a_card_is_found_by_its_code_however_it_is_typed() -> None:
    credit_id, code = make_gift_card()

    for typed in (code, code.lower(), code.replace("-", " "), f" {code.replace('-', '')} "):
        assert queries.by_code(code=typed, currency="USD").id == credit_id


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed", ["", "ABCD", "K7QM-22PX-W9RB-HT4C", "\u0000", "É" * 16, "9" * 999]
)
def test_another_code_opens_nothing(typed: str) -> None:
    make_gift_card()

    with pytest.raises(queries.UnknownCode):
        queries.by_code(code=typed, currency="USD")


@pytest.mark.django_db
def test_a_card_of_another_currency_is_not_taken() -> None:
    _, code = make_gift_card(currency="EUR")

    with pytest.raises(queries.UnknownCode):
        queries.by_code(code=code, currency="USD")


@pytest.mark.django_db
def test_the_code_itself_is_nowhere_in_the_table() -> None:
    _, code = make_gift_card()
    plain = code.replace("-", "")

    row = str(Credit.objects.values().get())

    assert code not in row
    assert plain not in row


def test_no_two_seeds_give_one_code() -> None:
    found = {codes.code_of(codes.new_seed()) for _ in range(1000)}

    assert len(found) == 1000


@pytest.mark.django_db
def test_a_credit_is_issued_once_per_key() -> None:
    issue = {
        "kind": "gift_card", "amount": usd(500), "business_key": "k", "reason": "r",
        "paid_by": "losses",
    }  # fmt: skip

    assert operations.issue(**issue) == operations.issue(**issue)  # type: ignore[arg-type]
    assert books.balance(code="giftcards", currency="USD") == -500


@pytest.mark.django_db
def test_what_is_issued_is_owed_and_told() -> None:
    user = make_user()
    make_store_credit(user.pk, 700)

    assert books.balance(code="credits", currency="USD") == -700
    assert books.balance(code="losses", currency="USD") == 700


@pytest.fixture
def alone(db: None) -> None:
    """Credits without the orders that take from them: that guard sleeps for one test."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE credits_spend DISABLE TRIGGER spend_is_its_orders")


@pytest.mark.usefixtures("alone")
def test_holding_takes_and_releasing_gives_back() -> None:
    card, _ = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 2000)])
    assert sums(card) == (5000, 2000, 3000, 0)

    assert operations.release(order_token="o") == 2000
    assert operations.release(order_token="o") == 0

    assert sums(card) == (5000, 0, 5000, 0)


@pytest.mark.usefixtures("alone")
def test_what_is_spent_is_not_given_back() -> None:
    card, _ = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 2000)])

    assert operations.spend(order_token="o") == {"giftcards": 2000}
    assert operations.spend(order_token="o") == {}
    assert operations.release(order_token="o") == 0
    assert sums(card) == (5000, 2000, 3000, 0)


@pytest.mark.usefixtures("alone")
def test_more_than_there_is_cannot_be_held() -> None:
    card, _ = make_gift_card(5000)

    with pytest.raises(CreditShort), transaction.atomic():
        operations.hold(order_token="o", uses=[use(card, 5001)])

    assert sums(card) == (5000, 0, 5000, 0)


@pytest.mark.usefixtures("alone")
def test_what_is_not_used_in_time_becomes_income_once() -> None:
    card, code = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 1000)])
    age(card)

    assert operations.expire() == 1
    assert operations.expire() == 0

    assert sums(card) == (5000, 1000, 0, 4000)
    assert books.balance(code="giftcards:expired", currency="USD") == -4000
    assert books.balance(code="giftcards", currency="USD") == -1000
    with pytest.raises(queries.UnknownCode):
        queries.by_code(code=code, currency="USD")


@pytest.mark.usefixtures("alone")
def test_what_comes_back_to_an_expired_card_can_be_used_for_a_while() -> None:
    card, code = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 1000)])
    age(card)
    operations.expire()

    operations.release(order_token="o")

    assert queries.by_code(code=code, currency="USD").balance == usd(1000)


@pytest.mark.usefixtures("alone")
def test_an_expired_card_is_not_taken() -> None:
    card, _ = make_gift_card(5000)
    age(card)

    with pytest.raises(CreditShort), transaction.atomic():
        operations.hold(order_token="o", uses=[use(card, 1)])


@pytest.mark.django_db
def test_a_void_card_is_worth_nothing_and_voided_once() -> None:
    card, code = make_gift_card(5000)

    operations.void(credit_id=card, reason="sent to the wrong person")

    assert sums(card) == (5000, 0, 0, 5000)
    with pytest.raises(queries.UnknownCode):
        queries.by_code(code=code, currency="USD")
    with pytest.raises(operations.NothingToVoid):
        operations.void(credit_id=card, reason="again")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"issued_minor": 1},
        {"balance_minor": 5001},
        {"balance_minor": F("balance_minor") - 1},
        {"code_hash": "x"},
        {"reason": "other"},
        {"currency": "EUR"},
    ],
)
def test_the_database_keeps_a_credit_as_it_was_issued(change: dict[str, Any]) -> None:
    card, _ = make_gift_card(5000)

    with pytest.raises(DatabaseError), transaction.atomic():
        Credit.objects.filter(pk=card).update(**change)


@pytest.mark.django_db(transaction=True)
def test_the_database_wants_an_order_behind_what_was_spent() -> None:
    card, _ = make_gift_card(5000)

    with pytest.raises(DatabaseError, match="orders took"), transaction.atomic():
        Credit.objects.filter(pk=card).update(
            balance_minor=F("balance_minor") - 1, spent_minor=F("spent_minor") + 1
        )


@pytest.mark.django_db(transaction=True)
def test_the_database_wants_the_order_itself() -> None:
    card, _ = make_gift_card(5000)

    with pytest.raises(DatabaseError, match="was taken"), transaction.atomic():
        operations.hold(order_token="no-such-order", uses=[use(card, 100)])


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("change", [{"amount_minor": 1}, {"order_token": "p"}, {"state": "held"}])
def test_the_database_keeps_what_was_spent(change: dict[str, Any]) -> None:
    card, _ = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 1000)])
    operations.spend(order_token="o")

    with pytest.raises(DatabaseError), transaction.atomic():
        Spend.objects.update(**change)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("table", ["credits_credit", "credits_spend"])
def test_the_database_forgets_nothing(table: str) -> None:
    card, _ = make_gift_card(5000)
    operations.hold(order_token="o", uses=[use(card, 1000)])

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608


def age(credit_id: int) -> None:
    Credit.objects.filter(pk=credit_id).update(expires_at="2020-01-01T00:00Z")


def hold_for_another_order() -> bool:
    """One of forty orders that want the whole card; the orders themselves are no matter here."""
    card = Credit.objects.get()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT pg_backend_pid()")
        token = f"order-{cursor.fetchone()[0]}"
        operations.hold(order_token=token, uses=[use(card.pk, card.issued_minor)])
    return True


def hold_by_reading_first(all_have_read: Callable[[], object]) -> bool:
    """The control: look at the balance, then write it, as if nobody else did."""
    card = Credit.objects.get()
    if card.balance_minor < card.issued_minor:
        raise CreditShort
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        all_have_read()
        Credit.objects.filter(pk=card.pk).update(balance_minor=0, spent_minor=card.issued_minor)
    return True


@pytest.mark.django_db(transaction=True)
def test_a_card_of_fifty_is_spent_once_by_forty_at_once() -> None:
    card, _ = make_gift_card(5000)

    results = race(hold_for_another_order, times=40)

    assert results.count(True) == 1
    assert [type(each) for each in results].count(CreditShort) == 39
    assert sums(card) == (5000, 5000, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_the_race_can_see_a_card_spent_twice() -> None:
    make_gift_card(5000)

    all_have_read = meeting(40)
    assert race(lambda: hold_by_reading_first(all_have_read), times=40).count(True) > 1
