"""`/sell/join/…/`: what an invitation to a seller's team leads to. The link is the key."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cms.selling import operations as workspace
from commerce.sellers import operations, queries
from storefront.privileged import lacks_second_factor

from . import cart_session


@never_cache
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation to whoever holds the link; let the person it is for accept it.

    Where sellers need a second factor, it is set up first.
    """
    invitation = queries.invitation_of(token=token)
    user_id = cart_session.signed_in_user_id(request)
    if invitation is None:
        if user_id is not None and queries.seller_of(user_id=user_id) is not None:
            return redirect("wagtailadmin_home")  # accepted before, by the same link perhaps
        return render(request, "shop/join_gone.html", status=410)
    here = {"next": reverse("sell-join", args=[token])}
    context = {"invitation": invitation, "next": urlencode(here), "user_email": ""}
    if user_id is None:
        return render(request, "shop/join.html", context)
    person = cart_session.person(request)
    context["user_email"] = person.email
    context["is_other"] = person.email.lower() != invitation.email
    if request.method != "POST" or context["is_other"]:
        return render(request, "shop/join.html", context)
    if lacks_second_factor(person):
        return redirect(f"{reverse('mfa_activate_totp')}?{urlencode(here)}")
    try:
        seller_id = operations.accept_invitation(token=token, user_id=user_id)
    except operations.InvitationGone:
        return render(request, "shop/join_gone.html", status=410)
    except (operations.AlreadySelling, operations.ForSomebodyElse) as refusal:
        return render(request, "shop/join.html", {**context, "error": str(refusal)}, status=409)
    # Workers do it too; who just accepted should not find the door closed meanwhile.
    workspace.admit(seller_id=seller_id, user_id=user_id, role=invitation.role)
    return redirect("wagtailadmin_home")
