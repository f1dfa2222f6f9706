"""Following an order: by its unguessable link, which a guest can have mailed again."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from commerce.documents import queries as documents
from commerce.fulfillment import queries as fulfillment
from commerce.notifications import operations as notifications
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.payments import queries as payments
from commerce.payments.types import Reservation
from commerce.returns import queries as cases
from commerce.sellers import queries as sellers
from commerce.sellers.types import SellerData
from storefront import limits


@never_cache
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, *, withdrawing: bool = False) -> HttpResponse:
    """Mail the link of an order to its own address. The answer never tells what exists."""
    context: dict[str, object] = {"withdrawing": withdrawing}
    if request.method == "GET":
        return render(request, "shop/track.html", context)
    number = request.POST.get("number", "").strip()[:40]
    email = request.POST.get("email", "").strip()[:254]
    context |= {"number": number, "email": email}
    if not number or "@" not in email:
        context["error"] = "Enter the order number and the email address of the order."
        return render(request, "shop/track.html", context, status=422)
    try:
        limits.count(request, limits.TRACKING)
    except limits.TooOften as refusal:
        context["error"] = str(refusal)
        return limits.answer(render(request, "shop/track.html", context, status=429), refusal)
    order = orders.order_by_number(number=number)
    if order is not None and order.email.lower() == email.lower():
        notifications.send_order_link(order_token=order.token)
    context["sent"] = True
    return render(request, "shop/track.html", context)


@never_cache
@require_GET
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Show the order to whoever holds its link."""
    order = orders.order(token=token)
    if order is None:
        raise Http404
    paid = order.confirmed_at is not None
    context = {
        "order": order,
        "cases": cases.cases_of_order(order_id=order.id),
        "choices": cases.choices(order=order) if paid else [],
        "happened": cases.timeline(order=order) if paid else [],
        "actors": cases.actor_names(order=order) if paid else {},
        "may_readdress": paid and not cases.why_no_new_address(order=order),
        "sellers": names_of(order),
        "reserved": reservation_of(order),
        "given_back": orders.given_back(order_id=order.id, currency=order.total.currency)
        if paid
        else {},
        **parcels_of(order),
        "papers": documents.of_orders(order_ids=[order.id]).get(order.id, []),
    }
    return render(request, "shop/order.html", context)


def parcels_of(order: OrderData) -> dict[str, object]:
    """Return an order's parcels by part, and what carriers say of each."""
    parts = [part.id for part in order.seller_orders]
    shipments = fulfillment.shipments_of(seller_order_ids=parts)
    ids = [parcel.id for sent in shipments.values() for parcel in sent]
    return {"shipments": shipments, "tracking": fulfillment.tracking_of(shipment_ids=ids)}


def reservation_of(order: OrderData) -> Reservation | None:
    """Return the money of an order that is reserved and not charged yet."""
    return payments.reservation(order_token=order.token) if order.awaits_capture else None


def names_of(order: OrderData) -> dict[int, SellerData]:
    """Return the sellers of an order by id."""
    return sellers.sellers(seller_ids=[part.seller_id for part in order.seller_orders])
