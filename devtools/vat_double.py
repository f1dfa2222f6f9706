"""A register of VAT numbers that answers like VIES, as far as the shop asks it. In memory, on
the loopback address, with faults on demand.

    python -m devtools.vat_double --port 8422

Every number is in use unless it was taken out; with `VIES_CHECK=1 VIES_API_BASE=http://127.0.0.1:8422`
a shop asks here.
"""  # fmt: skip

import argparse
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("500", "hang", "nonsense", "MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ")


class VatDouble:
    """`with VatDouble() as double:` serves at `double.url`."""

    def __init__(self, *, port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.asked: list[dict[str, Any]] = []
        self.unknown: set[str] = set()
        self.fault = ""

    def __enter__(self) -> "VatDouble":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        self._server.serve_forever()

    def answer(self, path: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body for a question."""
        self.asked.append(asked)
        if self.fault == "500":
            return 500, {"actionSucceed": False, "errorWrappers": [{"error": "SERVICE_ERROR"}]}
        if self.fault.startswith("MS_"):
            return 200, {"actionSucceed": False, "errorWrappers": [{"error": self.fault}]}
        country, number = str(asked.get("countryCode")), str(asked.get("vatNumber"))
        if path != "/check-vat-number" or len(country) != 2 or not number.isalnum():
            return 400, {"actionSucceed": False, "errorWrappers": [{"error": "INVALID_INPUT"}]}
        is_valid = country + number not in self.unknown
        named = asked.get("requesterMemberStateCode") and asked.get("requesterNumber")
        return 200, {
            "countryCode": country,
            "vatNumber": number,
            "valid": is_valid,
            "requestIdentifier": f"WAPIAAAA{len(self.asked):08d}" if named and is_valid else "",
            "name": "---",
            "address": "---",
        }


def _handler(double: VatDouble) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = double.answer(self.path, asked)
            if double.fault == "hang":
                time.sleep(8)
            data = b"<html>" if double.fault == "nonsense" else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=8422)
    parser.add_argument("--unknown", nargs="*", default=[], help="numbers that nobody has")
    args = parser.parse_args()
    double = VatDouble(port=args.port)
    double.unknown.update(args.unknown)
    print(f"answering like VIES at {double.url}")
    double.serve()


if __name__ == "__main__":
    main()
