"""Who works for a seller: open to its owners."""

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views import View
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from commerce.accounts import queries as accounts
from commerce.sellers import operations, queries

from ..policy import Work
from ..team_forms import InviteForm, RoleForm
from .base import SellerScreen

REFUSALS = (operations.AlreadyInvited, operations.TooManyInvitations)


class Team(SellerScreen, WagtailAdminTemplateMixin, TemplateView):
    """The people, the open invitations, what changed, and a form to invite somebody."""

    work = Work.MONEY
    page_title = "Team"
    header_icon = "group"
    template_name = "admin/selling/team.html"
    form: InviteForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = InviteForm()
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.form = InviteForm(request.POST)
        if self.form.is_valid() and self._invite():
            messages.success(
                request, f"An invitation is on its way to {self.form['email'].value()}."
            )
            return redirect("selling:team")
        return self.render_to_response(self.get_context_data(), status=422)

    def _invite(self) -> bool:
        try:
            operations.invite(
                seller_id=self.seller_id,
                invited_by=cast("int", self.request.user.pk),
                **self.form.cleaned_data,
            )
        except REFUSALS as refusal:
            self.form.add_error("email", str(refusal))
            return False
        return True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        moves = queries.team_moves(seller_id=self.seller_id, limit=20)
        people = queries.members(seller_ids=[self.seller_id])[self.seller_id]
        emails = accounts.user_emails(user_ids=[move.person_id for move in moves])
        return {
            **super().get_context_data(**kwargs),
            "form": self.form,
            "people": [(each, RoleForm(initial={"role": each.role})) for each in people],
            "invitations": queries.open_invitations(seller_id=self.seller_id),
            "moves": [(move, emails.get(move.person_id, "Somebody who left")) for move in moves],
            "own_id": self.request.user.pk,
        }


class OneOfTheTeam(SellerScreen, View):
    """One person of the own team; of another seller's there is none."""

    work = Work.MONEY
    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        people = queries.members(seller_ids=[self.seller_id])[self.seller_id]
        self.person = next((each for each in people if each.user_id == kwargs["user_id"]), None)
        if self.person is None:
            raise Http404
        return cast("HttpResponse", super().dispatch(request, *args, **kwargs))


class RoleChanged(OneOfTheTeam):
    def post(self, request: HttpRequest, user_id: int) -> HttpResponse:
        form = RoleForm(request.POST)
        if not form.is_valid():
            messages.error(request, "Choose one of the roles.")
            return redirect("selling:team")
        try:
            operations.change_role(
                seller_id=self.seller_id, user_id=user_id, role=form.cleaned_data["role"]
            )
        except operations.LastOwner as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "The role is changed.")
        return redirect("wagtailadmin_home" if user_id == request.user.pk else "selling:team")


class MemberRemoved(OneOfTheTeam):
    def post(self, request: HttpRequest, user_id: int) -> HttpResponse:
        try:
            operations.remove_member(seller_id=self.seller_id, user_id=user_id)
        except operations.LastOwner as refusal:
            messages.error(request, str(refusal))
            return redirect("selling:team")
        if user_id == request.user.pk:
            return redirect("/account/")
        messages.success(request, "The person works for you no longer.")
        return redirect("selling:team")


class InvitationTakenBack(SellerScreen, View):
    work = Work.MONEY
    http_method_names = ["post"]

    def post(self, request: HttpRequest, invitation_id: int) -> HttpResponse:
        own = queries.open_invitations(seller_id=self.seller_id)
        if invitation_id not in {each.id for each in own}:
            raise Http404
        operations.take_back_invitation(seller_id=self.seller_id, invitation_id=invitation_id)
        messages.success(request, "The link in that mail works no longer.")
        return redirect("selling:team")
