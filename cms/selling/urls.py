"""Addresses of sellers' screens. Naming one here also opens it in the wall's list."""

from typing import Any

from django.urls import URLPattern, path

from .policy import Door, declare
from .views import (
    cases,
    counts,
    earnings,
    income,
    locations,
    machines,
    orders,
    papers,
    parcels,
    pictures,
    products,
    promotions,
    reach,
    shipping,
    sku,
    stock,
    stock_upload,
    store,
    team,
)

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
    screen("orders/<str:number>/invoice/", papers.IssueInvoice, "invoice_issue"),
    screen("orders/<str:number>/cancel/", cases.CancelForSeller, "order_cancel"),
    screen("requests/", cases.CaseList, "requests"),
    screen("requests/results/", cases.CaseList, "requests_results", results_only=True),
    screen("requests/<str:case_number>/", cases.CaseDetail, "request"),
    screen(
        "requests/<str:case_number>/pictures/<int:picture_id>.jpg",
        cases.CasePicture,
        "request_picture",
    ),
    screen("documents/", papers.DocumentList, "documents"),
    screen("documents/results/", papers.DocumentList, "documents_results", results_only=True),
    screen("documents/letterhead/", papers.Letterhead, "letterhead"),
    screen("documents/<str:paper>.pdf", papers.DocumentFile, "document"),
    screen("orders/<str:number>/label/", parcels.LabelScreen, "label"),
    screen("orders/<str:number>/labels/<int:label_id>/sheet/", parcels.LabelSheet, "label_sheet"),
    screen("orders/<str:number>/labels/<int:label_id>/void/", parcels.LabelVoided, "label_void"),
    screen(
        "orders/<str:number>/labels/<int:label_id>/handed-over/",
        parcels.LabelHandedOver,
        "label_handed_over",
    ),
    screen("orders/<str:number>/ready/", parcels.ReadyForPickUp, "ready_for_pick_up"),
    screen("products/", products.ProductList, "products"),
    screen("products/results/", products.ProductList, "products_results", results_only=True),
    screen("products/new/", products.NewProduct, "product_new"),
    screen("products/<int:product_id>/", products.ProductDetail, "product"),
    screen("products/<int:product_id>/page/", products.ProductPresented, "product_page"),
    screen("products/<int:product_id>/archive/", products.ProductArchived, "product_archive"),
    screen("stock/", stock.StockGrid, "stock"),
    screen("stock/skus/<int:variant_id>/", sku.SkuScreen, "sku"),
    screen("stock/locations/", locations.LocationList, "locations"),
    screen("stock/locations/new/", locations.NewLocation, "location_new"),
    screen("stock/locations/<int:location_id>/", locations.EditLocation, "location"),
    screen("stock/counts/", counts.Counts, "counts"),
    screen("stock/counts/<int:sheet_id>/", counts.CountSheetScreen, "count"),
    screen("stock/missing/", counts.Shortages, "shortages"),
    screen("stock/upload/", stock_upload.StockUpload, "stock_upload"),
    screen("stock/file/", stock_upload.StockFile, "stock_file"),
    screen("stock/connections/", machines.Machines, "machines"),
    screen("stock/connections/keys/<int:key_id>/revoke/", machines.RevokeKey, "key_revoke"),
    screen("stock/connections/addresses/<int:endpoint_id>/", machines.EndpointScreen, "endpoint"),
    screen(
        "stock/connections/addresses/<int:endpoint_id>/<int:delivery_id>/again/",
        machines.SendAgain,
        "send_again",
    ),
    screen("promotions/", promotions.PromotionList, "promotions"),
    screen("promotions/new/", promotions.EditPromotion, "promotion_new"),
    screen("promotions/<int:promotion_id>/", promotions.EditPromotion, "promotion"),
    screen("promotions/<int:promotion_id>/end/", promotions.EndPromotion, "promotion_end"),
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
    screen("team/", team.Team, "team"),
    screen("team/<int:user_id>/role/", team.RoleChanged, "team_role"),
    screen("team/<int:user_id>/remove/", team.MemberRemoved, "team_remove"),
    screen(
        "team/invitations/<int:invitation_id>/take-back/",
        team.InvitationTakenBack,
        "invitation_take_back",
    ),
    screen("earnings/", earnings.Earnings, "earnings"),
    screen("earnings/payouts/", earnings.PayoutList, "payouts"),
    screen("earnings/year/", income.Income, "income"),
    screen("earnings/year/csv/", income.IncomeFile, "income_csv"),
    screen("earnings/plan/", income.Plan, "plan"),
    screen("earnings/statement/", earnings.StatementScreen, "statement"),
    screen("earnings/statement/csv/", earnings.StatementFile, "statement_csv"),
    screen("earnings/connect/", earnings.ConnectBank, "connect"),
    screen("earnings/connected/", earnings.BankConnected, "connected"),
]
