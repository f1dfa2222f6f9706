import pytest

from cms.pages.models import ProductPage
from commerce.catalog import queries as catalog
from commerce.catalog.models import Product
from commerce.inventory import queries as inventory
from commerce.pricing import queries as pricing
from tests.factories.cart import make_sellable, product_of
from tests.factories.catalog import make_product
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

NEW = "/admin/selling/products/new/"


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def other():
    return open_shop("Borealis")


@pytest.fixture
def basics(db):
    from commerce.catalog.operations import ensure_product_type

    ensure_product_type(code="goods", name="Goods")
    return {
        "name": "Linen shirt", "brand": "Acme", "type_code": "goods", "sku_prefix": "SHIRT",
        "price": "49.90", "on_hand": "7", "weight_grams": "250",
        "option1": "Color", "values1": "Sand, Olive", "option2": "Size", "values2": "S, M,L",
    }  # fmt: skip


def table(rows):
    """What the browser sends back of a table of SKUs."""
    data = {"save": "1", "skus-TOTAL_FORMS": str(len(rows)), "skus-INITIAL_FORMS": str(len(rows))}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if value not in (False, None):
                data[f"skus-{number}-{name}"] = "on" if value is True else str(value)
    return data


def offered(answer):
    return [form.initial for form in answer.context["rows"].forms]


def test_options_multiply_to_skus_that_can_be_left_out(shop, basics):
    client = shop.client("editor")
    rows = offered(client.post(NEW, {**basics, "combine": ""}))

    assert [row["sku"] for row in rows] == [
        "SHIRT-SAND-S", "SHIRT-SAND-M", "SHIRT-SAND-L",
        "SHIRT-OLIVE-S", "SHIRT-OLIVE-M", "SHIRT-OLIVE-L",
    ]  # fmt: skip

    rows[4]["include"] = False
    rows[5]["price"] = "55"
    answer = client.post(NEW, {**basics, **table(rows)})

    page = ProductPage.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/admin/pages/{page.pk}/edit/")
    assert (page.title, page.live, page.owner) == ("Linen shirt", False, shop.people["editor"])
    assert page.get_parent().pk == shop.workspace.page_id
    product = catalog.products(product_ids=[page.product_id])[page.product_id]
    assert (product.seller_id, product.options) == (shop.seller.pk, ["Color", "Size"])
    variants = catalog.variants_of(product_ids=[product.id])[product.id]
    assert [variant.sku for variant in variants] == [
        "SHIRT-SAND-S", "SHIRT-SAND-M", "SHIRT-SAND-L", "SHIRT-OLIVE-S", "SHIRT-OLIVE-L",
    ]  # fmt: skip
    ids = [variant.id for variant in variants]
    prices = pricing.prices_of(variant_ids=ids, currency="USD")
    assert [prices[pk].amount.minor for pk in ids] == [4990, 4990, 4990, 4990, 5500]
    stock = inventory.available(variant_ids=ids)
    assert [stock[pk].on_hand for pk in ids] == [7] * 5
    assert client.get(answer.url).status_code == 200


def test_a_product_without_options_has_one_sku(shop, basics):
    plain = {name: value for name, value in basics.items() if name[-1] not in "12"}
    client = shop.client()
    rows = offered(client.post(NEW, {**plain, "combine": ""}))

    client.post(NEW, {**plain, **table(rows)})

    page = ProductPage.objects.get()
    variants = catalog.variants_of(product_ids=[page.product_id])[page.product_id]
    assert [(variant.sku, variant.option_values) for variant in variants] == [("SHIRT", [])]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"price": "-3"}, "The price must be above zero."),
        ({"price": "1.234"}, "Ensure that there are no more than 2 decimal places."),
        ({"values2": ""}, "Give the option a name and at least one value."),
        ({"option2": "color"}, "Give each option a name of its own."),
        ({"values1": ",".join(map(str, range(200)))}, "These options make 600 combinations"),
        ({"sku_prefix": "a b"}, "Enter a valid"),
    ],
)
def test_what_cannot_be_a_product_is_explained(shop, basics, change, message):
    answer = shop.client().post(NEW, {**basics, **change, "combine": ""})

    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Product.objects.exists()


def test_a_taken_sku_is_marked_in_its_row_and_nothing_is_made(shop, other, basics):
    make_sellable(seller_id=other.seller.pk, sku="SHIRT-OLIVE-S")
    client = shop.client()
    rows = offered(client.post(NEW, {**basics, "combine": ""}))

    answer = client.post(NEW, {**basics, **table(rows)})

    assert answer.status_code == 422
    marked = [bool(row.errors) for row in answer.context["rows"].forms]
    assert marked == [False, False, False, True, False, False]
    assert not ProductPage.objects.exists()
    assert not Product.objects.filter(seller=shop.seller).exists()


def test_skus_of_a_product_are_changed_and_keep_their_identity(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk, sku="MUG")
    product_id = product_of(variant_id)
    address = f"/admin/selling/products/{product_id}/"
    client = shop.client()
    rows = offered(client.get(address))
    rows.append({"include": True, "values": '["large"]', "sku": "MUG-L", "price": "20"})
    rows[0]["weight_grams"] = 900

    answer = client.post(address, {"option1": "Size", "values1": "mug, large", **table(rows)})

    assert answer.status_code == 302
    variants = catalog.variants_of(product_ids=[product_id])[product_id]
    assert [(row.sku, row.weight_grams) for row in variants] == [("MUG", 900), ("MUG-L", 0)]
    assert variants[0].id == variant_id


def test_a_sku_left_out_is_taken_off_sale(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk, sku="MUG")
    product_id = product_of(variant_id)
    address = f"/admin/selling/products/{product_id}/"
    rows = [
        {"values": '["mug"]', "sku": "MUG", "include": False},
        {"values": '["cup"]', "sku": "CUP", "include": True},
    ]

    shop.client().post(address, {"option1": "Kind", "values1": "cup", **table(rows)})

    assert not catalog.variants(variant_ids=[variant_id])[variant_id].is_active


def test_a_product_is_archived_and_brought_back(shop):
    product_id = make_product(seller_id=shop.seller.pk)
    client = shop.client()

    client.post(f"/admin/selling/products/{product_id}/archive/")
    assert Product.objects.get().state == "archived"
    client.post(f"/admin/selling/products/{product_id}/archive/")
    assert Product.objects.get().state == "active"


def test_a_product_without_page_gets_one_draft(shop):
    product_id = make_product(seller_id=shop.seller.pk, name="Mug")
    client = shop.client()

    client.post(f"/admin/selling/products/{product_id}/page/")
    client.post(f"/admin/selling/products/{product_id}/page/")

    assert [(page.title, page.live) for page in ProductPage.objects.all()] == [("Mug", False)]


def test_products_of_others_do_not_exist(shop, other):
    product_id = make_product(seller_id=other.seller.pk, name="Secret kettle")
    client = shop.client()

    assert "Secret kettle" not in client.get("/admin/selling/products/").content.decode()
    assert client.get(f"/admin/selling/products/{product_id}/").status_code == 404
    for action in ("", "archive/", "page/"):
        address = f"/admin/selling/products/{product_id}/{action}"
        assert client.post(address, {"save": "1"}).status_code == 404
    assert Product.objects.get().state == "active"
    assert not ProductPage.objects.exists()


def test_a_packer_has_no_products(shop):
    make_product(seller_id=shop.seller.pk)

    assert shop.client("packer").get("/admin/selling/products/").status_code == 404


def test_the_list_costs_the_same_for_one_and_for_many(shop):
    client = shop.client()
    make_sellable(seller_id=shop.seller.pk)
    client.get("/admin/selling/products/")
    with counted() as one:
        client.get("/admin/selling/products/")
    make_sellable(seller_id=shop.seller.pk)
    make_sellable(seller_id=shop.seller.pk)
    with counted() as three:
        client.get("/admin/selling/products/")

    assert len(one) == len(three)
