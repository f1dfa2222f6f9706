"""Staff see disputes by their deadline, answer them, and give them up."""

import pytest

from commerce.payments import operations as payments
from commerce.payments.models import Dispute
from tests.commerce.payments.test_refunds import pay
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


@pytest.fixture
def dispute(double):
    opened = double.open_dispute(pay(double).provider_charge, reason="product_not_received")
    payments.look_at_dispute(provider_dispute=opened["id"])
    return Dispute.objects.get()


def test_a_dispute_is_listed_with_its_deadline_and_answered(staff, dispute):
    address = f"/admin/office/disputes/{dispute.pk}/"

    assert "product not received" in staff.get("/admin/office/disputes/").content.decode()
    assert "takes an answer until" in staff.get(address).content.decode()
    assert staff.post(address, {"evidence": "It arrived."}).status_code == 302

    dispute.refresh_from_db()
    assert dispute.evidence == "It arrived."


def test_an_empty_answer_and_a_silent_provider_are_told(staff, dispute, double):
    address = f"/admin/office/disputes/{dispute.pk}/"
    assert staff.post(address, {"evidence": ""}).status_code == 422
    double.outage("503")

    answer = staff.post(address, {"evidence": "It arrived."})

    assert answer.status_code == 422
    assert "did not answer" in answer.content.decode()
    assert "It arrived." in answer.content.decode()


def test_a_dispute_is_given_up(staff, dispute):
    address = f"/admin/office/disputes/{dispute.pk}/"

    staff.post(address, {"evidence": "Lost parcel.", "accept": "1"})

    dispute.refresh_from_db()
    assert dispute.state == "lost"
    assert staff.post(address, {"evidence": "more"}).status_code == 422
    assert staff.get("/admin/office/disputes/4711/").status_code == 404
