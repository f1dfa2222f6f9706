"""What the marketplace keeps: rules of commission, and plans that sellers subscribe to."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.kernel import clock
from commerce.payouts import operations as payouts
from commerce.payouts import queries as payout_queries
from commerce.sellers import operations as sellers
from commerce.sellers import queries as seller_queries
from commerce.sellers.models import CommissionRule

from ..money_forms import FeaturedForm, PlanForm, RuleForm, category_choices
from .base import StaffScreen

MOST_RULES = 200


class Commissions(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Rules newest first, plans by price, and forms for one more of each."""

    right = "manage_payouts"
    page_title = "Commissions and plans"
    header_icon = "coins"
    template_name = "admin/backoffice/commissions.html"
    rule: RuleForm
    plan: PlanForm
    featured: FeaturedForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._fill()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self._fill()
        actions: dict[str, Callable[[], str]] = {
            "add": self._add, "end": self._end, "offer": self._offer,
            "feature": self._feature,
        }  # fmt: skip
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise Http404
        if said := action():
            messages.success(request, said)
            return redirect("backoffice:commissions")
        return self.render_to_response(self.get_context_data(), status=422)

    def _fill(self) -> None:
        self.rule, self.plan = RuleForm(prefix="rule"), PlanForm(prefix="plan")
        self.featured = FeaturedForm(prefix="featured")

    def _feature(self) -> str:
        self.featured = FeaturedForm(self.request.POST, prefix="featured")
        if not self.featured.is_valid():
            return ""
        payouts.offer_featuring(**self.featured.cleaned_data)
        return "Kept. Days that have bookings keep their price and places."

    def _add(self) -> str:
        self.rule = RuleForm(self.request.POST, prefix="rule")
        if not self.rule.is_valid():
            return ""
        try:
            sellers.add_commission_rule(**self.rule.rule)
        except (sellers.InvalidRate, sellers.NotOffered) as refusal:
            self.rule.add_error(None, str(refusal))
            return ""
        return "The rule applies to what is sold from now on."

    def _end(self) -> str:
        rule_id = self.request.POST.get("rule", "")
        if not rule_id.isdecimal() or len(rule_id) > 18:
            raise Http404
        sellers.end_commission_rule(rule_id=int(rule_id))
        return "The rule has ended. Lines that were sold keep their rate."

    def _offer(self) -> str:
        self.plan = PlanForm(self.request.POST, prefix="plan")
        if not self.plan.is_valid():
            return ""
        sellers.offer_plan(**self.plan.cleaned_data)
        return "The plan is kept. Sellers who are on it keep the price they agreed to."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = CommissionRule.objects.select_related("seller", "plan").order_by("-pk")[:MOST_RULES]
        names = dict(category_choices())
        now = clock.now()
        return {
            **super().get_context_data(**kwargs),
            "rules": [
                {
                    "row": row,
                    "percent": row.rate_bps / 100,
                    "whom": row.seller or (f"Plan {row.plan}" if row.plan else "Everybody"),
                    "where": names.get(str(row.category_key), "a category that is gone").lstrip(
                        "– "
                    )
                    if row.category_key
                    else "Everything",
                    "runs": row.valid_until is None or row.valid_until > now,
                }
                for row in rows
            ],
            "plans": seller_queries.plans(offered=False),
            "rule": self.rule,
            "plan": self.plan,
            "featured": self.featured,
            "featured_offer": payout_queries.featured_offer(),
            "media": self.rule.media,
        }


def _where(rule: CommissionRule, names: dict[str, str]) -> str:
    if rule.category_key is None:
        return "Everything"
    return names.get(str(rule.category_key), "a category that is gone").lstrip("– ")
