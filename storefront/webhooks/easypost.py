"""The parcel service's notices: verified, then taken at once; asking again repairs what is lost."""

import structlog
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from commerce.fulfillment import operations
from commerce.gateways.carriers import NotAuthentic, NotSetUp, get_carrier_gateway

log = structlog.get_logger(__name__)


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take a notice. Open to everyone; only what our secret signed is believed."""
    try:
        update = get_carrier_gateway().parse_webhook(
            body=request.body, signature=request.headers.get("X-Hmac-Signature", "")
        )
    except (NotAuthentic, NotSetUp) as problem:
        log.warning("webhook.refused", reason=str(problem))
        return HttpResponse("The signature does not match.", status=400, content_type="text/plain")
    outcome = "ignored: no parcel" if update is None else operations.record_tracking(update=update)
    return HttpResponse(outcome, content_type="text/plain")
