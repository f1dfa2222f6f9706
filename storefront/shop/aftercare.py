"""What a shopper does about an order that was placed: cancel, send back, report, withdraw.

Whoever holds the order's unguessable link may; it was mailed to the shopper alone.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from commerce.accounts.operations import InvalidAddress
from commerce.documents import operations as documents
from commerce.fulfillment.operations import AddressDoubted
from commerce.kernel import clock
from commerce.kernel.money import Money
from commerce.orders import queries as orders
from commerce.orders.types import OrderData
from commerce.payments import queries as payments
from commerce.payments.operations import RefundTooLarge, WayClosed
from commerce.returns import operations, queries
from commerce.returns.types import CaseData
from storefront import limits

from . import address_choice
from .account_forms import PlaceForm
from .aftercare_forms import AppealForm, SentForm, WishForm, WithdrawForm
from .tracking import names_of

TITLES = {
    "cancel": "Cancel items",
    "return": "Send items back",
    "claim": "Report a parcel",
}
NO_PAPER = (
    "The customs paper could not be made just now. Try again in a minute; if it stays away, "
    "ask the seller for it."
)
ACTS = {
    "cancel": operations.cancel,
    "return": operations.request_return,
    "claim": operations.claim,
}
REFUSALS = (
    operations.NotPossible,
    operations.InvalidPicture,
    operations.GivesTooMuch,
    WayClosed,
    RefundTooLarge,
)


def paid_order(token: str) -> OrderData:
    """Return the order of a link. Raises Http404 when there is none, or it is not paid."""
    order = orders.order(token=token)
    if order is None or order.confirmed_at is None:
        raise Http404
    return order


def trail(order: OrderData, title: str) -> list[dict[str, str]]:
    url = reverse("order-tracking", args=[order.token])
    return [{"label": f"Order {order.number}", "url": url}, {"label": title, "url": ""}]


@never_cache
@require_http_methods(["GET", "POST"])
def wish(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """Ask for a cancellation, a return or a claim."""
    if kind not in ACTS:
        raise Http404
    order = paid_order(token)
    parts = queries.choices(order=order)
    instead = queries.exchanges(lines=order.lines) if kind == "return" else None
    form = WishForm(
        request.POST or None,
        request.FILES or None,
        parts=parts,
        kind=kind,
        is_guest=order.user_id is None,
        instead=instead,
    )
    preview = None
    if request.method == "POST" and form.is_valid() and "preview" in request.POST:
        preview = _preview(order, form.units)
    elif request.method == "POST" and form.is_valid():
        try:
            if request.FILES:  # unpacking them is work, and they are kept
                limits.count(request, limits.PICTURES, who=f"order:{order.id}")
            made = ACTS[kind](order_token=token, wish=form.wish())
        except (*REFUSALS, limits.TooOften) as refusal:
            form.add_error(None, str(refusal))
        else:
            first = queries.cases(case_ids=made)[made[0]]
            if len(made) == 1:
                return redirect("order-case", token, first.number)
            return redirect(f"{reverse('order-tracking', args=[token])}#requests")
    context = {
        "order": order,
        "form": form,
        "kind": kind,
        "title": TITLES[kind],
        "preview": preview,
        "sellers": names_of(order),
        "at_once": all(part.cancels_at_once for part in parts if part.cancel),
        "trail": trail(order, TITLES[kind]),
    }
    return render(request, "shop/wish.html", context, status=422 if form.errors else 200)


def _preview(order: OrderData, units: dict[int, int]) -> Money:
    """Return what would come back, of all parts together."""
    total = Money.zero(order.total.currency)
    for part in order.seller_orders:
        if any(line.id in units for line in part.lines):
            total += orders.refund_preview(seller_order_id=part.id, units=units)
    return total


@never_cache
@require_http_methods(["GET", "POST"])
def readdress(request: HttpRequest, token: str) -> HttpResponse:
    """Send an order that has not left to another address."""
    order = paid_order(token)
    form = PlaceForm(request.POST or None, initial=order.ship_to)
    why = queries.why_no_new_address(order=order)
    doubt = None
    if request.method == "POST" and form.is_valid():
        try:  # carriers may be asked about each, and they count it
            limits.count(request, limits.ADDRESSES, who=f"order:{token[:40]}")
            choice = address_choice.chosen(request.POST, form.address())
            operations.change_address(
                order_token=token, address=choice.address, insists=choice.insists
            )
            return redirect("order-tracking", token)
        except AddressDoubted as doubted:
            doubt = address_choice.doubt(doubted)
        except InvalidAddress as invalid:
            form.blame(invalid.errors)
        except (operations.NotPossible, limits.TooOften) as refusal:
            form.add_error(None, str(refusal))
    context = {
        "order": order,
        "form": form,
        "why_not": why,
        "rules": form.rules(),
        "trail": trail(order, "Change the address"),
        "doubt": doubt,
    }
    status = 422 if form.errors or doubt else 200
    return render(request, "shop/readdress.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Withdraw from the contract: first what and who, then one button that confirms it."""
    order = paid_order(token)
    initial = {"name": order.ship_to.get("name", ""), "email": order.email}
    parts = queries.choices(order=order)
    form = WithdrawForm(request.POST or None, parts=parts, which="withdraws", initial=initial)
    context = {
        "order": order,
        "form": form,
        "sellers": names_of(order),
        "trail": trail(order, "Withdraw from the contract"),
    }
    if request.method != "POST" or not form.is_valid() or "change" in request.POST:
        failed = bool(form.errors) and "change" not in request.POST
        return render(request, "shop/withdraw.html", context, status=422 if failed else 200)
    if "confirm" not in request.POST:
        lines = {line.id: line for line in order.lines}
        context["chosen"] = [(lines[pk], count) for pk, count in form.units.items()]
        return render(request, "shop/withdraw_confirm.html", context)
    try:
        declared = operations.withdraw(
            order_token=token,
            units=form.units,
            name=form.cleaned_data["name"],
            email=form.cleaned_data["email"],
        )
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return render(request, "shop/withdraw.html", context, status=422)
    return redirect("order-withdrawn", token, declared)


@never_cache
@require_GET
def withdrawn(request: HttpRequest, token: str, withdrawal_id: int) -> HttpResponse:
    """Show the receipt of a withdrawal, as it was mailed."""
    order = paid_order(token)
    declared = queries.withdrawal(withdrawal_id=withdrawal_id)
    if declared is None or declared.order_token != token:
        raise Http404
    context = {
        "order": order,
        "declared": declared,
        "trail": trail(order, "Your withdrawal"),
    }
    return render(request, "shop/withdrawn.html", context)


def _case(token: str, number: str) -> CaseData:
    found = queries.case_of_order(order_token=token, number=number)
    if found is None:
        raise Http404
    return found


@never_cache
@require_GET
def case(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Show how far a cancellation, return or claim is, and what to do next."""
    return _show(request, token, number)


def _show(
    request: HttpRequest,
    token: str,
    number: str,
    *,
    error: str = "",
    form: Any = None,
    appeal_form: Any = None,
    status: int = 422,
) -> HttpResponse:
    order, found = paid_order(token), _case(token, number)
    label = queries.label_of(case_id=found.id) if found.kind == "return" else None
    context = {
        "order": order,
        "label": label,
        "case": found,
        "reference": payments.refund_reference(business_key=f"adjustment:{found.adjustment_id}"),
        "seller": names_of(order).get(found.seller_id),
        "form": form or SentForm(label=label),
        "may_appeal": found.appeal_until is not None and found.appeal_until > clock.now(),
        "appeal_form": appeal_form or AppealForm(),
        "error": error,
        "trail": trail(order, found.number),
    }
    failed = error or form or appeal_form
    return render(request, "shop/case.html", context, status=status if failed else 200)


@require_POST
def sent(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Record that the goods are on their way back."""
    found = _case(token, number)
    label = queries.label_of(case_id=found.id) if found.kind == "return" else None
    form = SentForm(request.POST, label=label)
    if not form.is_valid():
        return _show(request, token, number, form=form)
    try:
        operations.mark_sent(
            order_token=token,
            case_id=found.id,
            tracking_number=form.cleaned_data["tracking_number"],
            with_label=form.with_label,
        )
    except operations.NotPossible as refusal:
        return _show(request, token, number, error=str(refusal))
    return redirect("order-case", token, number)


@require_POST
def appeal(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Ask the marketplace about what a seller refused."""
    found = _case(token, number)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _show(request, token, number, appeal_form=form)
    try:
        operations.appeal(order_token=token, case_id=found.id, note=form.cleaned_data["note"])
    except operations.NotPossible as refusal:
        return _show(request, token, number, error=str(refusal), appeal_form=form)
    return redirect("order-case", token, number)


@require_POST
def close(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """Take a wish back."""
    try:
        operations.close(order_token=token, case_id=_case(token, number).id)
    except operations.NotPossible as refusal:
        return _show(request, token, number, error=str(refusal))
    return redirect("order-case", token, number)


@never_cache
@require_GET
def picture(request: HttpRequest, token: str, number: str, picture_id: int) -> HttpResponse:
    """Show the shopper one of their own pictures."""
    data = queries.picture(picture_id=picture_id, case_id=_case(token, number).id)
    if data is None:
        raise Http404
    return HttpResponse(data, content_type="image/jpeg")


@never_cache
@require_GET
def slip(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """A sheet to put into the parcel that goes back."""
    order, found = paid_order(token), _case(token, number)
    if found.kind != "return" or not found.return_to:
        raise Http404
    context = {"order": order, "case": found, "seller": names_of(order).get(found.seller_id)}
    return render(request, "shop/return_slip.html", context)


@never_cache
@require_GET
def return_label(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """The label that the seller gives for what goes back. It holds an address."""
    paid_order(token)
    sheet = queries.label_sheet(case_id=_case(token, number).id)
    if sheet is None:
        raise Http404
    ending, data = sheet
    return _file(data, ending, f"return-label-{number}")


@never_cache
@require_GET
def return_customs(request: HttpRequest, token: str, number: str) -> HttpResponse:
    """The paper for customs that goes with the label."""
    paid_order(token)
    found = _case(token, number)
    label = queries.label_of(case_id=found.id)
    if label is None or label.label_id is None:
        raise Http404
    try:
        pdf = documents.customs_pdf(seller_id=found.seller_id, label_id=label.label_id)
    except documents.NotRendered:
        return _show(request, token, number, error=NO_PAPER, status=503)
    if pdf is None:
        raise Http404
    return _file(pdf, "pdf", f"customs-{number}")


def _file(data: bytes, ending: str, name: str) -> HttpResponse:
    kinds = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}
    response = HttpResponse(data, content_type=kinds.get(ending, "application/octet-stream"))
    response["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    response["Cache-Control"] = "private, no-store"
    return response
