"""`/sell/`: what selling here means, and the application of a signed-in person."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from commerce.sellers import operations, queries

from . import cart_session
from .sell_forms import ApplicationForm


@never_cache
@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Explain to everyone; take applications of people who are signed in."""
    user_id = cart_session.signed_in_user_id(request)
    if user_id is None:
        return render(request, "shop/sell.html", {"form": None})
    if queries.seller_of(user_id=user_id) is not None:
        return redirect("wagtailadmin_home")
    application = queries.latest_application(user_id=user_id)
    if application is not None and application.state == "submitted":
        return render(request, "shop/sell_waiting.html", {"application": application})
    form = ApplicationForm(
        request.POST or None, initial={"email": cart_session.person(request).email, "country": "US"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.apply(user_id=user_id, **form.cleaned_data)
            return redirect("sell")
        except operations.InvalidApplication as invalid:
            for field, message in invalid.errors.items():
                form.add_error(field if field in form.fields else None, message)
        except operations.NameTaken as taken:
            form.add_error("shop_name", str(taken))
        except operations.AlreadyApplied:
            return redirect("sell")
    context = {"form": form, "rejected": application}
    return render(request, "shop/sell.html", context, status=422 if form.errors else 200)
