"""What the template of each kind of page is given."""

from functools import singledispatch
from typing import Any

from django.http import HttpRequest


@singledispatch
def of(page: Any, request: HttpRequest) -> dict[str, Any]:
    """Return the context of a page, draft or live."""
    raise NotImplementedError(type(page).__name__)


from . import category, free, product, seller  # noqa: E402, F401  (they register themselves)
