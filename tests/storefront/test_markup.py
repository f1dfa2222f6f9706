from cms.pages import memory
from commerce.kernel.money import Money
from storefront.shop.account_forms import AddressForm
from storefront.shop.checkout_forms import ContactForm
from storefront.templatetags.markup import options, picker, summary_rows

COUNTRIES = [("DE", "Germany"), ("US", "United States"), ("X&", "<b>")]


def test_options_mark_the_chosen_one_and_no_other():
    assert options(COUNTRIES[:2], "US") == (
        '<option value="DE">Germany</option><option value="US" selected>United States</option>'
    )
    assert "selected" not in options(COUNTRIES, "DE,US")
    assert "selected" not in options(COUNTRIES)


def test_options_are_escaped_and_so_is_what_was_chosen():
    assert options(COUNTRIES[2:], "X&") == '<option value="X&amp;" selected>&lt;b&gt;</option>'
    assert options(COUNTRIES[:1], 'DE"><script>') == '<option value="DE">Germany</option>'


def test_choices_of_a_product_with_many_variants_do_not_fill_the_memory():
    price = {"price": Money(1200, "USD"), "compare": None}
    variants = [{"sku": f"M-{number}", "values": {}, **price} for number in range(41)]

    for number in range(120):
        picker([], variants, sku=f"M-{number}")

    def kept(room):
        return [key for key, made in room._values.items() if key[0] == "picker" and "M-40" in made]

    assert (len(kept(memory.markup)), len(kept(memory.bulky))) == (0, 100)


def test_a_picker_is_known_again_by_everything_it_shows_and_its_key_is_short():
    def written(**about):
        shown = {"sku": "M-1", "values": {}, "price": Money(1200, "USD"), "compare": None, **about}
        return picker([], [shown] * 2, sku="M-1")

    before = set(memory.markup._values)
    first, again = written(), written()
    other = written(price=Money(900, "USD"))

    assert first == again != other
    added = set(memory.markup._values) - before
    assert len(added) == 2
    assert all(len(str(key)) < 300 for key in added)


def test_only_a_form_that_knows_no_more_than_a_country_looks_the_same_for_everybody():
    blank = ContactForm(initial={"country": "DE"})

    assert blank.as_yet_empty == "ContactForm DE"
    assert AddressForm(initial={"country": "DE"}).as_yet_empty == "AddressForm DE"
    assert not ContactForm(initial={"country": "DE", "email": "ana@example.com"}).as_yet_empty
    assert not ContactForm({"country": "DE"}).as_yet_empty


def test_rows_of_a_summary_are_escaped():
    written = summary_rows([{"label": "<b>", "note": "a & b", "amount": "$1", "saving": True}])

    assert written == (
        '<div class="order-summary__row order-summary__row--saving"><dt>&lt;b&gt;'
        "<small>a &amp; b</small></dt><dd>$1</dd></div>"
    )
