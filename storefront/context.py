"""Context of every page."""

from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, object]:
    return {}
