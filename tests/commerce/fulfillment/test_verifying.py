"""Whether parcels reach an address: asked once a day, and never the reason that nothing sells."""

from dataclasses import replace

import pytest
from django.core.cache import cache
from django.db import transaction

from commerce.accounts import operations as accounts
from commerce.accounts.types import AddressData
from commerce.fulfillment import operations
from commerce.fulfillment.operations import AddressDoubted, verify_address
from commerce.gateways import carrier_calls
from commerce.gateways.payments import InTransaction
from devtools.carrier_double import CarrierDouble
from tests.factories.accounts import SAN_FRANCISCO, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def asked(carriers: CarrierDouble, settings) -> CarrierDouble:
    settings.ADDRESS_VERIFICATION = True
    cache.clear()
    return carriers


def at(line1: str, **more: str) -> AddressData:
    return replace(SAN_FRANCISCO, line1=line1, **more)


def test_what_parcels_reach_goes_on(asked: CarrierDouble) -> None:
    assert verify_address(address=SAN_FRANCISCO) == "deliverable"
    assert asked.asked == ["POST /v2/addresses"]


def test_nobody_is_asked_without_a_key_or_when_it_is_switched_off(asked, settings) -> None:
    settings.ADDRESS_VERIFICATION = False
    assert verify_address(address=at("1 Nowhere")) == ""
    settings.ADDRESS_VERIFICATION, settings.EASYPOST_API_KEY = True, ""
    assert verify_address(address=at("1 Nowhere")) == ""
    assert asked.asked == []


@pytest.mark.parametrize(
    ("street", "field", "words"),
    [("1 Nowhere", "line1", "no such address"), ("9 No such house", "line1", "house number")],
)
def test_what_parcels_do_not_reach_is_refused_at_its_field(street, field, words) -> None:
    for insists in (False, True):
        with pytest.raises(accounts.InvalidAddress) as refusal:
            verify_address(address=at(street), insists=insists)
        assert list(refusal.value.errors) == [field]
        assert words in refusal.value.errors[field]


def test_what_carriers_write_otherwise_is_the_shoppers_choice() -> None:
    typed = at("12 Mispeled Street")
    with pytest.raises(AddressDoubted) as doubt:
        verify_address(address=typed)

    assert doubt.value.known == at("12 Misspelled Street")
    assert verify_address(address=typed, insists=True) == "kept"


def test_a_missing_apartment_is_told_and_may_be_none() -> None:
    typed = at("12 Palm Apartments")
    with pytest.raises(AddressDoubted) as doubt:
        verify_address(address=typed)

    assert (doubt.value.known, "apartment" in doubt.value.sentence) == (None, True)
    assert verify_address(address=typed, insists=True) == "kept"
    assert verify_address(address=replace(typed, line2="Apt 4")) == "deliverable"


@pytest.mark.parametrize(
    "same",
    [
        {"line1": "100 market st."}, {"line1": "100 MARKET STREET"}, {"line2": "Apartment 4"},
        {"postal_code": "94105-1234"}, {"city": "san francisco"},
    ],
)  # fmt: skip
def test_other_ways_to_write_the_same_address_are_no_question(asked, monkeypatch, same) -> None:
    typed = at("100 Market Street", line2="Apt 4")
    written = replace(typed, **same)
    monkeypatch.setattr(
        asked, "_address",
        lambda given: {
            "street1": written.line1, "street2": written.line2, "city": written.city,
            "state": written.region, "zip": written.postal_code, "country": "US",
            "verifications": {"delivery": {"success": True, "errors": []}},
        },
    )  # fmt: skip
    assert verify_address(address=typed) == "deliverable"


def test_an_answer_holds_for_a_day_and_for_the_address_it_named(asked) -> None:
    typed = at("12 Mispeled Street")
    with pytest.raises(AddressDoubted) as doubt:
        verify_address(address=typed)
    with pytest.raises(AddressDoubted):
        verify_address(address=replace(typed, line1="12 mispeled st", name="Somebody Else"))
    assert verify_address(address=doubt.value.known) == "deliverable"
    assert len(asked.asked) == 1


def test_no_key_tells_an_address(asked, monkeypatch) -> None:
    keys: list[str] = []
    monkeypatch.setattr(cache, "set", lambda key, *_: keys.append(key))
    verify_address(address=SAN_FRANCISCO)
    assert len(keys) == 1
    assert keys[0].startswith("address:")
    assert len(keys[0]) == len("address:") + 64


@pytest.mark.parametrize("kind", ["500", "429", "refuse", "nonsense"])
def test_a_service_that_fails_keeps_no_order_from_going_on(asked, kind) -> None:
    asked.fault(kind, path="/v2/addresses")
    assert verify_address(address=SAN_FRANCISCO) == "unverified"
    assert verify_address(address=SAN_FRANCISCO) == "deliverable"


def test_a_service_that_hangs_costs_its_time_limit(asked, monkeypatch) -> None:
    monkeypatch.setattr("commerce.gateways.easypost.PRICE_SECONDS", 0.2)
    asked.fault("hang", path="/v2/addresses")
    assert verify_address(address=SAN_FRANCISCO) == "unverified"


def test_after_failures_nobody_waits_and_prices_are_still_asked_for(asked) -> None:
    asked.fault("500", path="/v2/addresses", times=None)
    for number in range(6):
        assert verify_address(address=at(f"{number} Market Street")) == "unverified"
    assert len(asked.asked) == 0
    assert not carrier_calls.address_breaker.allows()
    assert carrier_calls.breaker.allows()


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"verifications": []}, {"verifications": {"delivery": None}},
        {"verifications": {"delivery": {"success": "perhaps"}}},
        {"verifications": {"delivery": {"success": False, "errors": ["what"]}}},
        {"verifications": {"delivery": {"success": False, "errors": [{"code": "E.NEW"}]}}},
        {"verifications": {"delivery": {"success": False, "errors": 5}}},
    ],
)  # fmt: skip
def test_an_odd_answer_is_no_answer(asked, monkeypatch, answer) -> None:
    monkeypatch.setattr(asked, "_address", lambda given: answer)
    assert verify_address(address=SAN_FRANCISCO) == "unverified"


@pytest.mark.parametrize(
    "odd",
    [{"country": "CA"}, {"street1": ""}, {"zip": "nonsense"}, {"street1": "x" * 900}, {"city": 7}],
)
def test_a_suggestion_that_makes_no_sense_is_not_shown(asked, monkeypatch, odd) -> None:
    known = {
        "street1": "1 Else", "city": "San Francisco", "state": "CA", "zip": "94105",
        "country": "US", "verifications": {"delivery": {"success": True, "errors": []}},
    }  # fmt: skip
    monkeypatch.setattr(asked, "_address", lambda given: {**known, **odd})
    if odd == {"city": 7}:
        with pytest.raises(AddressDoubted):
            verify_address(address=SAN_FRANCISCO)
    else:
        assert verify_address(address=SAN_FRANCISCO) == "deliverable"


def test_a_country_the_service_does_not_know_goes_on_unverified() -> None:
    address = AddressData(
        name="Ada", line1="1 Karl Johans gate", city="Oslo", postal_code="0154", country="NO"
    )
    assert verify_address(address=address) == "unverified"


def test_what_was_verified_stays_so_in_the_address_book(asked) -> None:
    user_id = make_user().pk
    saved = accounts.save_address(user_id=user_id, address=SAN_FRANCISCO)
    verify_address(address=SAN_FRANCISCO, user_id=user_id)
    cache.clear()
    assert verify_address(address=SAN_FRANCISCO, user_id=user_id) == "deliverable"
    assert len(asked.asked) == 1

    accounts.save_address(user_id=user_id, address=at("1 Elm Street"), address_id=saved)
    verify_address(address=at("1 Elm Street"), user_id=user_id)
    assert len(asked.asked) == 2


def test_carriers_learn_where_and_not_who(asked, monkeypatch) -> None:
    seen = []
    original = asked._address
    monkeypatch.setattr(asked, "_address", lambda given: seen.append(given) or original(given))
    verify_address(address=replace(SAN_FRANCISCO, phone="+1 555 0100", company="Acme"))
    assert [seen[0][field] for field in ("name", "company", "phone")] == ["", "", ""]


def test_nobody_is_asked_inside_a_transaction(settings) -> None:
    with transaction.atomic(), pytest.raises(InTransaction):
        operations.verify_address(address=SAN_FRANCISCO)
