from dataclasses import replace

import pytest

from commerce.accounts import queries
from commerce.accounts.operations import InvalidAddress, check_address
from commerce.accounts.types import AddressData
from tests.factories.accounts import BERLIN, SAN_FRANCISCO


def refusal(address: AddressData) -> dict[str, str]:
    with pytest.raises(InvalidAddress) as raised:
        check_address(address=address)
    return raised.value.errors


def test_a_sound_address_comes_back_as_it_is():
    assert check_address(address=SAN_FRANCISCO) == SAN_FRANCISCO


@pytest.mark.parametrize("typed", ["CA", "ca", "California", "  california ", "US-CA"])
def test_a_region_may_be_spelled_out_and_is_stored_by_its_key(typed):
    typed = typed.removeprefix("US-")
    assert check_address(address=replace(SAN_FRANCISCO, region=typed)).region == "CA"


@pytest.mark.parametrize(
    ("country", "region", "typed", "printed"),
    [
        ("GB", "", "sw1a1aa", "SW1A 1AA"),
        ("CA", "Québec", "h3z2y7", "H3Z 2Y7"),
        ("IE", "", "a65f4e2", "A65 F4E2"),
        ("US", "CA", "941051234", "94105-1234"),
    ],
)
def test_a_postal_code_is_written_as_the_post_prints_it(country, region, typed, printed):
    address = replace(SAN_FRANCISCO, country=country, region=region, postal_code=typed)
    assert check_address(address=address).postal_code == printed


def test_what_a_country_does_not_use_is_left_out():
    checked = check_address(address=replace(BERLIN, region="California"))
    assert checked.region == ""


def test_a_prefecture_is_found_by_its_latin_name():
    tokyo = AddressData(
        name="Aiko", line1="1-1 Chiyoda", region="Tokyo", postal_code="100-0001", country="JP"
    )
    assert check_address(address=tokyo).region == "東京都"


@pytest.mark.parametrize("country", ["", "   "])
def test_an_address_of_no_country_says_so(country):
    assert refusal(replace(BERLIN, country=country)) == {"country": "Choose a country."}


@pytest.mark.parametrize("country", ["XX", "ZZ", "all", "Atlantis", "../../etc/passwd", "\x00"])
def test_a_nonsense_country_says_so_and_nothing_else(country):
    errors = refusal(replace(BERLIN, country=country))
    assert list(errors) == ["country"]
    assert "hoose" in errors["country"]


def test_every_missing_field_names_its_remedy():
    assert refusal(AddressData(country="US")) == {
        "name": "Enter the name of the person who receives the parcel.",
        "line1": "Enter the street and house number, or the P.O. box.",
        "city": "Enter the city.",
        "region": "Choose the state.",
        "postal_code": "Enter the ZIP code, such as 95014.",
    }


def test_a_zip_code_of_another_state_is_refused_by_name():
    assert refusal(replace(SAN_FRANCISCO, postal_code="10001")) == {
        "postal_code": "10001 does not lie in California."
        " Check the ZIP code, or choose another state."
    }


def test_an_unknown_region_is_refused_before_its_postal_code():
    assert refusal(replace(SAN_FRANCISCO, region="Bavaria")) == {
        "region": "We know no state “Bavaria” in the United States. Choose one from the list."
    }


@pytest.mark.parametrize("code", ["1234", "123456", "ABCDE", "10119; DROP TABLE"])
def test_a_postal_code_in_the_wrong_form_shows_a_right_one(code):
    errors = refusal(replace(BERLIN, postal_code=code))
    assert list(errors) == ["postal_code"]
    assert errors["postal_code"].endswith(
        "is not a postal code in Germany. Enter one, such as 26133."
    )


def test_a_field_that_is_too_long_says_by_how_much():
    assert refusal(replace(BERLIN, line1="a" * 151)) == {
        "line1": "Shorten this to 150 characters; it has 151."
    }


def test_line_breaks_and_direction_marks_cannot_enter_a_label():
    checked = check_address(address=replace(BERLIN, name="Eve\r\nBcc: all\u202e@x"))
    assert checked.name == "Eve Bcc: all @x"


@pytest.mark.parametrize("phone", ["abc", "12", "+1 (415) 555-0100; rm", "9" * 21])
def test_a_phone_number_that_cannot_be_dialed_is_refused(phone):
    assert list(refusal(replace(BERLIN, phone=phone))) == ["phone"]


def test_a_street_of_mere_punctuation_is_refused():
    assert list(refusal(replace(BERLIN, line1="???"))) == ["line1"]


def test_rules_of_every_country_can_be_read():
    for code, name in queries.countries_by_name():
        rules = queries.address_rules(country=code)
        assert rules.country_name == name
        assert set(rules.required) <= set(rules.used)


def test_country_names_are_distinct_and_in_order():
    names = [name for _, name in queries.countries_by_name()]
    assert len(names) == len(set(names)) > 240
    assert names[:2] == ["Afghanistan", "Åland Islands"]


def test_rules_name_the_fields_as_the_country_does():
    us, gb = queries.address_rules(country="us"), queries.address_rules(country="GB")
    assert (us.postal_code_label, us.region_label) == ("ZIP code", "State")
    assert (gb.postal_code_label, "region" in gb.used) == ("Postcode", False)
    assert us.region_choices[:2] == (("AL", "Alabama"), ("AK", "Alaska"))


def test_rules_of_no_country_are_refused():
    with pytest.raises(queries.UnknownCountry):
        queries.address_rules(country="XX")


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            SAN_FRANCISCO,
            ["Ada Brook", "1 Market Street", "San Francisco, CA 94105", "United States"],
        ),
        (
            replace(BERLIN, company="Feld GmbH", line2="Hinterhaus"),
            ["Jonas Feld", "Feld GmbH", "Torstraße 12", "Hinterhaus", "10119 Berlin", "Germany"],
        ),
        (
            AddressData(
                name="Aiko", line1="1-1 Chiyoda", region="東京都", postal_code="100-0001",
                country="JP",
            ),
            ["Aiko", "1-1 Chiyoda", "Tokyo", "100-0001", "Japan"],
        ),
        (
            AddressData(name="Omar", line1="Marina Walk 3", region="Dubai", country="AE"),
            ["Omar", "Marina Walk 3", "Dubai", "United Arab Emirates"],
        ),
        (AddressData(name="Nobody", line1="Nowhere", country="XX"), ["Nobody", "Nowhere", "XX"]),
    ],
)  # fmt: skip
def test_an_address_is_printed_as_its_country_prints_it(address, lines):
    assert queries.address_lines(address=address) == lines


def test_an_address_of_every_country_can_be_printed():
    for code, name in queries.countries_by_name():
        lines = queries.address_lines(
            address=AddressData(name="N", line1="L", city="C", postal_code="Z", country=code)
        )
        assert lines[-1] == name
        assert {"N", "L"} <= set(lines) | set(" ".join(lines).split())
