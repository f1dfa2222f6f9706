"""What a shopper means by options and SKU, and what is shown of it."""

from typing import Any

from cms.pages.contexts.choice import Choice, choose, picker_axes, picker_variants
from commerce.kernel.money import Money
from commerce.offers.types import Offer

AXES = ["Color", "Size"]


def an_offer(sku: str, *values: str, minor: int = 1000, available: int = 5, **more: Any) -> Offer:
    refusal = more.pop("refusal", None if available else "sold-out")
    return Offer(
        variant_id=sum(map(ord, sku)), product_id=1, seller_id=1, sku=sku, title="Tee",
        option_values=list(values), path="/p/", image={}, price=Money(minor, "USD"),
        compare_at=None, available=available, in_stock=available, low=0 < available < 3,
        weight_grams=1, tax_class="standard", refusal=refusal, seller_name="Acme",
        seller_path="/sellers/acme/",
        **more,
    )  # fmt: skip


TEES = [
    an_offer("BS", "Blue", "S", available=0),
    an_offer("BM", "Blue", "M"),
    an_offer("RS", "Red", "S", minor=1200, available=2),
    an_offer("RM", "Red", "M", minor=1500),
]


def of(**asked: str) -> Choice:
    names = {"color": "option.Color", "size": "option.Size"}
    return choose(
        options=AXES,
        offers=TEES,
        asked={names.get(key, key): value for key, value in asked.items()},
    )


def test_the_first_axis_follows_what_can_be_had_and_a_size_is_left_open() -> None:
    choice = of()

    assert choice.chosen == {"Color": "Blue"}
    assert choice.offer is None
    assert (choice.price, choice.price_varies) == (Money(1000, "USD"), False)
    assert (choice.state, choice.label) == ("in", "In stock")
    assert choice.asked is False


def test_options_in_the_address_decide_price_and_stock() -> None:
    choice = of(color="Red", size="S")

    assert choice.offer == TEES[2]
    assert choice.price == Money(1200, "USD")
    assert (choice.state, choice.label) == ("low", "Low stock: 2 left")


def test_prices_of_an_open_choice_begin_with_the_lowest() -> None:
    choice = of(color="Red")

    assert choice.offer is None
    assert (choice.price, choice.price_varies) == (Money(1200, "USD"), True)


def test_a_sku_decides_every_axis() -> None:
    assert of(sku="RM").chosen == {"Color": "Red", "Size": "M"}


def test_options_win_over_the_sku_of_the_page_as_it_was_sent() -> None:
    assert of(sku="RM", color="Blue", size="M").offer == TEES[1]


def test_nonsense_is_ignored() -> None:
    assert of(color="Plaid", size="XXL", sku="NONE").chosen == {"Color": "Blue"}


def test_a_sold_out_choice_offers_the_nearest_others() -> None:
    choice = of(color="Blue", size="S")

    assert (choice.state, choice.label) == ("out", "Out of stock")
    assert choice.is_sold_out is False
    assert [offer.sku for offer in choice.others] == ["BM", "RS", "RM"]


def test_everything_sold_out_has_no_others() -> None:
    choice = choose(options=[], offers=[an_offer("A", available=0)], asked={})

    assert choice.is_sold_out is True
    assert choice.others == []


def test_variants_that_are_not_for_sale_are_not_shown() -> None:
    choice = choose(
        options=["Size"],
        offers=[an_offer("A", "S", refusal="no-price"), an_offer("B", "M")],
        asked={},
    )

    assert [offer.sku for offer in choice.offers] == ["B"]
    assert choice.offer == an_offer("B", "M")


def test_a_product_with_one_variant_needs_no_choice() -> None:
    choice = choose(options=[], offers=[an_offer("A")], asked={})

    assert choice.offer == an_offer("A")
    assert choice.axes == []


def test_variants_that_do_not_fit_the_options_are_sold_without_a_picker() -> None:
    choice = choose(options=["Color", "Size"], offers=[an_offer("A", "Red")], asked={})

    assert choice.axes == []
    assert choice.offer == an_offer("A", "Red")


def test_the_picker_knows_which_options_are_out() -> None:
    [colors, sizes] = picker_axes(of(color="Blue"))

    assert [(one["value"], one["checked"], one["color"]) for one in colors["options"]] == [
        ("Blue", True, "#2f5fb3"),
        ("Red", False, "#c33030"),
    ]
    assert [(one["value"], one["checked"], one["state"]) for one in sizes["options"]] == [
        ("S", False, "out"),
        ("M", False, "in"),
    ]


def test_the_picker_s_script_is_given_every_variant() -> None:
    found = picker_variants(of(), {"Red"})

    assert found[0] == {
        "sku": "BS",
        "values": {"Color": "Blue", "Size": "S"},
        "price": Money(1000, "USD"),
        "minor": 1000,
        "compare": None,
        "terms": None,
        "state": "out",
        "label": "Out of stock",
        "image": "",
        "max": 0,
    }
    assert [(one["sku"], one["image"], one["max"]) for one in found[2:]] == [
        ("RS", "Red", 2),
        ("RM", "Red", 5),
    ]
