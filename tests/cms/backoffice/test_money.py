import pytest

from commerce.invariants.queries import check_all
from commerce.ledger.models import Journal
from commerce.payments.models import Payment
from commerce.payouts import operations as payouts
from commerce.payouts.models import Payout
from tests.factories.payments import make_attempt, make_captured
from tests.factories.payouts import Provider, earned, make_payable
from tests.factories.sales import Sold, sell
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def test_an_order_is_found_by_number_part_and_email(shop, staff):
    wanted = sell(Sold(seller=shop.seller), email="ada@brook.example")
    sell(Sold(seller=shop.seller), email="other@brook.example")

    for words in (wanted.number, wanted.seller_orders[0].number, "ada@brook.exam"):
        found = staff.get("/admin/office/orders/", {"q": words}).context["object_list"]
        assert [row.number for row in found] == [wanted.number]


def test_an_order_shows_parts_events_and_payments(shop, staff):
    order = sell(Sold(seller=shop.seller), Sold(seller=open_shop("Borealis").seller))

    page = staff.get(f"/admin/office/orders/{order.number}/").content.decode()

    for word in ("Acme", "Borealis", "Confirmed", "pi_test_", "ada@example.com"):
        assert word in page


def test_the_lists_cost_the_same_for_one_and_for_many(shop, staff):
    screens = ["orders/", "payouts/", "ledger/", "sellers/", "payments/", "ledger/balances/"]
    earned(shop.seller)

    def cost():
        sums = []
        for screen in screens:
            staff.get(f"/admin/office/{screen}")
            with counted() as statements:
                staff.get(f"/admin/office/{screen}")
            sums.append(len(statements))
        return sums

    one = cost()
    earned(shop.seller)
    earned(open_shop("Borealis").seller)
    assert cost() == one


def test_payouts_are_run_by_hand_once(shop, staff, double):
    provider = Provider(double)
    account = provider.connect(shop.seller)
    earned(shop.seller, provider=provider)

    first = staff.post("/admin/office/payouts/run/", follow=True).content.decode()
    second = staff.post("/admin/office/payouts/run/", follow=True).content.decode()

    assert "1 payout on the way." in first
    assert "Nothing is available" in second
    assert Payout.objects.get().state == "sent"
    assert len(provider.payouts(account)) == 1


def test_a_failed_payout_is_tried_again(shop, staff, double):
    provider = Provider(double)
    provider.connect(shop.seller)
    earned(shop.seller, provider=provider)
    double.outage("503")
    staff.post("/admin/office/payouts/run/")
    Payout.objects.update(state="failed", last_error="The bank said no.")
    double.outage(None)

    assert "The bank said no." in staff.get("/admin/office/payouts/").content.decode()
    staff.post(f"/admin/office/payouts/{Payout.objects.get().pk}/retry/")

    assert Payout.objects.get().state == "sent"


def test_a_payout_that_did_not_fail_is_left_alone(shop, staff):
    make_payable(shop.seller)
    earned(shop.seller)
    (payout_id,) = payouts.run(period="x")

    answer = staff.post(f"/admin/office/payouts/{payout_id}/retry/", follow=True)

    assert "This payout did not fail." in answer.content.decode()
    assert staff.post("/admin/office/payouts/99999/retry/").status_code == 404


def test_payments_that_need_a_person_are_listed(staff):
    fine = make_captured()
    odd = make_attempt()
    Payment.objects.filter(pk=odd.id).update(state="review", review_reason="one cent less")
    lost = make_attempt()
    Payment.objects.filter(pk=lost.id).update(
        state="orphan", captured_minor=5000, provider_charge="ch_lost"
    )

    found = staff.get("/admin/office/payments/").context["object_list"]

    assert {row.pk for row in found} == {odd.id, lost.id}
    assert fine.id not in {row.pk for row in found}


def test_a_journal_shows_its_entries_and_accounts_hold_nothing_together(shop, staff):
    sell(Sold(seller=shop.seller))

    page = staff.get(f"/admin/office/ledger/{Journal.objects.get().pk}/")
    balances = staff.get("/admin/office/ledger/balances/")

    assert {code for code, _ in page.context["credits"]} == {
        "commission", "tax", f"payable:{shop.seller.pk}"
    }  # fmt: skip
    assert [(each.minor, each.currency) for each in balances.context["sums"]] == [(0, "USD")]
    rows = staff.get(f"/admin/office/ledger/?account=payable:{shop.seller.pk}")
    assert len(rows.context["object_list"]) == 1


def test_the_ledger_is_not_written_to(shop, staff):
    sell(Sold(seller=shop.seller))

    assert staff.post(f"/admin/office/ledger/{Journal.objects.get().pk}/").status_code == 405


def test_invariants_are_counted(shop, staff):
    sell(Sold(seller=shop.seller))

    page = staff.get("/admin/office/invariants/")

    counted_now = {result.code: result.violations for result in page.context["results"]}
    assert counted_now == {result.code: result.violations for result in check_all()}
    assert "INV12" in page.content.decode()


def test_tax_rates_and_carriers_are_kept(staff):
    staff.post(
        "/admin/pricing/taxrate/create/",
        {"country": "US", "region": "CA", "tax_class": "standard", "name": "CA", "rate_bps": "875"},
    )
    staff.post("/admin/fulfillment/carrier/create/", {"name": "Courier", "code": "courier"})

    assert "8.75 %" in staff.get("/admin/pricing/taxrate/").content.decode()
    assert "Courier" in staff.get("/admin/fulfillment/carrier/").content.decode()
