import pytest

from commerce.fulfillment.places import InvalidPlace, holds, normalized


@pytest.mark.parametrize(
    ("places", "address", "expected"),
    [
        (["US"], ("US", "CA", "94105"), True),
        (["US"], ("CA", "ON", "M5V"), False),
        (["US-CA"], ("US", "CA", "94105"), True),
        (["US-CA"], ("US", "NV", "89101"), False),
        (["GB:BT"], ("GB", "", "bt1 5gs"), True),
        (["GB:BT"], ("GB", "", "SW1A 1AA"), False),
        (["US:941"], ("us", "ca", "94105-1234"), True),
        (["US", "!US-AK", "!US:967"], ("US", "AK", "99501"), False),
        (["US", "!US-AK", "!US:967"], ("US", "HI", "96701"), False),
        (["US", "!US-AK", "!US:967"], ("US", "TX", "73301"), True),
        (["DE", "AT"], ("AT", "", "1010"), True),
    ],
)
def test_a_zone_holds_what_its_places_say(places, address, expected):
    country, region, postal_code = address
    assert holds(places, country=country, region=region, postal_code=postal_code) is expected


def test_places_are_kept_once_sorted_and_in_capitals():
    assert normalized([" us-ca", "US-CA", "", "gb: bt"]) == ["GB:BT", "US-CA"]


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["Mars"], "“Mars” is no place"),
        (["XX"], "“XX” is no country"),
        (["US-ZZ"], "US has no region “ZZ”"),
        (["!US-AK"], "at least one place"),
        ([], "at least one place"),
        (["ＵＳ"], "is no place"),
        (["U\u0000S"], "is no place"),
        ([f"US:{number}" for number in range(501)], "at most 500"),
    ],
)
def test_what_is_no_place_is_refused_by_name(places, message):
    with pytest.raises(InvalidPlace, match=message):
        normalized(places)
