"""Work that failed for good: seen, tried again, or given up with a note."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.audit import operations as audit
from commerce.payments.models import Refund
from commerce.payouts.models import Payout
from commerce.returns import queries as returns

from .. import failures
from ..rights import full
from .base import StaffScreen


class ActForm(forms.Form):
    """What is done about one piece of work, or about all of a kind."""

    kind = forms.ChoiceField(choices=[(name, name) for name in failures.KINDS])
    act = forms.ChoiceField(choices=[(name, name) for name in ("retry", "retry_all", "give_up")])
    id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    note = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("act") == "give_up" and not said.get("note") and "note" not in self.errors:
            self.add_error("note", "Say why nothing has to be done, or what was done instead.")
        return said


class Failures(StaffScreen, WagtailAdminTemplateMixin, TemplateView):
    """Everything that waits for a person after its last attempt, oldest first."""

    right = "repair_work"
    page_title = "Failed work"
    reveals = "failures.viewed"
    header_icon = "warning"
    template_name = "admin/backoffice/failures.html"
    form: ActForm | None = None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = ActForm(request.POST)
        if not self.form.is_valid():
            if {"kind", "act", "id"} & set(self.form.errors):
                raise Http404
            return self.render_to_response(self.get_context_data(), status=422)
        done, said = self._act(**self.form.cleaned_data)
        (messages.success if done else messages.error)(request, said)
        return redirect("backoffice:failures")

    def _act(self, *, kind: str, act: str, id: int | None, note: str) -> tuple[int, str]:
        work = failures.KINDS[kind]
        audit.record(action=f"failures.{act}", subject=f"{kind} {id or 'all'}")
        if act == "retry_all":
            done = sum(work.retry(each.id) for each in work.found())
            return done, f"{done} are tried again now."
        if id is None:
            raise Http404
        done = work.retry(id) if act == "retry" else work.give_up(id, note)
        if not done:
            return 0, "Somebody else has seen to it meanwhile."
        if act == "retry":
            return 1, "It is tried again now."
        return 1, "Given up, and kept with your note."

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "kinds": [(kind, kind.found(), kind.count()) for kind in failures.KINDS.values()],
            "form": self.form,
            "elsewhere": self._elsewhere(),
        }

    def _elsewhere(self) -> list[tuple[str, str, int]]:
        """Return what failed and has a screen of its own, as far as the person may open it."""
        failed = Payout.State.FAILED
        rows = [
            (
                "manage_payouts",
                "backoffice:payouts",
                "Failed payouts",
                lambda: Payout.objects.filter(state=failed).count(),
            ),
            (
                "review_payments",
                "backoffice:payments",
                "Failed refunds",
                lambda: Refund.objects.filter(state=Refund.State.FAILED).count(),
            ),
            (
                "decide_requests",
                "backoffice:requests",
                "Requests to decide",
                returns.count_escalated,
            ),
        ]
        return [
            (name, label, count())
            for right, name, label, count in rows
            if self.request.user.has_perm(full(right))
        ]
