import pytest

from cms.selling import queries
from commerce.catalog import queries as catalog
from commerce.inventory import operations as inventory
from commerce.sellers.operations import suspend
from tests.factories.inventory import stock_up
from tests.factories.selling import open_shop, signed_in
from tests.factories.shopfront import on_show
from tests.support.admin_worlds import seat

pytestmark = pytest.mark.django_db


def panels(shop, role):
    page = shop.client(role).get("/admin/")
    return [type(panel).__name__ for panel in page.context["panels"]]


def menu(shop, role):
    page = shop.client(role).get("/admin/")
    start = page.content.decode().split('id="wagtail-sidebar-props"')[1]
    labels = (
        "Orders", "Products", "Stock and prices", "Import", "Shipping", "Earnings", "Pictures",
        "Store page", "Reports", "Settings", "Help", "Images", "Pages",
    )  # fmt: skip
    return [label for label in labels if f'"label": "{label}"' in start]


def test_everyone_sees_what_is_theirs_to_do():
    shop = open_shop("Acme")

    assert panels(shop, "owner") == [
        "FirstSteps", "OrdersToShip", "CountsDue", "LowStock", "ProductsByState", "EarningsPanel"
    ]  # fmt: skip
    assert panels(shop, "editor") == [
        "FirstSteps", "OrdersToShip", "CountsDue", "LowStock", "ProductsByState"
    ]  # fmt: skip
    assert panels(shop, "packer") == ["OrdersToShip", "CountsDue"]


def test_the_menu_has_own_screens_only():
    shop = open_shop("Acme")

    assert menu(shop, "owner") == [
        "Orders", "Products", "Stock and prices", "Import", "Shipping", "Earnings", "Pictures",
        "Store page",
    ]  # fmt: skip
    assert menu(shop, "packer") == ["Orders"]


def test_every_menu_entry_of_a_role_opens():
    own = seat("Acme").shop
    for role in ("owner", "editor", "packer"):
        client = own.client(role)
        page = client.get("/admin/").content.decode()
        links = [part.split('"')[0] for part in page.split('"url": "')[1:]]
        assert links
        closed = [link for link in links if client.get(link, follow=True).status_code != 200]
        assert [link for link in closed if link != "/admin/logout/"] == []


def test_the_home_page_shows_own_things_only():
    own, _ = seat("Acme"), seat("Xqzmark")

    page = own.shop.client().get("/admin/").content.decode()

    assert "Xqzmark" not in page
    assert own.shop.seller.name in page


def test_a_suspended_seller_is_told_and_still_ships():
    shop = open_shop("Acme")
    suspend(seller_id=shop.seller.pk, reason="Counterfeits")

    assert panels(shop, "owner") == [
        "Suspension", "OrdersToShip", "CountsDue", "EarningsPanel"
    ]  # fmt: skip
    assert menu(shop, "editor") == ["Orders"]


def test_staff_keep_wagtails_own_home_page(django_user_model):
    staff = django_user_model.objects.create_superuser("staff@example.com", "a-long-Passw0rd")
    open_shop("Acme")

    page = signed_in(staff).get("/admin/")

    assert not any(type(panel).__name__ == "FirstSteps" for panel in page.context["panels"])


def test_a_location_below_its_own_number_is_shown_as_low():
    page = on_show("Blue mug", variants=[((), 1250, 90)])
    (variant,) = catalog.variants_of(product_ids=[page.product_id])[page.product_id]
    store = stock_up(variant.id, 8, place="Store")
    assert not queries.low_stock(seller_id=variant.seller_id).exists()

    inventory.set_low_here(variant_id=variant.id, thresholds={store: 8})

    (row,) = queries.low_stock(seller_id=variant.seller_id)
    assert (row.location_id, row.free) == (store, 8)
