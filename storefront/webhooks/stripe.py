"""The payment provider's notices: verified, stored, answered; the work is done by a task."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from commerce.gateways.payments import NotAuthentic, get_payment_gateway
from commerce.payments import operations

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take a notice. Open to everyone; only what our secret signed is believed."""
    try:
        event = get_payment_gateway().parse_webhook(
            body=request.body, signature=request.headers.get("Stripe-Signature", "")
        )
    except NotAuthentic as problem:
        log.warning("webhook.refused", reason=str(problem))
        return HttpResponse("The signature does not match.", status=400, content_type="text/plain")
    operations.receive(event=event)
    return HttpResponse(status=200)
