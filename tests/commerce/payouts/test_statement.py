import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest

from commerce.checkout import operations as checkout
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.kernel.spreadsheet import csv_text, safe_cell
from commerce.ledger import operations as ledger_operations
from commerce.ledger import queries as ledger
from commerce.payouts import operations, queries
from commerce.sellers.models import Seller
from tests.factories.credits import make_gift_card
from tests.factories.orders import make_ready_cart
from tests.factories.payouts import earned
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def statement(seller, *, since=None, until=None):
    now = clock.now()
    return queries.statement(
        seller_id=seller.pk,
        currency="USD",
        since=since or now - timedelta(days=30),
        until=until or now + timedelta(seconds=1),
    )


@pytest.fixture
def seller(provider):
    seller = make_seller()
    provider.connect(seller)
    return seller


def pay_out(seller):
    (payout_id,) = operations.run_now(seller_ids=[seller.pk])
    assert operations.send(payout_id=payout_id) == "sent"


def test_it_tells_sales_and_payouts_and_adds_up_to_the_ledger(provider, seller):
    first = earned(seller, make_seller(), provider=provider)
    earned(seller, provider=provider)
    pay_out(seller)
    last = sell(Sold(seller=seller, unit_minor=999, quantity=1, shipping_minor=0))
    operations.credit_order(order_id=last.id)

    told = statement(seller)
    assert [(line.kind, line.amount.minor) for line in told.lines] == [
        ("sale", 5200),
        ("sale", 5200),
        ("payout", -10_400),
        ("sale", 899),
    ]
    assert told.opening == Money(0, "USD")
    assert told.closing.minor == 899 == -ledger.balance(code=f"payable:{seller.pk}", currency="USD")
    sale = told.lines[0]
    assert (sale.reference, sale.memo) == (first.seller_orders[0].number, "2 × Stoneware mug")
    assert (sale.goods.minor, sale.shipping.minor, sale.commission.minor) == (5000, 700, -500)
    assert sale.tax.minor == first.seller_orders[0].tax.minor == 498
    assert [line.balance.minor for line in told.lines] == [5200, 10_400, 0, 899]
    assert told.sales + told.payouts + told.adjustments == told.closing - told.opening
    assert told.goods + told.shipping + told.commission == told.sales


def test_periods_join_without_a_gap(provider, seller):
    earned(seller, provider=provider)
    middle = clock.now()
    pay_out(seller)
    earned(seller, provider=provider)

    before, after = statement(seller, until=middle), statement(seller, since=middle)
    assert before.closing == after.opening == Money(5200, "USD")
    assert [line.kind for line in before.lines + after.lines] == ["sale", "payout", "sale"]
    assert after.closing == statement(seller).closing


def test_what_is_neither_sale_nor_payout_is_an_adjustment(seller):
    ledger_operations.post(
        business_key="goodwill:1",
        kind="goodwill",
        entries={f"payable:{seller.pk}": -150, "commission": 150},
        currency="USD",
        memo="Lost parcel, our courier",
    )
    (line,) = statement(seller).lines
    assert (line.kind, line.reference, line.memo, line.amount.minor) == (
        "adjustment",
        "goodwill:1",
        "Lost parcel, our courier",
        150,
    )


def test_a_sale_whose_news_is_under_way_is_on_it_already(seller):
    sell(Sold(seller=seller))
    (line,) = statement(seller).lines
    assert line.amount.minor == 5200


def test_another_sellers_movements_are_not_on_it(provider, seller):
    other = make_seller()
    earned(seller, other, provider=provider)
    assert [line.amount.minor for line in statement(other).lines] == [5200]


@pytest.mark.parametrize("orders", [1, 3])
def test_it_takes_as_many_statements_for_one_order_as_for_three(provider, seller, orders):
    for _ in range(orders):
        earned(seller, provider=provider)
    pay_out(seller)
    now = clock.now()
    with counted() as statements:
        queries.statement(
            seller_id=seller.pk, currency="USD", since=now - timedelta(days=1), until=now
        )
    assert len(statements) == 5


def test_the_summary_says_where_the_money_is(provider, seller):
    earned(seller, provider=provider)
    pay_out(seller)
    earned(seller, provider=provider)
    operations.run_now(seller_ids=[seller.pk])
    earned(seller, provider=provider, unit_minor=1000)
    waiting = sell(Sold(seller=seller, quantity=1, shipping_minor=0))
    operations.credit_order(order_id=waiting.id)

    told = queries.summary(seller_id=seller.pk, currency="USD")
    assert (told.sent.minor, told.under_way.minor, told.available.minor, told.pending.minor) == (
        5200,
        5200,
        2500,
        2250,
    )
    assert told.owed == told.under_way + told.available + told.pending
    assert told.hold == ""
    assert told.last is not None
    assert told.last.state == "created"


def test_it_reads_back_from_csv_with_numbers_as_numbers(provider, seller):
    earned(seller, provider=provider, titles=['=HYPERLINK("https://evil.example")'])
    pay_out(seller)
    rows = list(csv.reader(io.StringIO(csv_text(statement(seller).rows()).removeprefix("\ufeff"))))
    assert rows[0][5:] == [
        "Goods", "Shipping", "Commission", "Tax kept by marketplace", "Amount", "Balance",
    ]  # fmt: skip
    assert rows[2][5:] == ["50.00", "7.00", "-5.00", "4.98", "52.00", "52.00"]
    assert rows[3][9:] == ["-52.00", "0.00"]
    assert rows[2][3] == '2 × =HYPERLINK("https://evil.example")'
    assert rows[-1][1] == "Closing balance"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        (-5, "-5"),
        (Decimal("-5.10"), "-5.10"),
        (None, ""),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(cell, text):
    assert safe_cell(cell) == text


def test_what_a_gift_card_paid_is_a_sale_and_no_correction():
    ready = make_ready_cart()
    checkout.add_gift_card(cart_token=ready.token, code=make_gift_card(ready.total.minor)[1])
    assert ready.place().outcome == "confirmed"
    seller = Seller.objects.get(pk=ready.sellers[0])

    [line] = statement(seller).lines
    year = queries.income(seller_id=seller.pk, currency="USD", year=clock.now().year)

    assert (line.kind, line.commission.minor) == ("sale", -125)
    assert sum(month.corrections.minor for month in year.months) == 0
