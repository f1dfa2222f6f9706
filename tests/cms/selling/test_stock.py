import pytest

from commerce.inventory import operations as inventory
from commerce.inventory import queries as stock
from commerce.inventory.models import Stock
from commerce.pricing import queries as pricing
from tests.factories.cart import make_sellable, product_of
from tests.factories.pages import a_live_page
from tests.factories.selling import open_shop
from tests.support.query_budget import counted

pytestmark = pytest.mark.django_db

GRID = "/admin/selling/stock/"


@pytest.fixture
def shop():
    return open_shop("Acme")


def typed(answer, **changes):
    """Send the grid back as it is shown, with some cells changed."""
    data = {}
    for row in answer.context["rows"]:
        for cell in row.cells:
            data[cell["name"]] = changes.get(cell["name"].replace("-", "_"), cell["value"])
            data[cell["seen_name"]] = cell["seen"]
        data[f"seen-version-{row.id}"] = row.version
    return data


def in_the_shop(shop):
    variant = make_sellable(seller_id=shop.seller.pk)
    a_live_page(product_of(variant), parent=shop.workspace.page)
    return variant


def on_hand(variant_id):
    return stock.available(variant_ids=[variant_id])[variant_id].on_hand


def price(variant_id):
    found = pricing.prices_of(variant_ids=[variant_id], currency="USD")[variant_id]
    return found.amount.minor, found.compare_at and found.compare_at.minor


def test_counts_and_prices_are_saved_together(shop):
    one, two = (make_sellable(seller_id=shop.seller.pk) for _ in range(2))
    client = shop.client("editor")
    shown = client.get(GRID)

    changes = {f"on_hand_{one}": "25", f"price_{two}": "9.5", f"compare_at_{two}": "12"}
    answer = client.post(GRID, typed(shown, **changes))

    assert answer.status_code == 302
    assert (on_hand(one), on_hand(two)) == (25, 10)
    assert (price(one), price(two)) == ((1250, None), (950, 1200))


def test_good_rows_are_saved_and_bad_ones_say_why_and_keep_what_was_typed(shop):
    good, bad = (make_sellable(seller_id=shop.seller.pk) for _ in range(2))
    client = shop.client()

    changes = {f"on_hand_{good}": "25", f"on_hand_{bad}": "many", f"price_{bad}": "3"}
    answer = client.post(GRID, typed(client.get(GRID), **changes))

    assert answer.status_code == 422
    assert (on_hand(good), on_hand(bad), price(bad)) == (25, 10, (1250, None))
    rows = {row.id: row for row in answer.context["rows"]}
    assert rows[bad].errors == {"on_hand": "Enter a whole number."}
    assert [cell["value"] for cell in rows[bad].cells] == ["many", "3", ""]
    assert [cell["value"] for cell in rows[good].cells] == ["25", "12.50", ""]


def test_a_count_below_what_is_promised_is_refused(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk)
    other = make_sellable(seller_id=shop.seller.pk)
    inventory.reserve(holder="cart", quantities={variant_id: 4})
    client = shop.client()

    changes = {f"on_hand_{variant_id}": "3", f"on_hand_{other}": "3"}
    answer = client.post(GRID, typed(client.get(GRID), **changes))

    assert "4 are promised to shoppers. Keep as many." in answer.content.decode()
    assert (on_hand(variant_id), on_hand(other)) == (10, 3)


def test_a_sale_meanwhile_is_carried_along(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk)
    client = shop.client()
    data = typed(client.get(GRID), **{f"on_hand_{variant_id}": "30"})
    inventory.reserve(holder="cart", quantities={variant_id: 4})
    inventory.claim(holder="cart")

    answer = client.post(GRID, data, follow=True)

    assert on_hand(variant_id) == 26
    assert "Sales came between." in answer.content.decode()


def test_a_count_that_a_colleague_made_meanwhile_stands(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk)
    client = shop.client()
    data = typed(client.get(GRID), **{f"on_hand_{variant_id}": "30"})
    place = stock.levels(variant_ids=[variant_id])[variant_id][0].location_id
    inventory.adjust(variant_id=variant_id, location_id=place, delta=-4, cause="broken")

    answer = client.post(GRID, data)

    assert on_hand(variant_id) == 6
    assert "Somebody changed this to 6 meanwhile." in answer.content.decode()
    (conflict,) = stock.conflicts(variant_ids=[variant_id])
    assert (conflict.source, conflict.outcome) == ("grid", "refused")


def test_cells_that_were_not_touched_are_not_written(shop):
    variant_id = make_sellable(seller_id=shop.seller.pk)
    client = shop.client()
    data = typed(client.get(GRID), **{f"price_{variant_id}": "11"})
    inventory.reserve(holder="cart", quantities={variant_id: 4})
    inventory.claim(holder="cart")

    assert client.post(GRID, data).status_code == 302
    assert (on_hand(variant_id), price(variant_id)) == (6, (1100, None))


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        ("on_hand", "-1", "A count is 0 or more."),
        ("on_hand", "1e9", "Enter a whole number."),
        ("price", "0", "The price must be above zero."),
        ("price", "free", "Enter an amount such as 12.50."),
        ("price", "", "A price can be changed, not removed."),
        ("compare_at", "12.50", "The earlier price must be higher than the price."),
    ],
)
def test_what_cannot_be_is_explained_by_its_cell(shop, cell, value, message):
    variant_id = make_sellable(seller_id=shop.seller.pk)
    client = shop.client()

    answer = client.post(GRID, typed(client.get(GRID), **{f"{cell}_{variant_id}": value}))

    assert answer.status_code == 422
    (row,) = answer.context["rows"]
    assert list(row.errors) == [cell]
    assert message in row.errors[cell]
    assert (on_hand(variant_id), price(variant_id)) == (10, (1250, None))


def test_skus_of_others_are_neither_shown_nor_written(shop):
    foreign = make_sellable(seller_id=open_shop("Borealis").seller.pk, sku="SECRET")
    client = shop.client()

    assert "SECRET" not in client.get(GRID).content.decode()
    data = {f"on_hand-{foreign}": "1", f"seen-on_hand-{foreign}": "10", f"price-{foreign}": "1"}
    client.post(GRID, data)
    assert (on_hand(foreign), price(foreign)) == (10, (1250, None))


def test_the_grid_costs_the_same_for_one_and_for_many(shop):
    client = shop.client()
    make_sellable(seller_id=shop.seller.pk)
    client.get(GRID)
    with counted() as one:
        client.get(GRID)
    make_sellable(seller_id=shop.seller.pk)
    make_sellable(seller_id=shop.seller.pk)
    with counted() as three:
        client.get(GRID)

    assert len(one) == len(three)


def test_the_grid_shows_what_runs_low_and_saves_it_though_it_no_longer_does(shop):
    listed, plenty = (in_the_shop(shop) for _ in range(2))
    Stock.objects.filter(variant=listed).update(low_at=20)
    client = shop.client("editor")
    low = f"{GRID}?show=low"
    shown = client.get(low)
    assert [row.id for row in shown.context["rows"]] == [listed]

    Stock.objects.filter(variant=listed).update(low_at=1)
    answer = client.post(low, typed(shown, **{f"on_hand_{listed}": "90"}))

    assert answer.headers["Location"] == low
    assert (on_hand(listed), on_hand(plenty)) == (90, 10)
    assert "Nothing that shoppers can find runs low" in client.get(low).content.decode()


def test_the_grid_of_what_runs_low_writes_no_sku_of_others(shop):
    foreign = make_sellable(seller_id=open_shop("Borealis").seller.pk)
    data = {f"on_hand-{foreign}": "1", f"seen-on_hand-{foreign}": "10", "seen-version-x": "1"}

    shop.client().post(f"{GRID}?show=low", {**data, f"seen-version-{foreign}": "1"})
    shop.client().post(f"{GRID}?show=low", {"seen-version-" + "9" * 30: "1"})

    assert on_hand(foreign) == 10
