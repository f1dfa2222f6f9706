import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from commerce.sellers.models import Seller
from tests.factories.payouts import Provider, earned
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.support.signing_in import PASSWORD, confirmed

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


def test_the_page_says_where_the_money_is(shop):
    earned(shop.seller)

    page = shop.client().get("/admin/selling/earnings/").content.decode()

    assert "$52.00" in page  # 2 at $25.00, less 10 %, plus $7.00 shipping
    assert "Connect a bank account" in page


def test_a_statement_adds_up_on_the_page_and_in_the_file(shop):
    sell(Sold(seller=shop.seller), Sold(seller=open_shop("Borealis").seller))
    client = shop.client()

    statement = client.get("/admin/selling/earnings/statement/").context["statement"]
    answer = client.get("/admin/selling/earnings/statement/csv/")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert [line.amount.minor for line in statement.lines] == [5200]
    assert [Decimal(row["Amount"] or 0) for row in rows] == [0, Decimal("52.00"), 0]
    assert Decimal(rows[-1]["Balance"]) == statement.closing.decimal == Decimal("52.00")


def test_a_period_that_cannot_be_is_explained(shop):
    client = shop.client()
    page = client.get("/admin/selling/earnings/statement/?since=2026-02-02&until=2026-01-01")

    assert "Choose a day that is not before the first." in page.content.decode()
    assert client.get("/admin/selling/earnings/statement/csv/?since=x").status_code == 404


@pytest.mark.parametrize("role", ["editor", "packer"])
@pytest.mark.parametrize(
    "screen", ["", "payouts/", "statement/", "statement/csv/", "connect/", "connected/"]
)
def test_money_is_the_owners_alone(shop, role, screen):
    assert shop.client(role).get(f"/admin/selling/earnings/{screen}").status_code == 404


def test_an_owner_connects_a_bank_account(shop, double):
    client = shop.client()
    answer = client.get("/admin/selling/earnings/connect/")
    assert answer.status_code == 302
    assert answer.url.startswith(double.url)

    account = Seller.objects.get(pk=shop.seller.pk).stripe_account_id
    double.complete_account(account)
    page = client.get("/admin/selling/earnings/connected/", follow=True).content.decode()

    assert "Your bank account is connected." in page
    assert Seller.objects.get(pk=shop.seller.pk).payouts_enabled


def test_another_bank_asks_for_a_fresh_sign_in(shop, double):
    Provider(double).connect(shop.seller)
    confirmed(shop.people["owner"])
    client = shop.client()

    asked = client.get("/admin/selling/earnings/connect/")
    assert asked["Location"].startswith(reverse("account_reauthenticate"))

    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get("/admin/selling/earnings/connect/")["Location"].startswith(double.url)


def test_a_known_bank_asks_for_a_fresh_sign_in_also_while_payouts_are_off(shop, double):
    Provider(double).connect(shop.seller)
    confirmed(shop.people["owner"])
    Seller.objects.filter(pk=shop.seller.pk).update(payouts_enabled=False)

    asked = shop.client().get("/admin/selling/earnings/connect/")

    assert asked["Location"].startswith(reverse("account_reauthenticate"))


def test_a_provider_that_does_not_answer_is_no_dead_end(shop):
    answer = shop.client().get("/admin/selling/earnings/connect/", follow=True)

    assert "The payment provider does not answer." in answer.content.decode()


def test_payouts_are_listed(shop, double):
    from commerce.payouts import operations

    provider = Provider(double)
    provider.connect(shop.seller)
    earned(shop.seller, provider=provider)
    operations.run(period="2026-11-20")

    page = shop.client().get("/admin/selling/earnings/payouts/").content.decode()

    assert "2026-11-20" in page
    assert "$52.00" in page
