"""Staff compare on demand, take differences and explain them."""

import pytest

from commerce.reconciling.models import Break
from tests.commerce.payments.test_refunds import pay
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


@pytest.fixture
def found(staff, double):
    payment = pay(double)
    charge = double.world.store.by_id[payment.provider_charge]
    movement = double.world.store.by_id[charge["balance_transaction"]]
    double.change_object(movement["id"], fee=movement["fee"] + 1)
    staff.post("/admin/office/reconciling/run/")
    return Break.objects.get()


def test_a_difference_is_shown_with_its_age_and_the_rates_above(staff, found):
    page = staff.get("/admin/office/reconciling/").content.decode()

    for words in ("Another fee than in the ledger", "Success rate", "1 movements", "0 minutes"):
        assert words.replace(" ", "\xa0") in page or words in page


def test_a_difference_is_taken_and_explained(staff, found):
    address = f"/admin/office/reconciling/{found.pk}/"

    staff.post(address, {"take": "1"})
    assert staff.post(address, {"reason": ""}).status_code == 422
    staff.post(address, {"reason": "The provider rounded."})

    found.refresh_from_db()
    assert (found.owner is not None, found.resolution) == (True, "The provider rounded.")
    assert staff.post(address, {"reason": "again"}).status_code == 422
    assert "The provider rounded." in staff.get(address).content.decode()
    assert staff.get("/admin/office/reconciling/4711/").status_code == 404


def test_a_provider_that_is_away_is_told(staff, double):
    double.outage("503")

    answer = staff.post("/admin/office/reconciling/run/", follow=True)

    assert "did not answer" in answer.content.decode()
