"""Work that failed for good is seen, tried again or given up, and told to who can mend it."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from cms.backoffice import alarms
from cms.backoffice.failures import KINDS
from cms.backoffice.models import Alarm
from cms.backoffice.subscribers import ring_for_broken_rules
from commerce.audit.models import Entry
from commerce.catalog import queries as catalog
from commerce.invariants.events import InvariantsChecked
from commerce.inventory import operations as inventory
from commerce.inventory import queries as levels
from commerce.kernel.tokens import new_token
from commerce.notifications import operations as notifications
from commerce.notifications.models import Message
from commerce.outbox import operations as outbox
from commerce.outbox.models import Delivery, Event
from commerce.payments import operations as payments
from commerce.payments.models import ProviderEvent
from tests.factories.accounts import make_user
from tests.factories.catalog import make_variant
from tests.factories.inventory import stock_up
from tests.factories.payments import make_attempt
from tests.factories.staff import ADMINISTRATORS, EDITORS, staff_client

pytestmark = pytest.mark.django_db

FAILURES = "/admin/office/failures/"


def parked() -> Delivery:
    event = Event.objects.create(name="tests.lamp-lit.v1", payload={}, actor="test")
    return Delivery.objects.create(
        event=event, subscriber="tests.bat", attempts=10, last_error="RuntimeError('the window')"
    )


def stuck() -> Message:
    return Message.objects.create(
        key="k:1", kind="order_confirmed", recipient="ada@example.com", subject="S", text="t",
        html="h", attempts=10, last_error="SMTPRefused()",
    )  # fmt: skip


def notice() -> ProviderEvent:
    return ProviderEvent.objects.create(
        event_id="evt_9", kind="payout.failed", payload={}, attempts=20, outcome="KeyError('id')"
    )


@pytest.fixture
def staff():
    return staff_client(ADMINISTRATORS)


def act(client, **data):
    return client.post(FAILURES, data, follow=True)


def test_the_screen_lists_what_failed_with_reason_and_attempts(staff):
    parked(), stuck(), notice()

    page = staff.get(FAILURES).content.decode()

    for words in ("tests.lamp-lit.v1", "the window", "ada@example.com", "SMTPRefused", "evt_9"):
        assert words in page
    assert Entry.objects.filter(action="failures.viewed").exists()
    assert "Failed work" in staff.get("/admin/").content.decode()


def test_each_is_tried_again_with_all_its_attempts(staff):
    delivery, message, event = parked(), stuck(), notice()

    for kind, row in (("fact", delivery), ("mail", message), ("notice", event)):
        assert "tried again now" in act(staff, kind=kind, id=row.pk, act="retry").content.decode()
        row.refresh_from_db()
        assert row.attempts == 0

    assert "Somebody else" in act(staff, kind="mail", id=message.pk, act="retry").content.decode()
    assert notifications.deliver(message_id=message.pk) is True


def test_all_of_a_kind_are_tried_again(staff):
    parked(), parked()

    assert "2 are tried again" in act(staff, kind="fact", act="retry_all").content.decode()

    assert not Delivery.objects.filter(attempts=10).exists()


def test_giving_up_needs_a_note_and_keeps_it(staff):
    delivery, message, event = parked(), stuck(), notice()

    nothing = staff.post(FAILURES, {"kind": "fact", "id": delivery.pk, "act": "give_up"})
    assert nothing.status_code == 422
    assert "Say why nothing has to be done" in nothing.content.decode()
    for kind, row in (("fact", delivery), ("mail", message), ("notice", event)):
        act(staff, kind=kind, id=row.pk, act="give_up", note="Told by phone.")

    delivery.refresh_from_db()
    assert delivery.given_up_at is not None
    assert "Told by phone." in delivery.last_error
    assert "RuntimeError" in delivery.last_error
    page = staff.get(FAILURES).content.decode()
    assert page.count("<p>None.</p>") == len(KINDS)


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "lamp", "id": "1", "act": "retry"},
        {"kind": "fact", "id": "x", "act": "retry"},
        {"kind": "fact", "act": "retry"},
        {"kind": "fact", "id": "9" * 30, "act": "retry"},
        {"kind": "fact", "id": "1", "act": "\u0000"},
    ],
)
def test_nonsense_does_nothing(staff, data):
    assert staff.post(FAILURES, data).status_code in (400, 404)


def test_who_lacks_the_right_sees_and_does_nothing():
    client = staff_client(EDITORS)
    row = parked()

    client.get(FAILURES)
    client.post(FAILURES, {"kind": "fact", "id": row.pk, "act": "retry"})

    row.refresh_from_db()
    assert row.attempts == 10


def told() -> list[str]:
    return list(Message.objects.filter(kind="work_failed").values_list("subject", flat=True))


def test_staff_is_told_of_news_once_and_at_most_once_an_hour(staff):
    make_user()
    parked()

    assert (alarms.ring(), alarms.ring()) == (1, 0)
    assert told() == ["Facts were not heard"]

    parked()
    assert alarms.ring() == 0
    Alarm.objects.update(mailed_at=Now() - timedelta(hours=1, minutes=1))
    assert alarms.ring() == 1
    assert Message.objects.filter(kind="work_failed").latest("pk").text.count("RuntimeError") == 1


def test_who_decides_on_payments_is_told_of_one_in_review(staff):
    make_user()
    payment = make_attempt()
    payments.hold_for_review(payment_id=payment.id, reason="4,999 instead of 5,000")

    assert (alarms.ring(), alarms.ring()) == (1, 0)
    mail = Message.objects.get(kind="work_failed")
    assert mail.subject == "Payments are not what was asked for"
    assert "4,999 instead of 5,000" in mail.text


def test_mails_about_stuck_mails_ring_no_alarm(staff):
    stuck()
    alarms.ring()
    Message.objects.filter(kind="work_failed").update(attempts=10)
    Alarm.objects.update(mailed_at=Now() - timedelta(hours=2))

    assert alarms.ring() == 0
    assert "ada@example.com" not in Message.objects.get(kind="work_failed").text


def test_a_broken_rule_is_told_until_it_holds(staff):
    for broken in (["INV1 x"], ["INV1 x"], [], ["INV1 x"]):
        Alarm.objects.update(mailed_at=Now() - timedelta(hours=2))
        ring_for_broken_rules(InvariantsChecked(broken=broken))

    assert told() == ["What must always hold does not"] * 2


def test_a_given_up_fact_is_never_delivered(staff):
    row = parked()
    act(staff, kind="fact", id=row.pk, act="give_up", note="Done by hand.")

    assert outbox.deliver(delivery_id=row.pk) is False


def test_staff_is_told_of_stock_that_is_not_where_the_records_say(staff):
    variant_id = make_variant()
    place = stock_up(variant_id, 10)
    own = {"seller_id": catalog.variants(variant_ids=[variant_id])[variant_id].seller_id}
    for counted in (8, 8):
        sheet_id = inventory.start_count(**own, location_id=place)
        [row] = levels.count_rows(sheet_id=sheet_id)
        inventory.enter_counts(**own, sheet_id=sheet_id, counted={row.stock_id: counted})
        inventory.apply_count(**own, sheet_id=sheet_id)
        alarms.ring()
        Alarm.objects.update(mailed_at=Now() - timedelta(hours=2))

    [mail] = Message.objects.filter(subject="Stock differs from what is recorded")
    assert "80.00 % of the units were as recorded" in mail.text


def test_no_mail_to_staff_holds_the_key_to_an_order(staff):
    token, row = new_token(), parked()
    told_of = f"{'x' * 90} NotPaid('{token}')"  # cut in the middle of the key
    Delivery.objects.filter(pk=row.pk).update(last_error=told_of)

    alarms.ring()

    [mail] = Message.objects.filter(kind="work_failed")
    assert "NotPaid" in mail.text
    assert token[:8] not in mail.text + mail.html
