"""What carriers say of parcels: any number of times, in any order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from commerce.fulfillment import operations, queries
from commerce.fulfillment.models import Shipment, TrackingEvent
from commerce.gateways.carriers import TrackedEvent, TrackingUpdate
from commerce.orders import queries as orders
from commerce.outbox.models import Event
from tests.factories.fulfillment import labeled, make_carrier, shipped
from tests.factories.sales import Sold, sell
from tests.factories.sellers import make_seller
from tests.support.carrier import deliver

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)


def sold_part(**changes):
    return sell(Sold(seller=make_seller(), **changes)).seller_orders[0]


def on_its_way(part):
    """A parcel with a label that was handed over; returns its id and tracking number."""
    label_id = labeled(part)
    parcel_id = operations.hand_over(seller_id=part.seller_id, label_id=label_id)
    return parcel_id, parcel(parcel_id).tracking_number


def parcel(parcel_id):
    return queries.shipments(shipment_ids=[parcel_id])[parcel_id]


def said(parcel_id):
    events = queries.tracking_of(shipment_ids=[parcel_id])[parcel_id]
    return [(event.status, event.place) for event in events]


def state_of(part):
    return orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id].state


def hear(carriers, number, status, **more):
    return deliver(*carriers.signed(carriers.move(number, status, **more)))


def test_a_notice_tells_where_a_parcel_is_and_when_it_comes(carriers):
    parcel_id, number = on_its_way(sold_part())
    answer = hear(carriers, number, "in_transit", place="Denver")
    assert (answer.status_code, answer.content) == (200, b"recorded")
    assert said(parcel_id) == [("in_transit", "Denver, NV, US")]
    assert parcel(parcel_id).status == "in_transit"
    assert parcel(parcel_id).expected_on is not None


def test_a_parcel_that_arrived_is_delivered_and_so_is_its_order(carriers):
    part = sold_part()
    parcel_id, number = on_its_way(part)
    hear(carriers, number, "in_transit")
    assert hear(carriers, number, "delivered").content == b"delivered"
    assert parcel(parcel_id).state == "delivered"
    assert state_of(part) == "delivered"
    event = orders.seller_orders_by_id(seller_order_ids=[part.id])[part.id]
    assert event.delivered_at is not None


def test_a_repeated_notice_changes_nothing(carriers):
    parcel_id, number = on_its_way(sold_part())
    notice = carriers.signed(carriers.move(number, "delivered"))
    for _ in range(3):
        assert deliver(*notice).status_code == 200
    assert len(said(parcel_id)) == 1
    assert Event.objects.filter(name="fulfillment.shipment-delivered.v1").count() == 1


STORY = [
    TrackedEvent(at=MORNING + timedelta(hours=n), status=status, message=status)
    for n, status in enumerate(
        ["pre_transit", "in_transit", "in_transit", "out_for_delivery", "delivered"]
    )
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(STORY)), min_size=1, max_size=8))
def test_in_whatever_order_updates_come_the_latest_is_shown(lengths):
    """Each update holds the story up to a moment; the longest that came decides."""
    parcel_id = shipped(sold_part())
    Shipment.objects.filter(pk=parcel_id).update(tracker_id=f"trk_{parcel_id}")
    for length in lengths:
        told = tuple(STORY[:length])
        operations.record_tracking(
            update=TrackingUpdate(
                tracker_id=f"trk_{parcel_id}", tracking_number="", events=told,
                status=told[-1].status if told else "unknown",
            )
        )  # fmt: skip
    longest = max(lengths)
    assert [status for status, _ in said(parcel_id)] == [
        event.status for event in reversed(STORY[:longest])
    ]
    if longest:
        assert parcel(parcel_id).status == STORY[longest - 1].status
    assert (parcel(parcel_id).state == "delivered") is (longest == len(STORY))


def test_an_older_update_does_not_bring_an_older_date_back(carriers):
    parcel_id, number = on_its_way(sold_part())
    tracker_id = Shipment.objects.get(pk=parcel_id).tracker_id
    today, tomorrow = MORNING.date(), MORNING.date() + timedelta(days=1)

    def tell(count, day):
        operations.record_tracking(
            update=TrackingUpdate(
                tracker_id=tracker_id, tracking_number=number, status="in_transit",
                expected_on=day, events=tuple(STORY[:count]),
            )
        )  # fmt: skip

    tell(3, tomorrow)
    tell(2, today)
    assert parcel(parcel_id).expected_on == tomorrow


def test_the_carriers_first_scan_sends_a_parcel_that_nobody_reported(carriers):
    part = sold_part()
    labeled(part)
    (label,) = queries.labels_of(seller_order_ids=[part.id])[part.id]
    assert hear(carriers, label.tracking_number, "pre_transit").content.startswith(b"ignored")
    assert state_of(part) == "confirmed"
    assert hear(carriers, label.tracking_number, "in_transit").content == b"recorded"
    assert state_of(part) == "shipped"
    (sent,) = queries.shipments_of(seller_order_ids=[part.id])[part.id]
    assert sent.label_id == label.id


def test_a_notice_of_somebody_elses_parcel_is_nothing(carriers):
    notice = {"description": "tracker.updated", "result": {"id": "trk_x", "status": "delivered"}}
    assert deliver(*carriers.signed(notice)).content == b"ignored: no parcel of ours"


def test_only_what_our_secret_signed_is_believed(carriers):
    parcel_id, number = on_its_way(sold_part())
    body, signature = carriers.signed(carriers.move(number, "delivered"))
    for forged in ("", "hmac-sha256-hex=0", signature.upper()):
        assert deliver(body, forged).status_code == 400
    assert parcel(parcel_id).state == "shipped"


def test_the_address_takes_notices_without_a_form_token(carriers):
    parcel_id, number = on_its_way(sold_part())
    body, signature = carriers.signed(carriers.move(number, "in_transit"))
    answer = Client(enforce_csrf_checks=True).post(
        "/webhooks/easypost/", body, content_type="application/json",
        headers={"X-Hmac-Signature": signature},
    )  # fmt: skip
    assert answer.status_code == 200
    assert Client().get("/webhooks/easypost/").status_code == 405
    assert len(said(parcel_id)) == 1


def test_without_an_account_no_notice_is_believed(carriers, settings):
    settings.EASYPOST_API_KEY = ""
    assert deliver(b"{}", "").status_code == 400


def let_time_pass(minutes):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fulfillment_shipment SET asked_at = asked_at - %s * interval '1 minute'",
            [minutes],
        )


def test_a_parcel_of_which_no_notice_comes_is_asked_about_within_the_hour(carriers):
    part = sold_part()
    parcel_id, number = on_its_way(part)
    carriers.move(number, "in_transit")
    assert operations.poll_parcels() == 1
    assert said(parcel_id) == [("in_transit", "Reno, NV, US")]
    assert operations.poll_parcels() == 0

    carriers.move(number, "delivered")
    let_time_pass(minutes=50)  # the task runs every ten minutes: within the hour
    assert operations.poll_parcels() == 1
    assert state_of(part) == "delivered"
    let_time_pass(minutes=50)
    assert operations.poll_parcels() == 0


def test_a_parcel_sent_with_a_number_of_the_sellers_own_is_followed_too(carriers):
    part = sold_part()
    parcel_id = shipped(part)
    assert operations.poll_parcels() == 1
    carriers.move(parcel(parcel_id).tracking_number, "delivered")
    let_time_pass(minutes=50)
    operations.poll_parcels()
    assert state_of(part) == "delivered"


def test_a_carrier_that_is_not_followed_holds_up_no_other(carriers):
    odd, usual = sold_part(), sold_part()
    operations.ship(
        seller_id=odd.seller_id, seller_order_id=odd.id, carrier_code=make_carrier("pigeon"),
        tracking_number="P 1",
    )  # fmt: skip
    shipped(usual)
    assert operations.poll_parcels() == 1


def test_with_the_service_away_asking_stops_and_goes_on_later(carriers):
    shipped(sold_part())
    shipped(sold_part())
    carriers.fault("500", times=None)
    asked = len(carriers.asked)
    assert operations.poll_parcels() == 0
    assert len(carriers.asked) == asked
    carriers.mend()
    let_time_pass(minutes=50)
    assert operations.poll_parcels() == 2


def test_more_parcels_than_a_batch_are_asked_about_in_one_go(carriers):
    for _ in range(3):
        shipped(sold_part())

    assert operations.poll_parcels(batch=2) == 3


def test_when_the_time_is_over_the_log_says_how_many_wait_and_the_next_run_goes_on(carriers):
    first = shipped(sold_part())
    shipped(sold_part())

    with capture_logs() as logs:
        assert operations.poll_parcels(seconds=0) == 0

    (line,) = [entry for entry in logs if entry["event"] == "tracking.behind"]
    assert (line["asked"], line["waiting"], line["oldest"]) == (0, 2, first)
    assert line["since"] == parcel(first).shipped_at.isoformat()
    assert operations.poll_parcels() == 2


def test_the_database_keeps_what_a_carrier_said(carriers):
    parcel_id, number = on_its_way(sold_part())
    hear(carriers, number, "in_transit")
    for change in (lambda rows: rows.update(status="x"), lambda rows: rows.delete()):
        with pytest.raises(Error, match="stays on record"), transaction.atomic():
            change(TrackingEvent.objects.filter(shipment_id=parcel_id))


def test_the_story_of_many_parcels_takes_one_statement(carriers, django_assert_num_queries):
    ids = [on_its_way(sold_part())[0] for _ in range(3)]
    with django_assert_num_queries(1):
        queries.tracking_of(shipment_ids=ids)
