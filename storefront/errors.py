"""Pages for what went wrong: a sentence, a way on, never a stack trace. Open to everyone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Nothing lives at this address, or it is not this visitor's business."""
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """This visitor may not do that."""
    return render(request, "403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere."""
    return render(request, "403.html", {"stale_form": True}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke; the page needs neither database nor context."""
    return HttpResponse(loader.get_template("500.html").render({}), status=500)
