"""An address that is not complete is named in the words of its country."""

from storefront.shop.account_forms import PlaceForm


def test_what_is_blamed_is_called_as_its_country_calls_it() -> None:
    form = PlaceForm({"country": "US"})
    form.blame({"region": "Enter the state."})

    assert form.errors == {"region": ["Enter the state."]}
    assert form["region"].label == "State"
    assert PlaceForm({"country": "US"})["region"].label == "State or province"
