import pytest

from commerce.discovery import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Blue Mug", ["blue", "mug"]),
        ("T-Shirt, 100% cotton", ["t", "shirt", "100", "cotton"]),
        ("Café Crème", ["cafe", "creme"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("snake_case", ["snake", "case"]),
        ("''; DROP TABLE -- \\", ["drop", "table"]),
        ("日本 茶", ["日本", "茶"]),
        ("  ", []),
    ],
)
def test_words_have_no_case_accents_or_punctuation(text: str, expected: list[str]) -> None:
    assert words.words(text) == expected


def test_a_query_wants_every_word_and_the_last_one_as_a_beginning() -> None:
    assert words.tsquery("Mug") == "'mug':*"
    assert words.tsquery("blue mu") == "'blue' & 'mu':* | 'bluemu'"
    assert words.tsquery("!?") == ""


def test_a_sku_is_found_in_parts_and_as_one_word() -> None:
    assert words.sku_words(["LUMA-24/MB01"]) == "luma 24 mb01 luma24mb01"


def test_a_query_of_many_words_is_cut() -> None:
    assert words.tsquery("a " * 500).count("&") == 11
