"""Moving the second factor to another app or phone. Open to whoever has one."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.generic.edit import FormView

TOTP = Authenticator.Type.TOTP


@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class MoveView(ActivateTOTPView):
    """Connect a new app; the old one works until the new one has shown a code."""

    template_name = "mfa/totp/move.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_mfa_enabled(request.user, [TOTP]):
            return redirect("mfa_activate_totp")
        return FormView.dispatch(self, request, *args, **kwargs)

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponseBase:
        Authenticator.objects.filter(user_id=self.request.user.pk, type=TOTP).delete()
        return super().form_valid(form)
