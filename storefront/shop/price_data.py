"""How prices came about, as data: of one's own cart, and of an order by its link.

The cart's cookie and the order's unguessable link are the keys, as for the pages.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from commerce.checkout import queries as checkout
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.pricing import queries as pricing
from commerce.pricing.types import Saving, TaxRow

from . import cart_session


@never_cache
@require_GET
def of_cart(request: HttpRequest) -> JsonResponse:
    """Every line of the cart that can be sold, with its steps. Whose cart it is may ask."""
    token = cart_session.current(request)
    if token is None:
        raise Http404
    basket = checkout.basket(cart_token=token)
    quote = basket.estimate
    if quote is None:
        return JsonResponse({"lines": [], "savings": [], "taxes": []})
    lines = [
        {
            "sku": line.offer.sku,
            "quantity": line.quantity,
            "total": _money(quote.lines[line.id].net_of_discount),
            "steps": _steps(quote.lines[line.id].steps, line.total.currency),
        }
        for line in basket.cart.lines
        if line.id in quote.lines
    ]
    return JsonResponse({"lines": lines, **_sums(quote.savings, quote.taxes)})


@never_cache
@require_GET
def of_order(request: HttpRequest, token: str) -> JsonResponse:
    """Every line of a placed order, with the steps that were frozen. The link is the key."""
    order = orders.order(token=token)
    if order is None:
        raise Http404
    lines = [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "total": _money(line.total - line.discount),
            "steps": _steps(line.explanation, line.total.currency),
        }
        for line in order.lines
    ]
    savings = orders.savings_of(order.seller_orders)
    return JsonResponse(
        {
            "order": order.number,
            "lines": lines,
            **_sums(savings, orders.taxes_of(order.seller_orders)),
        }
    )


def _steps(steps: Iterable[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    told = pricing.sentences(steps=steps, currency=currency)
    return [{"kind": step.kind, "text": step.text, "amount": _money(step.amount)} for step in told]


def _sums(savings: Iterable[Saving], taxes: Iterable[TaxRow]) -> dict[str, Any]:
    return {
        "savings": [
            {"label": each.label, "code": each.code, "amount": _money(each.amount)}
            for each in savings
        ],
        "taxes": [
            {
                "name": row.name,
                "rate_bps": row.rate_bps,
                "base": _money(row.base),
                "amount": _money(row.amount),
                "included": row.included,
            }
            for row in taxes
        ],
    }


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}
