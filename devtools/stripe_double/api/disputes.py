"""Disputes and events, as the API shows them."""

import json

from ..core import disputing
from ..core.routing import Call, Listing, list_route, matching, route
from ..core.store import Obj


@list_route("/v1/disputes", "created charge payment_intent")
def list_disputes(call: Call) -> Listing:
    return Listing(matching(call, "dispute", "charge", "payment_intent"), "/v1/disputes")


@route("GET", "/v1/disputes/{id}", "")
def retrieve_dispute(call: Call) -> Obj:
    return call.get("dispute", param="dispute")


@route("POST", "/v1/disputes/{id}", "evidence metadata submit intended_submission_method")
def update_dispute(call: Call) -> Obj:
    dispute = call.get("dispute", param="dispute")
    dispute["metadata"] = call.params.metadata(dispute["metadata"])
    evidence = call.params.plain("evidence")
    if evidence:
        dispute["evidence"] = dispute["evidence"] | evidence
        dispute["evidence_details"]["has_evidence"] = True
        if call.params.boolean("submit", default=True):
            dispute["evidence_details"]["submission_count"] += 1
            dispute["status"] = "under_review"
    call.world.store.save(dispute)
    call.world.emit("charge.dispute.updated", dispute, account=call.account)
    return dispute


@route("POST", "/v1/disputes/{id}/close", "")
def accept_dispute(call: Call) -> Obj:
    return disputing.close_dispute(call.world, call.get("dispute", param="dispute"), "lost")


def _event(record: Obj) -> Obj:
    event: Obj = json.loads(record["_text"])
    event["pending_webhooks"] = int(record["delivery"] == "waiting")
    return event


@list_route("/v1/events", "created type types delivery_success")
def list_events(call: Call) -> Listing:
    found = matching(call, "event", "type")
    types = call.params.strings("types")
    if types:
        found = [record for record in found if record["type"] in types]
    if "delivery_success" in call.params:
        wanted = call.params.boolean("delivery_success")
        found = [record for record in found if (record["delivery"] == "delivered") == wanted]
    return Listing(found, "/v1/events", show=_event)


@route("GET", "/v1/events/{id}", "")
def retrieve_event(call: Call) -> Obj:
    return _event(call.get("event"))
