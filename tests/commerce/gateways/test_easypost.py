"""The parcel service's gateway against its double: time limits, the fuse, errors by our names."""

import pytest
from django.db import transaction

from commerce.gateways import carrier_calls, easypost
from commerce.gateways.carriers import (
    CarrierRefused,
    CarrierUnavailable,
    NotAuthentic,
    NotSetUp,
    ParcelRequest,
    get_carrier_gateway,
)
from commerce.gateways.payments import InTransaction
from tests.factories.accounts import SAN_FRANCISCO

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(carriers):
    return get_carrier_gateway()


def request(reference="1:parcel", **changes):
    values = {
        "reference": reference,
        "origin": SAN_FRANCISCO.as_dict(),
        "destination": SAN_FRANCISCO.as_dict(),
        "weight_grams": 907,
        "sizes_mm": (254, 127, 50),
        **changes,
    }
    return ParcelRequest(**values)


def bought(gateway):
    prepared = gateway.prepare(request=request())
    return gateway.buy(provider_id=prepared.provider_id, rate_id=prepared.rates[0].id)


def test_prices_come_in_minor_units_with_days_by_our_code_of_the_carrier(gateway):
    rates = gateway.rates(request=request())
    assert [(rate.carrier, rate.service, rate.days) for rate in rates[:3]] == [
        ("usps", "GroundAdvantage", 5),
        ("usps", "Priority", 2),
        ("ups", "Ground", 4),
    ]
    assert (rates[0].amount_minor, rates[0].currency) == (486, "USD")


def test_a_parcel_is_told_in_ounces_and_inches(gateway, carriers):
    gateway.prepare(request=request())
    (parcel,) = carriers.shipments.values()
    assert parcel["parcel"] == {"weight": 32.0, "length": 10.0, "width": 5.0, "height": 2.0}
    assert parcel["to_address"]["zip"] == SAN_FRANCISCO.postal_code


def test_a_parcel_is_found_by_its_reference(gateway):
    prepared = gateway.prepare(request=request("7:key"))
    assert gateway.find(reference="7:key") == prepared
    assert gateway.find(reference="7:other") is None


def test_a_label_is_bought_once(gateway, carriers):
    prepared = gateway.prepare(request=request())
    first = gateway.buy(provider_id=prepared.provider_id, rate_id=prepared.rates[1].id)
    again = gateway.buy(provider_id=prepared.provider_id, rate_id=prepared.rates[1].id)
    assert first == again
    assert (first.carrier, first.service) == ("usps", "Priority")
    assert carriers.purchases == [prepared.provider_id]


def test_a_label_comes_as_a_file(gateway):
    assert gateway.file(url=bought(gateway).file_url).startswith(b"%PDF")


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "file:///etc/passwd", ""])
def test_a_file_is_fetched_from_no_address_of_ours(gateway, url):
    with pytest.raises(CarrierUnavailable, match="not an address"):
        gateway.file(url=url)


def test_an_unused_label_is_taken_back_and_a_used_one_is_not(gateway, carriers):
    unused, used = bought(gateway), bought(gateway)
    carriers.move(used.tracking_number, "in_transit")
    assert gateway.void(provider_id=unused.provider_id) == "accepted"
    assert gateway.void(provider_id=used.provider_id) == "refused"


def test_a_refusal_keeps_the_reason(gateway):
    nowhere = {**SAN_FRANCISCO.as_dict(), "postal_code": ""}
    prepared = gateway.prepare(request=request(destination=nowhere))
    with pytest.raises(CarrierRefused) as refusal:
        gateway.buy(provider_id=prepared.provider_id, rate_id=prepared.rates[0].id)
    assert (refusal.value.code, refusal.value.message) == (
        "ADDRESS.VERIFY.FAILURE",
        "The address could not be verified.",
    )


@pytest.mark.parametrize("kind", ["500", "429", "nonsense", "lost"])
def test_what_is_no_answer_counts_as_away(gateway, carriers, kind):
    carriers.fault(kind)
    with pytest.raises(CarrierUnavailable):
        gateway.rates(request=request())


def test_who_waits_for_prices_leaves_a_service_that_hangs(gateway, carriers, monkeypatch):
    assert carrier_calls.PRICE_SECONDS == 2
    monkeypatch.setattr(easypost, "PRICE_SECONDS", 0.2)
    monkeypatch.setattr(easypost, "LABEL_SECONDS", 3600)
    carriers.fault("hang")
    with pytest.raises(CarrierUnavailable, match="ReadTimeout"):  # we hung up, not the service
        gateway.rates(request=request())


def test_after_four_failures_nobody_waits_any_more(gateway, carriers):
    carriers.fault("500", times=None)
    for _ in range(4):
        with pytest.raises(CarrierUnavailable):
            gateway.rates(request=request())
    asked = len(carriers.asked)
    with pytest.raises(CarrierUnavailable, match="not asked"):
        gateway.rates(request=request())
    assert len(carriers.asked) == asked
    carrier_calls.breaker.succeeded()


def test_it_is_never_called_while_locks_are_held(gateway):
    with transaction.atomic(), pytest.raises(InTransaction):
        gateway.rates(request=request())


def test_a_notice_is_read_when_our_secret_signed_it(gateway, carriers):
    label = bought(gateway)
    body, signature = carriers.signed(carriers.move(label.tracking_number, "in_transit"))
    update = gateway.parse_webhook(body=body, signature=signature)
    assert (update.tracker_id, update.status) == (label.tracker_id, "in_transit")
    assert [(event.status, event.place) for event in update.events] == [
        ("in_transit", "Reno, NV, US")
    ]
    assert update.expected_on is not None
    for forged in ("", signature[:-1] + "x", "hmac-sha256-hex=ü"):
        with pytest.raises(NotAuthentic):
            gateway.parse_webhook(body=body, signature=forged)
    with pytest.raises(NotAuthentic):
        gateway.parse_webhook(body=body + b" ", signature=signature)


@pytest.mark.parametrize("notice", [{"description": "batch.created", "result": {}}])
def test_a_notice_of_something_else_is_nothing(gateway, carriers, notice):
    body, signature = carriers.signed(notice)
    assert gateway.parse_webhook(body=body, signature=signature) is None


@pytest.mark.parametrize("notice", [[], {}, {"description": "tracker.updated", "result": {}}, "x"])
def test_a_signed_notice_without_sense_is_refused(gateway, carriers, notice):
    body, signature = carriers.signed(notice)
    with pytest.raises(NotAuthentic):
        gateway.parse_webhook(body=body, signature=signature)


def test_without_a_key_nothing_is_asked(settings):
    settings.EASYPOST_API_KEY = ""
    with pytest.raises(NotSetUp):
        get_carrier_gateway()
