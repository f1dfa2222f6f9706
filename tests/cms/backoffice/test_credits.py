"""Staff give gift cards and credit with a reason, once, and take back what is left."""

import pytest

from commerce.credits.models import Credit
from tests.factories.accounts import make_user
from tests.factories.credits import make_gift_card
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db
NEW = "/admin/office/credits/new/"
GIVEN = {
    "kind": "gift_card", "amount": "25.00", "email": "ada@brook.example",
    "reason": "Sorry for the wait", "key": "k1",
}  # fmt: skip


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def test_a_gift_card_is_given_once_however_often_the_button_is_pressed(staff):
    for _ in range(2):
        assert staff.post(NEW, GIVEN).status_code == 302

    card = Credit.objects.get()
    assert (card.kind, card.issued_minor, card.email) == ("gift_card", 2500, "ada@brook.example")
    assert card.issued_by.startswith("user:")


def test_store_credit_goes_to_the_account_of_the_address(staff):
    user = make_user(email="ada@brook.example")

    staff.post(NEW, GIVEN | {"kind": "store_credit"})

    assert Credit.objects.get().user_id == user.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0"}, {"amount": "-5"}, {"amount": "1.005"}, {"amount": "1e9"},
        {"amount": "NaN"}, {"email": "nobody"}, {"reason": ""}, {"kind": "gold"},
        {"kind": "store_credit"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_kept(staff, wrong):
    answer = staff.post(NEW, GIVEN | wrong)

    assert answer.status_code == 422
    assert "Sorry for the wait" in answer.content.decode() or "reason" in wrong
    assert not Credit.objects.exists()


def test_what_is_left_is_taken_back_with_a_reason(staff):
    card, _ = make_gift_card(5000)
    address = f"/admin/office/credits/{card}/"

    assert staff.post(address, {"reason": ""}).status_code == 422
    staff.post(address, {"reason": "sent to the wrong person"})

    found = Credit.objects.get()
    assert (found.balance_minor, found.void_reason) == (0, "sent to the wrong person")
    assert "sent to the wrong person" in staff.get(address).content.decode()
    assert staff.post(address, {"reason": "again"}).status_code == 422
    assert staff.get("/admin/office/credits/4711/").status_code == 404


def test_the_list_never_shows_a_code(staff):
    _, code = make_gift_card()

    page = staff.get("/admin/office/credits/").content.decode()

    assert f"…{code[-4:]}" in page
    assert code not in page


def test_who_lacks_the_right_gives_nothing(client):
    client.force_login(make_user())

    assert client.post(NEW, GIVEN).status_code in (302, 403, 404)
    assert not Credit.objects.exists()


@pytest.mark.parametrize(
    ("currency", "amount", "minor"), [("EUR", "12.50", 1250), ("JPY", "5000", 5000)]
)
def test_a_gift_card_is_given_in_the_currency_that_was_chosen(
    staff, settings, currency, amount, minor
):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]

    staff.post(NEW, GIVEN | {"currency": currency, "amount": amount})

    card = Credit.objects.get()
    assert (card.currency, card.balance_minor) == (currency, minor)


@pytest.mark.parametrize("wrong", [{"currency": "GBP"}, {"currency": "JPY", "amount": "1.5"}])
def test_a_gift_card_in_no_money_there_is_is_refused(staff, settings, wrong):
    settings.CURRENCIES = ["USD", "EUR", "JPY"]

    assert staff.post(NEW, GIVEN | {"currency": "EUR"} | wrong).status_code == 422
    assert not Credit.objects.exists()
