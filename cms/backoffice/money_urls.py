"""Addresses of the screens about credit, disputes and reconciliation."""

from django.urls import path

from .views import credits, disputes, gifts, reconciling

urlpatterns = [
    path("credits/", credits.CreditList.as_view(), name="credits"),
    path("credits/results/", credits.CreditList.as_view(results_only=True), name="credits_results"),
    path("credits/new/", credits.IssueCredit.as_view(), name="credit_new"),
    path("credits/<int:credit_id>/", credits.CreditDetail.as_view(), name="credit"),
    path("gift-cards/", gifts.GiftList.as_view(), name="gifts"),
    path("gift-cards/results/", gifts.GiftList.as_view(results_only=True), name="gifts_results"),
    path("gift-cards/<int:gift_id>/", gifts.GiftDetail.as_view(), name="gift"),
    path("disputes/", disputes.DisputeList.as_view(), name="disputes"),
    path(
        "disputes/results/",
        disputes.DisputeList.as_view(results_only=True),
        name="disputes_results",
    ),
    path("disputes/<int:dispute_id>/", disputes.DisputeDetail.as_view(), name="dispute"),
    path("reconciling/", reconciling.BreakList.as_view(), name="breaks"),
    path(
        "reconciling/results/",
        reconciling.BreakList.as_view(results_only=True),
        name="breaks_results",
    ),
    path("reconciling/run/", reconciling.CompareNow.as_view(), name="compare_now"),
    path("reconciling/<int:break_id>/", reconciling.BreakDetail.as_view(), name="break"),
]
