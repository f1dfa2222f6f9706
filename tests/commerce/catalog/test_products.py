import pytest

from commerce.catalog import operations, queries
from commerce.catalog.operations import HandleTaken, UnknownProduct, UnknownProductType
from commerce.outbox.models import Event
from tests.factories.catalog import list_product, make_product, make_variants
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db


def names_of_events() -> list[str]:
    return list(Event.objects.order_by("occurred_at").values_list("name", flat=True))


def test_a_product_is_what_was_said() -> None:
    seller = make_seller()
    operations.ensure_product_type(code="books", name="Books", tax_class="books")

    product_id = operations.create_product(
        seller_id=seller.pk,
        type_code="books",
        handle="moby",
        name="Moby",
        brand="Harper",
        options=["Format"],
        specifications=[["Pages", "635"]],
    )

    product = queries.products(product_ids=[product_id, 0])[product_id]
    assert (product.seller_id, product.type_code, product.tax_class) == (
        seller.pk,
        "books",
        "books",
    )
    assert (product.handle, product.name, product.brand) == ("moby", "Moby", "Harper")
    assert (product.options, product.specifications) == (["Format"], [["Pages", "635"]])
    assert product.state == "active"
    assert queries.product_ids_by_handle(seller_id=seller.pk, handles=["moby", "dick"]) == {
        "moby": product_id
    }


def test_a_handle_is_taken_once_per_seller_and_the_transaction_goes_on() -> None:
    seller = make_seller()
    make_product(seller_id=seller.pk, handle="mug")

    with pytest.raises(HandleTaken):
        make_product(seller_id=seller.pk, handle="mug")

    assert make_product(handle="mug")


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnknownProductType):
        make_product(type_code="nothing")


def test_only_what_is_given_changes() -> None:
    product_id = make_product(name="Mug", brand="Acme", options=["Color"])

    operations.update_product(product_id=product_id, brand="", options=["Size"])

    product = queries.products(product_ids=[product_id])[product_id]
    assert (product.name, product.brand, product.options) == ("Mug", "", ["Size"])


def test_an_update_without_changes_is_no_news() -> None:
    product_id = make_product()
    Event.objects.all().delete()

    operations.update_product(product_id=product_id)

    assert names_of_events() == []


@pytest.mark.parametrize(
    "call",
    [
        lambda: operations.update_product(product_id=0, name="x"),
        lambda: operations.set_variants(product_id=0, variants=[]),
        lambda: operations.archive_product(product_id=0),
        lambda: operations.restore_product(product_id=0),
        lambda: list_product(0),
    ],
)
def test_an_unknown_product_is_refused(call: object) -> None:
    with pytest.raises(UnknownProduct):
        call()  # type: ignore[operator]


def test_archiving_and_restoring_are_told_once() -> None:
    product_id = make_product()
    Event.objects.all().delete()

    for _ in range(2):
        operations.archive_product(product_id=product_id)
    archived = queries.products(product_ids=[product_id])[product_id].state
    for _ in range(2):
        operations.restore_product(product_id=product_id)

    assert archived == "archived"
    assert names_of_events() == ["catalog.product-archived.v1", "catalog.product-changed.v1"]


def test_a_sellers_products_are_listed_newest_first_without_archived_ones() -> None:
    seller = make_seller()
    first, second, third = (make_product(seller_id=seller.pk) for _ in range(3))
    operations.archive_product(product_id=second)

    assert queries.product_ids_of_seller(seller_id=seller.pk) == [third, first]
    assert queries.product_ids_of_seller(seller_id=seller.pk, include_archived=True) == [
        third,
        second,
        first,
    ]


def test_products_are_walked_through_in_batches() -> None:
    ids = [make_product() for _ in range(3)]

    assert queries.product_ids_after(product_id=0, limit=2) == ids[:2]
    assert queries.product_ids_after(product_id=ids[1], limit=2) == ids[2:]


@pytest.mark.parametrize("number", [1, 3])
def test_each_read_takes_one_statement_for_any_number(number: int) -> None:
    products = [make_product(listed=True) for _ in range(number)]
    ids = [
        variant_id
        for product_id in products
        for variant_id in make_variants(
            product_id=product_id, skus=[f"{product_id}-A", f"{product_id}-B"]
        ).values()
    ]

    with counted() as statements:
        assert len(queries.products(product_ids=products)) == number
        assert len(queries.listings(product_ids=products)) == number
        assert len(queries.variants(variant_ids=ids)) == 2 * number
        assert len(queries.variants_of(product_ids=products)) == number
        assert len(queries.sale_data(variant_ids=ids)) == 2 * number
        assert len(queries.sale_data(product_ids=products)) == 2 * number

    assert len(statements) == 6
