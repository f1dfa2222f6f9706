"""Staff find gift cards that were sold, mail them again and give them back; never see a code."""

import pytest

from cms.backoffice.views.payments import unsettled_payments
from commerce.audit.models import Entry
from commerce.credits import queries as cards
from commerce.giftcards.models import Purchase
from commerce.payments import operations as payments
from commerce.payments.models import Payment, Refund
from devtools.stripe_double import StripeDouble
from tests.commerce.payments.test_deciding import refund_in_the_dashboard
from tests.factories.giftcards import begin, bought, known
from tests.factories.staff import ADMINISTRATORS, staff_client
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db
LIST = "/admin/office/gift-cards/"


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def test_a_purchase_is_found_and_its_code_is_not(staff, double: StripeDouble) -> None:
    purchase = bought(double)
    found = staff.get(LIST, {"q": "noor"}).content.decode()
    page = staff.get(f"{LIST}{purchase.id}/").content.decode()

    assert purchase.number in found
    assert "noor@example.com" in page
    code = cards.code(credit_id=purchase.credit_id or 0)
    assert code not in found + page
    assert purchase.token not in found + page
    assert Entry.objects.filter(action="gift_card.viewed").exists()


@pytest.mark.parametrize(
    ("typed", "is_found"), [("{}", True), ("g{}", True), ("G-99999999", False)]
)
def test_a_purchase_is_found_by_its_number(staff, double, typed: str, is_found: bool) -> None:
    number = known(begin().token).number

    typed = typed.format(number if typed == "{}" else number.removeprefix("G-"))
    found = staff.get(LIST, {"q": typed}).content.decode()

    assert ("noor@example.com" in found) is is_found


def test_the_list_asks_as_often_for_three_as_for_one(staff, double: StripeDouble) -> None:
    begin()
    staff.get(LIST)  # what is remembered is asked for once
    with counted() as one:
        staff.get(LIST)
    begin()
    begin()
    with counted() as three:
        staff.get(LIST)
    assert len(three) == len(one)


def test_the_code_is_mailed_again_to_a_corrected_address(staff, double: StripeDouble) -> None:
    purchase = bought(double)

    answer = staff.post(f"{LIST}{purchase.id}/", {"do": "resend", "email": "noor@right.example"})

    assert answer.status_code == 302
    assert known(purchase.token).recipient_email == "noor@right.example"
    assert Purchase.objects.get().deliveries == 2


@pytest.mark.parametrize(
    "form",
    [
        {"do": "resend", "email": "nobody"}, {"do": "refund", "reason": ""}, {},
    ],
)  # fmt: skip
def test_what_makes_no_sense_changes_nothing(staff, double: StripeDouble, form) -> None:
    purchase = bought(double)
    assert staff.post(f"{LIST}{purchase.id}/", form).status_code == 422
    assert known(purchase.token) == purchase


def test_what_is_left_is_given_back_with_a_reason(staff, double: StripeDouble) -> None:
    purchase = bought(double)
    for _ in range(2):
        staff.post(f"{LIST}{purchase.id}/", {"do": "refund", "reason": "sent twice"})

    assert Refund.objects.get().amount_minor == 5000
    assert known(purchase.token).reason == "sent twice"


def test_an_unpaid_card_is_neither_sent_nor_given_back(staff, double: StripeDouble) -> None:
    begin()
    page = f"{LIST}{Purchase.objects.get().pk}/"
    assert staff.post(page, {"do": "resend", "email": "a@b.example"}).status_code == 422
    assert staff.post(page, {"do": "refund", "reason": "x"}).status_code == 422


def test_a_bought_card_is_not_taken_away_as_a_loss(staff, double: StripeDouble) -> None:
    card = bought(double).credit_id
    assert staff.post(f"/admin/office/credits/{card}/", {"reason": "x"}).status_code == 422
    assert cards.credits(credit_ids=[card or 0])[card or 0].balance.minor == 5000


def test_the_screen_of_its_payment_leads_to_it(staff, double: StripeDouble) -> None:
    purchase = bought(double)
    payment = Payment.objects.get()

    page = staff.get(f"/admin/office/payments/{payment.pk}/").content.decode()

    assert f"{LIST}{purchase.id}/" in page
    assert purchase.number in page


def test_a_part_given_back_in_the_dashboard_is_asked_about_until_somebody_says_it_is_a_loss(
    staff, double: StripeDouble
) -> None:
    bought(double)
    payment = Payment.objects.get()
    refund_in_the_dashboard(double, payment, 1000)
    payments.record_found_refunds(charge_id=str(payment.provider_charge))
    page = f"/admin/office/payments/{payment.pk}/"
    refund = Refund.objects.get().pk
    assert "It stays our loss" in staff.get(page).content.decode()
    assert staff.post(page, {"decision": "keep", "refund": refund}).status_code == 422

    kept = {"decision": "keep", "refund": refund, "reason": "a kindness"}
    assert staff.post(page, kept).status_code == 302

    assert staff.post(page, kept).status_code == 422
    assert "It stays our loss" not in staff.get(page).content.decode()
    assert not unsettled_payments().exists()
