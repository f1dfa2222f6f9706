"""Two views over one stock: the shop's own reservation, and the least work that does the same.

Served like the shop. `/hold/` reserves one unit for a new holder by inventory's operation;
`/least/` runs one locked update and one insert in a transaction on plain tables, their plans kept
like the shop's, and no more.
"""

import random
import uuid
from collections.abc import Callable

import django
from django.http import HttpRequest, HttpResponse
from django.urls import path

django.setup()

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import transaction  # noqa: E402

from commerce.inventory import operations  # noqa: E402
from commerce.kernel.sql import Planned, execute  # noqa: E402

MINUTES = 30
LEAST = (
    Planned("INSERT INTO bench_hold (stock_id, holder) VALUES (%s, %s)"),
    Planned(
        "UPDATE bench_stock SET reserved = reserved + 1 WHERE id = %s AND on_hand - reserved >= 1"
    ),
)


def reserve(variant_id: int) -> None:
    operations.reserve(holder=uuid.uuid4().hex, quantities={variant_id: 1}, minutes=MINUTES)


def least(stock_id: int) -> None:
    with transaction.atomic():
        execute(LEAST[0], stock_id, uuid.uuid4().hex)
        execute(LEAST[1], stock_id)


def _view(act: Callable[[int], None]) -> Callable[[HttpRequest, int, int], HttpResponse]:
    def view(request: HttpRequest, first: int, last: int) -> HttpResponse:
        act(random.randint(first, last))
        return HttpResponse("held")

    return view


urlpatterns = [
    path("hold/<int:first>/<int:last>/", _view(reserve)),
    path("least/<int:first>/<int:last>/", _view(least)),
    path("", lambda request: HttpResponse("here")),
]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
settings.SECURE_SSL_REDIRECT = False
application = get_wsgi_application()
