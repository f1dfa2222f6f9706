"""Screens of the development mailbox. Open to everyone, and only where DEBUG is on."""

from collections.abc import Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from . import mailbox

# A mail may bring style and pictures, but it runs nothing and sends nothing.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " img-src * data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


def only_in_development(view: Any) -> Any:
    """Answer 404 wherever DEBUG is off, whatever the address map says."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        response: HttpResponse = view(request, *args, **kwargs)
        return response

    return never_cache(guarded)


@only_in_development
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """List what was sent, newest first."""
    recipient = request.GET.get("to", "")
    context = {"mails": mailbox.messages(recipient=recipient), "recipient": recipient}
    return _page(request, "devtools/mailbox.html", context)


@only_in_development
@require_GET
def show(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show one message: as HTML in a sandboxed frame, or as text."""
    mail = _mail(mail_id)
    as_text = request.GET.get("as") == "text" or not mail.html
    response = _page(request, "devtools/mail.html", {"mail": mail, "as_text": as_text})
    response._csp_update = {"frame-src": ["'self'"]}  # type: ignore[attr-defined]
    return response


@only_in_development
@require_GET
@xframe_options_sameorigin
def frame(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The HTML part alone, with a policy of its own; links open beside the mailbox."""
    html = _mail(mail_id).html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": FRAME_POLICY})


@only_in_development
@require_GET
def source(request: HttpRequest, mail_id: str) -> HttpResponse:
    """The message as it was sent."""
    text = _mail(mail_id).parsed.as_string()
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@only_in_development
@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """Throw every message away."""
    mailbox.empty()
    return redirect("dev-mailbox")


def _page(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    """Render without the shop's own context: the mailbox works when the shop does not."""
    return HttpResponse(render_to_string(template, {**context, "csrf_token": get_token(request)}))


def _mail(mail_id: str) -> mailbox.Mail:
    mail = mailbox.message(mail_id=mail_id)
    if mail is None:
        raise Http404
    return mail
