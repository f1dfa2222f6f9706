"""Pages for what went wrong: a sentence, a way on, never a stack trace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere. Open to everyone."""
    return render(request, "403.html", {"reason": "stale-form"}, status=403)
