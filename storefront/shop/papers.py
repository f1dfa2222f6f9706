"""Receipt, invoices and credit notes of an order, for whoever holds its link."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from commerce.documents import operations, queries
from commerce.documents.types import DocumentData
from commerce.orders import queries as orders
from commerce.orders.types import OrderRef


@never_cache
@require_GET
def document(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Hand out one paper of the order as PDF; another order's does not exist."""
    found = queries.of_order(order_id=_order(token).id, number=number)
    if found is None:
        raise Http404
    return as_file(found)


@never_cache
@require_GET
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Show the receipt as a page to print."""
    order = _order(token)
    if order.state == "pending":
        raise Http404
    papers = queries.of_orders(order_ids=[order.id]).get(order.id, [])
    found = next((each for each in papers if each.kind == "receipt"), None)
    context = {
        "order": order,
        "receipt": found,
        "sheet": queries.sheet(document_id=found.id) if found else None,
    }
    return render(request, "shop/receipt.html", context)


def as_file(found: DocumentData) -> HttpResponse:
    """Answer with the PDF of a document, to be kept by nobody on the way."""
    response = HttpResponse(operations.pdf_of(document_id=found.id), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["X-Robots-Tag"] = "noindex"
    return response


def _order(token: str) -> OrderRef:
    order = orders.ref(token=token)
    if order is None:
        raise Http404
    return order
