import csv
import io

import pytest

from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.payouts import operations as payouts
from commerce.sellers import operations as sellers
from commerce.sellers import queries as seller_queries
from tests.factories.payouts import earned
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db
YEAR = "/admin/selling/earnings/year/"
PLAN = "/admin/selling/earnings/plan/"


@pytest.fixture
def shop():
    return open_shop("Acme")


def test_a_year_adds_up_to_what_the_seller_is_owed(shop):
    other = open_shop("Borealis")
    earned(shop.seller, other.seller)
    payouts.correct(seller_id=shop.seller.pk, amount=Money(-700, "USD"), reason="x", reference="r")
    sellers.offer_plan(code="pro", name="Pro", monthly=Money(2900, "USD"))
    sellers.subscribe(seller_id=shop.seller.pk, plan_code="pro")
    payouts.bill_subscriptions()

    page = shop.client().get(YEAR)
    totals = page.context["income"].totals
    assert {name: amount.minor for name, amount in totals.items()} == {
        "sales": 5700, "commission": 500, "refunds": 0, "fees": -2900, "disputes": 0,
        "corrections": -700, "income": 5700 - 500 - 2900 - 700, "payouts": 0, "tax": 498,
    }  # fmt: skip


def test_the_year_comes_as_a_file_for_a_spreadsheet(shop):
    earned(shop.seller)
    text = shop.client().get(f"{YEAR}csv/").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + 12 + 1
    assert rows[-1][:4] == [str(clock.now().year), "1", "USD", "57.00"]


def test_a_year_costs_the_same_for_one_and_for_many_orders(shop):
    client = shop.client()

    def cost():
        with counted() as statements:
            client.get(YEAR)
        return len(statements)

    earned(shop.seller)
    client.get(YEAR)
    one = cost()
    for _ in range(3):
        earned(shop.seller)
    assert cost() == one


@pytest.mark.parametrize("year", ["1999", "99999", "x", "3000", "٢٠٢٦"])
def test_what_is_no_year_is_not_found(shop, year):
    assert shop.client().get(YEAR, {"year": year}).status_code == 404


def test_a_plan_is_chosen_and_ended_by_the_owner(shop):
    sellers.offer_plan(code="pro", name="Pro", monthly=Money(2900, "USD"))
    sellers.add_commission_rule(label="Pro", rate_bps=600, plan_code="pro")
    client = shop.client()
    page = client.post(PLAN, {"plan": "pro"}, follow=True).content.decode()
    assert "6 %" in page
    assert seller_queries.subscription_of(seller_id=shop.seller.pk).plan.code == "pro"
    client.post(PLAN, {"plan": ""})
    assert seller_queries.subscription_of(seller_id=shop.seller.pk) is None or (
        seller_queries.subscription_of(seller_id=shop.seller.pk).ends_at
    )


@pytest.mark.parametrize("plan", ["none", "x" * 500])
def test_a_plan_that_is_not_offered_is_refused(shop, plan):
    page = shop.client().post(PLAN, {"plan": plan}, follow=True).content.decode()
    assert "cannot be chosen" in page


@pytest.mark.parametrize("role", ["editor", "packer"])
def test_money_is_the_owners_alone(shop, role):
    for screen in (YEAR, f"{YEAR}csv/", PLAN):
        assert shop.client(role).get(screen).status_code == 404


def test_deductions_and_terms_are_told(shop):
    earned(shop.seller)
    payouts.correct(
        seller_id=shop.seller.pk, amount=Money(-9900, "USD"), reason="Sent twice", reference="r"
    )
    payouts.run_now()
    page = shop.client().get("/admin/selling/earnings/").content.decode()
    for words in ("Sent twice", "Still to be deducted", "7 days after delivery"):
        assert words in page
