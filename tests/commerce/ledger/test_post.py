import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.ledger import operations, queries
from commerce.ledger.operations import Unbalanced
from tests.support.query_budget import counted
from tests.support.race import race

CAPTURE = {"stripe": 970, "stripe:fees": 30, "payable:7": -800, "commission": -120, "tax": -80}


def post(key: str = "capture:1", **changes: object) -> bool:
    values = {"kind": "capture", "entries": CAPTURE, "currency": "USD", **changes}
    return operations.post(business_key=key, **values)  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_seller_is_owed_the_credit_of_its_account() -> None:
    post()

    assert -queries.balance(code="payable:7", currency="USD") == 800
    assert queries.balances(prefix="stripe", currency="USD") == {"stripe": 970, "stripe:fees": 30}


@pytest.mark.django_db
def test_a_balance_reads_no_other_account() -> None:
    post()
    post("capture:2", entries={"stripe": 5, "payable:70": -5})

    with counted() as statements:
        assert queries.balance(code="payable:7", currency="USD") == -800

    assert "LIKE" not in statements[0]


@pytest.mark.django_db
def test_the_same_business_key_books_once() -> None:
    assert post() is True
    assert post() is False

    assert queries.balance(code="stripe", currency="USD") == 970


@pytest.mark.django_db
def test_accounts_that_somebody_opens_meanwhile_lose_no_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two first sales of a seller at once: each finds no account, and one opens it first."""
    open_accounts = operations._open_accounts

    def overtaken(*, codes: list[str], currency: str) -> None:
        monkeypatch.setattr(operations, "_open_accounts", open_accounts)
        post("capture:2")
        open_accounts(codes=codes, currency=currency)

    monkeypatch.setattr(operations, "_open_accounts", overtaken)

    assert post("capture:1") is True
    assert queries.booked(business_keys=["capture:1", "capture:2"]) == {"capture:1", "capture:2"}


@pytest.mark.django_db
def test_entries_of_nothing_are_left_out() -> None:
    post(entries={"stripe": 10, "tax": 0, "payable:1": -10})

    assert set(queries.balances(prefix="", currency="USD")) == {"stripe", "payable:1"}


@pytest.mark.parametrize(
    "entries", [{"stripe": 10, "tax": -9}, {"stripe": 10}, {}, {"stripe": 0, "tax": 0}]
)
@pytest.mark.django_db
def test_what_does_not_balance_is_refused_by_name(entries: dict[str, int]) -> None:
    with pytest.raises(Unbalanced):
        post(entries=entries)


@pytest.mark.django_db
def test_currencies_are_kept_apart() -> None:
    post()
    post("capture:2", currency="EUR")

    assert queries.balance(code="stripe", currency="EUR") == 970
    assert queries.balance(code="stripe", currency="JPY") == 0


@pytest.mark.django_db
def test_a_statement_lists_entries_with_their_reasons() -> None:
    post(memo="ORD-20261120-0001")
    post("payout:1", kind="payout", entries={"payable:7": 800, "stripe": -800})

    entries = queries.entries_of(code="payable:7", currency="USD")

    assert [(e.business_key, e.kind, e.memo, e.amount_minor) for e in entries] == [
        ("capture:1", "capture", "ORD-20261120-0001", -800),
        ("payout:1", "payout", "", 800),
    ]


@pytest.mark.django_db
def test_booking_on_known_accounts_takes_one_statement() -> None:
    post()

    with counted() as statements:
        post("capture:2")

    assert len(statements) == 1


@pytest.mark.django_db(transaction=True)
def test_one_fact_reported_five_times_at_once_is_booked_once() -> None:
    results = race(lambda: post("capture:9"), times=5)

    assert sorted(results) == [False, False, False, False, True]
    assert queries.balance(code="stripe", currency="USD") == 970


@given(parts=st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=6))
def test_only_what_sums_to_zero_passes(parts: list[int]) -> None:
    entries = {f"a{index}": part for index, part in enumerate(parts)}
    if sum(parts) == 0:
        return

    with pytest.raises(Unbalanced):
        operations.post(business_key="x", kind="x", entries=entries, currency="USD")
