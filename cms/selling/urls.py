"""Addresses of sellers' screens. Naming one here also opens it in the wall's list."""

from typing import Any

from django.urls import URLPattern, path

from .policy import Door, declare
from .views import earnings, orders, pictures, products, reach, shipping, stock, store

app_name = "selling"


def screen(route: str, view: Any, name: str, **settings: Any) -> URLPattern:
    """Route to a seller's screen and declare it; the view says whose work it is."""
    declare(f"{app_name}:{name}", Door.SCOPED, view.work)
    return path(route, view.as_view(**settings), name=name)


urlpatterns = [
    screen("orders/", orders.OrderList, "orders"),
    screen("orders/results/", orders.OrderList, "orders_results", results_only=True),
    screen("orders/export/", orders.OrderExport, "orders_export"),
    screen("orders/<str:number>/", orders.OrderDetail, "order"),
    screen("orders/<str:number>/packing-slip/", orders.PackingSlip, "packing_slip"),
    screen(
        "orders/<str:number>/parcels/<int:shipment_id>/delivered/",
        orders.ParcelDelivered,
        "parcel_delivered",
    ),
    screen("products/", products.ProductList, "products"),
    screen("products/results/", products.ProductList, "products_results", results_only=True),
    screen("products/new/", products.NewProduct, "product_new"),
    screen("products/<int:product_id>/", products.ProductDetail, "product"),
    screen("products/<int:product_id>/page/", products.ProductPresented, "product_page"),
    screen("products/<int:product_id>/archive/", products.ProductArchived, "product_archive"),
    screen("stock/", stock.StockGrid, "stock"),
    screen("shipping/", shipping.ShippingList, "shipping"),
    screen("shipping/new/", shipping.NewShipping, "shipping_new"),
    screen("shipping/<int:method_id>/", shipping.EditShipping, "shipping_edit"),
    screen("shipping/<int:method_id>/withdraw/", shipping.WithdrawShipping, "shipping_withdraw"),
    screen("shipping/zones/", reach.ZoneList, "zones"),
    screen("shipping/zones/new/", reach.NewZone, "zone_new"),
    screen("shipping/zones/<int:zone_id>/", reach.EditZone, "zone"),
    screen("shipping/zones/<int:zone_id>/delete/", reach.DeleteZone, "zone_delete"),
    screen("shipping/handling/", reach.DispatchScreen, "dispatch"),
    screen("shipping/pick-up/", reach.PickUpList, "pick_up"),
    screen("shipping/pick-up/<int:location_id>/", reach.EditPickUp, "pick_up_edit"),
    screen("pictures/", pictures.Pictures, "pictures"),
    screen("pictures/results/", pictures.Pictures, "pictures_results", results_only=True),
    screen("store/", store.Store, "store"),
    screen("earnings/", earnings.Earnings, "earnings"),
    screen("earnings/payouts/", earnings.PayoutList, "payouts"),
    screen("earnings/statement/", earnings.StatementScreen, "statement"),
    screen("earnings/statement/csv/", earnings.StatementFile, "statement_csv"),
    screen("earnings/connect/", earnings.ConnectBank, "connect"),
    screen("earnings/connected/", earnings.BankConnected, "connected"),
]
