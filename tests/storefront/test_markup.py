from storefront.templatetags.markup import options

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
