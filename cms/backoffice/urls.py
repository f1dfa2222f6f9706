"""Addresses of the back office. All of them are closed to sellers."""

from django.urls import path

from .money_urls import urlpatterns as money_urls
from .price_urls import urlpatterns as price_urls
from .views import (
    applications,
    audit,
    cases,
    checks,
    commissions,
    drafts,
    failures,
    found_refunds,
    goodwill,
    ledger,
    orders,
    papers,
    payments,
    payouts,
    seller_money,
    sellers,
    shipping,
)

app_name = "backoffice"

urlpatterns = [
    path("applications/", applications.ApplicationList.as_view(), name="applications"),
    path(
        "applications/results/",
        applications.ApplicationList.as_view(results_only=True),
        name="applications_results",
    ),
    path("applications/<int:application_id>/", applications.Decision.as_view(), name="application"),
    path("sellers/", sellers.SellerList.as_view(), name="sellers"),
    path("sellers/results/", sellers.SellerList.as_view(results_only=True), name="sellers_results"),
    path("sellers/<int:seller_id>/", sellers.SellerDetail.as_view(), name="seller"),
    path("orders/", orders.OrderList.as_view(), name="orders"),
    path("orders/results/", orders.OrderList.as_view(results_only=True), name="orders_results"),
    path("orders/export/", orders.OrderExport.as_view(), name="orders_export"),
    path("orders/exports/", orders.Exports.as_view(), name="exports"),
    path("orders/exports/<int:export_id>/", orders.ExportFile.as_view(), name="export_file"),
    path("orders/<str:number>/", orders.OrderDetail.as_view(), name="order"),
    path("orders/<str:number>/goodwill/", goodwill.Goodwill.as_view(), name="goodwill"),
    path("requests/", cases.CaseList.as_view(), name="requests"),
    path("requests/results/", cases.CaseList.as_view(results_only=True), name="requests_results"),
    path("requests/<str:case_number>/", cases.CaseDetail.as_view(), name="request"),
    path(
        "requests/<str:case_number>/pictures/<int:picture_id>.jpg",
        cases.CasePicture.as_view(),
        name="request_picture",
    ),
    path("drafts/", drafts.DraftList.as_view(), name="drafts"),
    path("drafts/new/", drafts.NewDraft.as_view(), name="draft_new"),
    path("documents/<str:paper>.pdf", papers.DocumentFile.as_view(), name="document"),
    path("audit/", audit.AuditLog.as_view(), name="audit"),
    path("audit/results/", audit.AuditLog.as_view(results_only=True), name="audit_results"),
    path("sellers/<int:seller_id>/money/", seller_money.SellerMoney.as_view(), name="seller_money"),
    path("commissions/", commissions.Commissions.as_view(), name="commissions"),
    path("payouts/terms/", seller_money.TermsForAll.as_view(), name="payout_terms"),
    path("payouts/", payouts.PayoutList.as_view(), name="payouts"),
    path("payouts/results/", payouts.PayoutList.as_view(results_only=True), name="payouts_results"),
    path("payouts/run/", payouts.RunPayouts.as_view(), name="payouts_run"),
    path("payouts/<int:payout_id>/retry/", payouts.RetryPayout.as_view(), name="payout_retry"),
    path("payments/", payments.PaymentList.as_view(), name="payments"),
    path("payments/<int:payment_id>/", payments.PaymentDetail.as_view(), name="payment"),
    path(
        "payments/<int:payment_id>/found/",
        found_refunds.AssignFoundRefund.as_view(),
        name="found_refund",
    ),
    path("ledger/", ledger.JournalList.as_view(), name="journals"),
    path("ledger/results/", ledger.JournalList.as_view(results_only=True), name="journals_results"),
    path("ledger/balances/", ledger.Balances.as_view(), name="balances"),
    path("ledger/<int:journal_id>/", ledger.JournalDetail.as_view(), name="journal"),
    path("failures/", failures.Failures.as_view(), name="failures"),
    path("invariants/", checks.Invariants.as_view(), name="invariants"),
    path("shipping/labels/", shipping.StuckLabels.as_view(), name="stuck_labels"),
    path(
        "shipping/labels/results/",
        shipping.StuckLabels.as_view(results_only=True),
        name="stuck_labels_results",
    ),
    path("shipping/", shipping.ShippingList.as_view(), name="shipping"),
    path(
        "shipping/results/",
        shipping.ShippingList.as_view(results_only=True),
        name="shipping_results",
    ),
    *money_urls,
    *price_urls,
]
