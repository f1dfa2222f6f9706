import pytest

from commerce.kernel.money import Money
from commerce.ledger import queries as ledger
from commerce.payouts.models import PayoutTerms
from commerce.payouts.terms import common_terms, terms_of
from commerce.sellers import queries as sellers
from commerce.sellers.models import CommissionRule, Seller
from tests.factories.pages import a_category
from tests.factories.payouts import earned
from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, MODERATORS, staff_client

pytestmark = pytest.mark.django_db

TERMS = {
    "action": "agree", "schedule": "weekly", "minimum": "25.00", "hold_days": "14",
    "reserve": "2.5", "reserve_days": "60",
}  # fmt: skip
COMMISSIONS = "/admin/office/commissions/"


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def address(shop):
    return f"/admin/office/sellers/{shop.seller.pk}/money/"


def test_terms_are_agreed_with_one_seller_or_with_all(shop, staff):
    assert (
        staff.post("/admin/office/payouts/terms/", {**TERMS, "hold_days": "3"}).status_code == 302
    )
    assert staff.post(address(shop), TERMS).status_code == 302
    held = terms_of(seller_ids=[shop.seller.pk])[shop.seller.pk]
    assert (held.schedule, held.minimum_minor, held.reserve_bps) == ("weekly", 2500, 250)
    assert common_terms().hold_days == 3
    staff.post(address(shop), {"action": "drop"})
    assert terms_of(seller_ids=[shop.seller.pk])[shop.seller.pk].hold_days == 3


@pytest.mark.parametrize("screen", ["money/", ""])
def test_what_a_seller_is_to_do_is_not_said_as_if_staff_were_to_do_it(shop, staff, screen):
    Seller.objects.filter(pk=shop.seller.pk).update(stripe_account_id="", payouts_enabled=False)

    page = staff.get(f"/admin/office/sellers/{shop.seller.pk}/{screen}").content.decode()

    assert "The seller reads: “Connect a bank account to be paid.”" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("schedule", "hourly"), ("hold_days", "-1"), ("reserve", "101"), ("minimum", "abc")],
)
def test_terms_that_make_no_sense_are_kept_in_the_form_with_a_reason(shop, staff, field, value):
    page = staff.post(address(shop), {**TERMS, field: value})
    assert page.status_code == 422
    assert page.context["terms"].errors[field]
    assert page.context["terms"]["reserve_days"].value() == "60"
    assert not PayoutTerms.objects.exists()


def test_a_correction_is_booked_once_per_reference(shop, staff):
    earned(shop.seller)
    words = {"action": "correct", "amount": "-12.00", "reason": "Sent twice", "reference": "T-1"}
    assert staff.post(address(shop), words).status_code == 302
    again = staff.post(address(shop), words)
    assert again.status_code == 422
    assert b"booked before" in again.content
    assert ledger.balance(code="losses", currency="USD") == -1200
    assert b"Sent twice" in staff.get(address(shop)).content


@pytest.mark.parametrize("amount", ["0", "", "1e999", "12.345", "99999999999"])
def test_an_amount_that_is_none_is_refused(shop, staff, amount):
    words = {"action": "correct", "amount": amount, "reason": "x", "reference": "T-1"}
    page = staff.post(address(shop), words)
    assert page.status_code == 422
    assert page.context["correction"].errors["amount"]


def test_a_rule_of_commission_is_added_and_ended(shop, staff):
    category = a_category("Lamps")
    answer = staff.post(
        COMMISSIONS,
        {
            "action": "add", "rule-label": "Lamps cheaper", "rule-rate": "7.5", "rule-seller": "",
            "rule-plan": "", "rule-category": str(category.key), "rule-valid_until": "",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    rule = CommissionRule.objects.get()
    assert (rule.rate_bps, rule.category_key) == (750, category.key)
    assert b"Lamps cheaper" in staff.get(COMMISSIONS).content
    staff.post(COMMISSIONS, {"action": "end", "rule": str(rule.pk)})
    rule.refresh_from_db()
    assert rule.valid_until is not None


def test_a_rule_for_nobody_and_nothing_is_refused_with_a_reason(staff):
    page = staff.post(COMMISSIONS, {"action": "add", "rule-label": "x", "rule-rate": "5"})
    assert page.status_code == 422
    assert b"which seller, plan or category" in page.content


def test_a_plan_is_offered(staff):
    answer = staff.post(
        COMMISSIONS,
        {
            "action": "offer", "plan-code": "pro", "plan-name": "Pro", "plan-monthly": "29",
            "plan-is_offered": "on",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    assert [(plan.code, plan.monthly) for plan in sellers.plans()] == [("pro", Money(2900, "USD"))]


@pytest.mark.parametrize("rule", ["", "x", "9" * 30])
def test_ending_what_is_no_rule_is_refused(staff, rule):
    assert staff.post(COMMISSIONS, {"action": "end", "rule": rule}).status_code == 404


def test_whoever_may_not_move_money_is_refused(shop):
    moderator = staff_client(MODERATORS)
    assert moderator.get(address(shop)).status_code in (302, 403)
    assert moderator.post(address(shop), TERMS).status_code in (302, 403)
    assert not PayoutTerms.objects.exists()


def test_a_correction_is_booked_in_the_currency_that_was_chosen(shop, staff, settings):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]
    words = {"action": "correct", "amount": "12.50", "reason": "Lost", "reference": "T-1"}

    staff.post(address(shop), {**words, "currency": "EUR"})
    refused = staff.post(address(shop), {**words, "currency": "JPY", "reference": "T-2"})
    unknown = staff.post(address(shop), {**words, "currency": "GBP", "reference": "T-3"})

    assert ledger.balance(code="losses", currency="EUR") == 1250
    assert ledger.balance(code="losses", currency="USD") == 0
    assert "amount of JPY such as 1250" in refused.content.decode()
    assert unknown.status_code == 422
    assert "<h3>EUR</h3>" in staff.get(address(shop)).content.decode()
