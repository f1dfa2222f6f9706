"""Second factors: moving one to another app or phone, and how its secret is kept."""

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

from commerce.kernel.sealing import seal, unseal

TOTP = Authenticator.Type.TOTP
SECRETS = ("secret", "seed")
"""What authenticator apps and recovery codes are made from."""


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


@transaction.atomic
def reseal(model: Any = Authenticator) -> int:
    """Encrypt the secrets of all second factors under the first key; returns how many.

    Repeating it is safe. Raises CannotOpen when a key is missing.
    """
    count = 0
    for row in model.objects.select_for_update().order_by("pk").iterator(chunk_size=500):
        kept = {name: row.data[name] for name in SECRETS if row.data.get(name)}
        if kept:
            row.data |= {name: seal(unseal(value)) for name, value in kept.items()}
            row.save(update_fields=["data"])
            count += 1
    return count
