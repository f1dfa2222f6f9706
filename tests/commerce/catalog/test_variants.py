import pytest
from django.db import DatabaseError

from commerce.catalog import operations, queries
from commerce.catalog.operations import (
    DuplicateCombination,
    DuplicateSku,
    SkuTaken,
    TooManyVariants,
)
from commerce.catalog.types import VariantInput
from tests.factories.catalog import make_product, make_variant, make_variants
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def red(sku: str, **fields: object) -> VariantInput:
    return VariantInput(sku=sku, option_values=["Red"], **fields)  # type: ignore[arg-type]


def blue(sku: str, **fields: object) -> VariantInput:
    return VariantInput(sku=sku, option_values=["Blue"], **fields)  # type: ignore[arg-type]


def test_variants_come_back_in_the_sellers_order() -> None:
    product_id = make_product()

    ids = operations.set_variants(
        product_id=product_id,
        variants=[red("R", position=2, weight_grams=300), blue("B", position=1, barcode="40")],
    )

    variants = queries.variants_of(product_ids=[product_id])[product_id]
    assert [(v.id, v.sku, v.option_values, v.weight_grams, v.barcode) for v in variants] == [
        (ids["B"], "B", ["Blue"], 0, "40"),
        (ids["R"], "R", ["Red"], 300, ""),
    ]
    assert queries.variant_ids_by_sku(skus=["R", "r"]) == {"R": ids["R"]}
    assert queries.product_ids_of_variants(variant_ids=ids.values()) == {product_id}


def test_known_skus_keep_their_ids_and_missing_ones_are_deactivated() -> None:
    product_id = make_product()
    before = operations.set_variants(product_id=product_id, variants=[red("R"), blue("B")])

    after = operations.set_variants(
        product_id=product_id, variants=[VariantInput(sku="R", option_values=["Green"])]
    )

    assert after == {"R": before["R"]}
    variants = queries.variants(variant_ids=before.values())
    assert {v.sku: (v.is_active, v.option_values) for v in variants.values()} == {
        "R": (True, ["Green"]),
        "B": (False, ["Blue"]),
    }


def test_a_deactivated_sku_comes_back_as_the_same_variant() -> None:
    product_id = make_product()
    before = operations.set_variants(product_id=product_id, variants=[red("R"), blue("B")])
    operations.set_variants(product_id=product_id, variants=[red("R")])

    after = operations.set_variants(product_id=product_id, variants=[red("R"), blue("B")])

    assert after == before


def test_combinations_may_change_places() -> None:
    product_id = make_product()
    operations.set_variants(product_id=product_id, variants=[red("ONE"), blue("TWO")])

    ids = operations.set_variants(product_id=product_id, variants=[blue("ONE"), red("TWO")])

    variants = queries.variants(variant_ids=ids.values())
    assert {v.sku: v.option_values for v in variants.values()} == {"ONE": ["Blue"], "TWO": ["Red"]}


def test_another_products_sku_is_taken_and_nothing_changes() -> None:
    make_variant(sku="MINE")
    product_id = make_product()
    operations.set_variants(product_id=product_id, variants=[red("R")])

    with pytest.raises(SkuTaken) as refusal:
        operations.set_variants(product_id=product_id, variants=[blue("B"), red("MINE")])

    assert refusal.value.sku == "MINE"
    variants = queries.variants_of(product_ids=[product_id])[product_id]
    assert [variant.sku for variant in variants] == ["R"]


def test_a_combination_is_given_once() -> None:
    with pytest.raises(DuplicateCombination) as refusal:
        operations.set_variants(product_id=make_product(), variants=[red("ONE"), red("TWO")])

    assert refusal.value.values == ["Red"]


def test_a_sku_is_given_once() -> None:
    with pytest.raises(DuplicateSku):
        operations.set_variants(product_id=make_product(), variants=[red("ONE"), blue("ONE")])


def test_a_product_has_a_ceiling_of_variants() -> None:
    with pytest.raises(TooManyVariants) as refusal:
        make_variants(skus=[f"S{n}" for n in range(501)])

    assert refusal.value.count == 501


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalog_variant SET product_id = {other} WHERE sku = 'R'",
        "UPDATE catalog_variant SET sku = 'X' WHERE sku = 'R'",
        "UPDATE catalog_product SET seller_id = (SELECT seller_id FROM catalog_product"
        " WHERE id = {other}) WHERE id <> {other}",
    ],
)
def test_a_sku_never_changes_hands(statement: str) -> None:
    operations.set_variants(product_id=make_product(), variants=[red("R")])
    other = make_product()

    with pytest.raises(DatabaseError, match="never change"):
        run_sql(statement.format(other=other))
