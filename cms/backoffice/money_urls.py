"""Addresses of the screens about credit, disputes and reconciliation."""

from django.urls import path

from .views import credits

urlpatterns = [
    path("credits/", credits.CreditList.as_view(), name="credits"),
    path("credits/results/", credits.CreditList.as_view(results_only=True), name="credits_results"),
    path("credits/new/", credits.IssueCredit.as_view(), name="credit_new"),
    path("credits/<int:credit_id>/", credits.CreditDetail.as_view(), name="credit"),
]
