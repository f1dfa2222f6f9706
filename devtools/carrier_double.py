"""A parcel service that answers like EasyPost, as far as the shop asks it: prices, labels,
refunds, trackers, signed notices. In memory, on the loopback address, with faults on demand.

    python -m devtools.carrier_double --port 8421 --webhook-url … --webhook-secret …

`POST /_control/move {"tracking_code": …, "status": "in_transit"}` moves a parcel and sends the
notice; `POST /_control/fault {"kind": "500", "path": "/v2/shipments*", "times": 1}` breaks
something; `DELETE /_control/fault` mends it. Prices are made up from weight and distance.

Addresses are reachable, but for these words in the street: "nowhere" is not found, "no such
house" has no such number, "apartments" lacks a unit unless one is given, "mispeled" is written
"Misspelled". Of countries other than those in KNOWN nothing is known.
"""

import argparse
import contextlib
import hashlib
import hmac
import json
import re
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

SERVICES = [("USPS", "GroundAdvantage", 450, 18, 5), ("USPS", "Priority", 720, 30, 2),
            ("UPS", "Ground", 890, 25, 4), ("FedEx", "FEDEX_2_DAY", 1850, 60, 2)]  # fmt: skip
EU = {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
      "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}  # fmt: skip
KNOWN = {"US", "CA", "GB", "DE", "FR", "AT", "IT", "ES", "NL"}
FAULTS = ("500", "429", "refuse", "hang", "lost", "nonsense")
MESSAGES = {
    "pre_transit": "Label made, not handed over yet", "in_transit": "Arrived at a sorting center",
    "out_for_delivery": "Out for delivery", "delivered": "Delivered, front door",
    "return_to_sender": "On its way back to the sender", "failure": "Could not be delivered",
}  # fmt: skip
PDF = (
    b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 288 432]/Contents 4 0 R"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
    b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%%%EOF\n"
)


class CarrierDouble:
    """`with CarrierDouble(webhook_secret="…") as double:` serves at `double.url`."""

    def __init__(self, *, port: int = 0, webhook_url: str = "", webhook_secret: str = "") -> None:
        self.webhook_url, self.webhook_secret = webhook_url, webhook_secret
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.reset()

    def reset(self) -> None:
        """Forget every parcel and fault."""
        with self._lock:
            self.shipments: dict[str, dict[str, Any]] = {}
            self.trackers: dict[str, dict[str, Any]] = {}
            self.purchases: list[str] = []
            self.asked: list[str] = []
            self.faults: list[dict[str, Any]] = []
            self._last = 0

    def __enter__(self) -> "CarrierDouble":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def fault(self, kind: str, *, path: str = "*", times: int | None = 1) -> None:
        """Break matching requests: 500, 429, refuse, hang, lost (done, unanswered), nonsense."""
        if kind not in FAULTS:
            raise ValueError(f"no fault named {kind}; there are {', '.join(FAULTS)}")
        self.faults.append({"kind": kind, "path": path, "times": times})

    def mend(self) -> None:
        self.faults.clear()

    def due_fault(self, path: str) -> str:
        with self._lock:
            for fault in self.faults:
                if fnmatchcase(path, fault["path"]) and fault["times"] != 0:
                    if fault["times"] is not None:
                        fault["times"] -= 1
                    return str(fault["kind"])
        return ""

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Do what a request asks for; returns status and JSON, or bytes of a label."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        with self._lock:
            self.asked.append(f"{method} {path}")
            match (method, *parts):
                case ("POST", "v2", "shipments"):
                    return 201, self._make(body["shipment"])
                case ("GET", "v2", "shipments", name):
                    return self._found(name)
                case ("POST", "v2", "shipments", name, "buy"):
                    return self._buy(name, body)
                case ("POST", "v2", "shipments", name, "refund"):
                    return self._refund(name)
                case ("GET", "labels", name):
                    return 200, label(self.shipments[name.removesuffix(".pdf")])
                case ("POST", "v2", "addresses"):
                    return 201, self._address(body["address"])
                case ("POST", "v2", "trackers"):
                    given = body["tracker"]
                    return 201, self._tracker(given["tracking_code"], given["carrier"])
                case ("GET", "v2", "trackers", name) if name in self.trackers:
                    return 200, self.trackers[name]
        return 404, error("NOT_FOUND", "The requested resource could not be found.")

    def _name(self, prefix: str) -> str:
        self._last += 1
        return f"{prefix}_{self._last:032x}"

    def _make(self, given: dict[str, Any]) -> dict[str, Any]:
        name = self._name("shp")
        far = given["from_address"].get("country") != given["to_address"].get("country")
        ounces = float(given["parcel"]["weight"])
        rates = [
            {"id": self._name("rate"), "carrier": carrier, "service": service, "currency": "USD",
             "rate": f"{(base + each * ounces / 16) * (3 if far else 1) / 100:.2f}",
             "delivery_days": days + 4 * far, "est_delivery_days": days + 4 * far}
            for carrier, service, base, each, days in SERVICES
        ]  # fmt: skip
        if given.get("is_return"):
            given = {**given, "to_address": given["from_address"],
                     "from_address": given["to_address"]}  # fmt: skip
        self.shipments[name] = {
            **given, "id": name, "object": "Shipment", "rates": rates, "postage_label": None,
            "selected_rate": None, "tracker": None, "tracking_code": None, "refund_status": None,
        }  # fmt: skip
        return self.shipments[name]

    def _address(self, given: dict[str, Any]) -> dict[str, Any]:
        street = str(given.get("street1", ""))
        words, problem = street.lower(), ""
        if given.get("country") not in KNOWN:
            problem = "E.COUNTRY.UNKNOWN"
        elif "nowhere" in words:
            problem = "E.ADDRESS.NOT_FOUND"
        elif "no such house" in words:
            problem = "E.HOUSE_NUMBER.INVALID"
        elif "apartments" in words and not given.get("street2"):
            problem = "E.SECONDARY_INFORMATION.MISSING"
        errors = [{"code": problem, "field": "address", "message": problem, "suggestion": None}]
        delivery = {"success": not problem, "errors": errors if problem else [], "details": None}
        written = re.sub("mispeled", "Misspelled", street, flags=re.IGNORECASE)
        return {
            **given, "id": self._name("adr"), "object": "Address", "street1": written,
            "verifications": {"delivery": delivery},
        }  # fmt: skip

    def _shipment(self, name: str) -> dict[str, Any] | None:
        by_reference = (s for s in self.shipments.values() if s.get("reference") == name)
        return self.shipments.get(name) or next(by_reference, None)

    def _found(self, name: str) -> tuple[int, Any]:
        shipment = self._shipment(name)
        if shipment is None:
            return 404, error("NOT_FOUND", "The requested resource could not be found.")
        return 200, shipment

    def _buy(self, name: str, body: dict[str, Any]) -> tuple[int, Any]:
        shipment = self._shipment(name)
        if shipment is None:
            return 404, error("NOT_FOUND", "The requested resource could not be found.")
        if shipment["postage_label"]:
            return 422, error("SHIPMENT.POSTAGE.EXISTS", "Postage already exists.")
        if not shipment["to_address"].get("zip"):
            return 422, error("ADDRESS.VERIFY.FAILURE", "The address could not be verified.")
        if crosses_border(shipment) and not is_declared(shipment.get("customs_info")):
            return 422, error("SHIPMENT.CUSTOMS_INFO.INVALID", "Customs information is missing.")
        rate = next(r for r in shipment["rates"] if r["id"] == body["rate"]["id"])
        code = f"9405500105440{self._last:09d}"
        shipment.update(
            selected_rate=rate, tracking_code=code, tracker=self._tracker(code, rate["carrier"]),
            postage_label={"label_pdf_url": f"{self.url}/labels/{name}.pdf", "label_url": ""},
        )  # fmt: skip
        self.purchases.append(shipment["id"])
        return 200, shipment

    def _refund(self, name: str) -> tuple[int, Any]:
        shipment = self._shipment(name)
        if shipment is None or not shipment["postage_label"]:
            return 404, error("NOT_FOUND", "The requested resource could not be found.")
        moved = shipment["tracker"]["status"] not in ("unknown", "pre_transit")
        shipment["refund_status"] = "rejected" if moved else "submitted"
        return 200, shipment

    def _tracker(self, code: str, carrier: str) -> dict[str, Any]:
        known = next((t for t in self.trackers.values() if t["tracking_code"] == code), None)
        if known is None:
            name = self._name("trk")
            known = self.trackers[name] = {
                "id": name, "object": "Tracker", "tracking_code": code, "carrier": carrier,
                "status": "unknown", "est_delivery_date": None, "tracking_details": [],
            }  # fmt: skip
        return known

    def move(self, code: str, status: str, *, place: str = "Reno", at: str = "") -> dict[str, Any]:
        """Move a parcel; returns the notice, which was sent when there is where to."""
        with self._lock:
            tracker = next(t for t in self.trackers.values() if t["tracking_code"] == code)
            now = datetime.now(UTC)
            tracker["tracking_details"].append(
                {"object": "TrackingDetail", "status": status, "message": MESSAGES[status],
                 "datetime": at or now.isoformat(),
                 "tracking_location": {"city": place, "state": "NV", "country": "US"}}
            )  # fmt: skip
            tracker["status"] = status
            tracker["est_delivery_date"] = (now + timedelta(days=2)).isoformat()
            notice = {
                "id": self._name("evt"), "object": "Event", "description": "tracker.updated",
                "result": json.loads(json.dumps(tracker)),
            }  # fmt: skip
        if self.webhook_url:
            self.send(notice)
        return notice

    def signed(self, notice: dict[str, Any]) -> tuple[bytes, str]:
        """Return a notice's body and its signature."""
        body = json.dumps(notice).encode()
        digest = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        return body, f"hmac-sha256-hex={digest}"

    def send(self, notice: dict[str, Any]) -> None:
        body, signature = self.signed(notice)
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            self.webhook_url, body,
            {"Content-Type": "application/json", "X-Hmac-Signature": signature},
        )  # fmt: skip
        with contextlib.suppress(OSError):
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def crosses_border(shipment: dict[str, Any]) -> bool:
    one, other = (shipment[side].get("country") for side in ("from_address", "to_address"))
    return one != other and not {one, other} <= EU


def is_declared(customs: dict[str, Any] | None) -> bool:
    """Whether a declaration says all that a customs office wants to know."""
    if not customs or not customs.get("customs_certify") or not customs.get("customs_signer"):
        return False
    items = customs.get("customs_items") or []
    return bool(items) and all(
        len(str(item.get("hs_tariff_number"))) in (6, 8, 10)
        and len(str(item.get("origin_country"))) == 2
        and item.get("description")
        and min(item.get("quantity", 0), item.get("value", 0), item.get("weight", 0)) > 0
        for item in items
    )


def error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "errors": []}}


def label(shipment: dict[str, Any]) -> bytes:
    """A page of four by six inches that says where the parcel goes."""
    to = shipment["to_address"]
    rate = shipment["selected_rate"]
    rows = [
        f"{rate['carrier']} {rate['service']}", to["name"], to["street1"],
        f"{to['city']} {to['state']} {to['zip']} {to['country']}", shipment["tracking_code"],
        "SPECIMEN - NO POSTAGE",
    ]  # fmt: skip
    plain = [re.sub(r"[()\\]", "", row) for row in rows]
    text = " T* ".join(f"({row}) Tj" for row in plain)
    stream = f"BT /F1 14 Tf 24 380 Td 22 TL {text} ET".encode("latin-1", "replace")
    return PDF % (len(stream), stream)


def _handler(double: CarrierDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            text = self.rfile.read(length) if length else b""
            body = json.loads(text or b"{}")
            if self.path.startswith("/_control/"):
                self.send(200, self.control(body))
                return
            if not (self.headers.get("Authorization") or "").startswith("Basic "):
                self.send(401, error("UNAUTHORIZED", "No key."))
                return
            match double.due_fault(self.path):
                case "500" | "429" as status:
                    self.send(int(status), error("INTERNAL", "Something failed."))
                case "refuse":
                    self.send(422, error("RATE.UNAVAILABLE", "The carrier says no."))
                case "nonsense":
                    self.send(200, b"<html>busy</html>")
                case "hang":
                    time.sleep(20)
                    self.close_connection = True
                case "lost":
                    double.answer(self.command, self.path, body)
                    self.close_connection = True
                case _:
                    self.send(*double.answer(self.command, self.path, body))

        do_GET = do_POST = do_DELETE = respond  # noqa: N815 - names of the base

        def control(self, body: dict[str, Any]) -> dict[str, Any]:
            what = self.path.removeprefix("/_control/")
            if what == "move":
                return double.move(body["tracking_code"], body["status"])
            if what == "fault" and self.command == "DELETE":
                double.mend()
            elif what == "fault":
                double.fault(body["kind"], path=body.get("path", "*"), times=body.get("times", 1))
            return {"parcels": len(double.shipments), "bought": double.purchases}

        def send(self, status: int, answer: Any) -> None:
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description="A parcel service for development.")
    parser.add_argument("--port", type=int, default=8421)
    parser.add_argument("--webhook-url", default="")
    parser.add_argument("--webhook-secret", default="parcels_stoa")
    given = parser.parse_args()
    double = CarrierDouble(
        port=given.port, webhook_url=given.webhook_url, webhook_secret=given.webhook_secret
    )
    print(f"The parcel double answers at {double.url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        double.serve()


if __name__ == "__main__":
    main()
