"""Which currency a visitor shops in: a cookie of their browser says so, else the base currency.

Where the marketplace sells in one, nothing is read and nothing is shown.
"""

from django.conf import settings
from django.http import HttpRequest

from commerce.kernel import currencies

COOKIE = "currency"


def chosen(request: HttpRequest) -> str:
    """Return the currency that prices are shown in to this visitor."""
    if len(settings.CURRENCIES) < 2:
        base: str = settings.BASE_CURRENCY
        return base
    return currencies.or_base(request.COOKIES.get(COOKIE))
