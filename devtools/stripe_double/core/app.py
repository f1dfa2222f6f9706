"""One request from arrival to answer: authentication, faults, idempotency, handler, storage."""

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from . import idempotency
from .errors import StripeError, server_error, too_many_requests
from .faults import Fault, Faults
from .http import HangUp, Request, Response
from .params import Params, decode
from .routing import BEYOND, Call, match, render
from .store import PLATFORM, Obj
from .webhooks import Webhooks
from .world import API_VERSION, World

Extra = Callable[["App", Request], Response | None]


@dataclass
class App:
    world: World
    webhooks: Webhooks
    faults: Faults = field(default_factory=Faults)
    extras: Sequence[Extra] = field(default_factory=list)  # hosted pages

    def __post_init__(self) -> None:
        self.stopping = threading.Event()
        self.control: Extra | None = None

    def handle(self, request: Request) -> Response:
        """Answer, or raise HangUp when the connection is to be closed without a word."""
        if request.path.startswith("/_control"):
            assert self.control is not None  # noqa: S101 -- set by the server before it listens
            return self.control(self, request) or Response.json(404, {"error": "no such control"})
        self._outage()
        fault = self.faults.take(request.method, request.path)
        self._before(fault)
        if request.path.startswith("/v1/") or request.path == "/v1":
            response = self._api(request, fault)
        else:
            if fault is not None and fault.kind == "latency":
                self.stopping.wait(fault.seconds)
            response = self._page(request)
        if fault is not None and fault.kind == "timeout_after":
            self._hang(fault.seconds)
        return response

    def _outage(self) -> None:
        if self.faults.outage == "hang":
            self._hang(60)
        if self.faults.outage == "refuse":
            raise HangUp

    def _before(self, fault: Fault | None) -> None:
        if fault is None:
            return
        if fault.kind == "timeout_before":
            self._hang(fault.seconds)
        if fault.kind == "reset":
            raise HangUp

    def _hang(self, seconds: float) -> None:
        self.stopping.wait(seconds)
        raise HangUp

    # -- hosted pages ---------------------------------------------------------------------

    def _page(self, request: Request) -> Response:
        if self.faults.outage == "503":
            return Response(503, b"Out of service", {"Content-Type": "text/plain"})
        for extra in self.extras:
            with self.world.lock:
                try:
                    self.world.run_due()
                    response = extra(self, request)
                    self.world.run_due()
                finally:
                    self.commit()
            if response is not None:
                return response
        return Response(404, b"Not found", {"Content-Type": "text/plain; charset=utf-8"})

    def commit(self) -> None:
        """Store what changed and hand new events over for delivery; the lock is held."""
        self.world.store.flush()
        unsent = self.world.take_unsent()
        if unsent:
            self.webhooks.submit(unsent)

    # -- the API --------------------------------------------------------------------------

    def _api(self, request: Request, fault: Fault | None) -> Response:
        request_id = self.world.new_id("req_", 14)
        record: Obj | None = None
        try:
            if self.faults.outage == "503":
                raise StripeError("Out of service.", status=503, kind="api_error", stored=False)
            if fault is not None and fault.kind == "429":
                raise too_many_requests()
            if fault is not None and fault.kind == "500_before":
                raise server_error()
            with self.world.lock:
                account = self._caller(request)
                record = idempotency.claim(self.world, request, account)
                replayed = idempotency.replay(record)
            if replayed is not None:
                return self._finished(request, replayed, request_id)
            if fault is not None and fault.kind == "latency":
                self.stopping.wait(fault.seconds)
            response = self._execute(request, account, record, fault, request_id)
        except StripeError as refusal:
            response = Response.json(refusal.status, refusal.body())
        return self._finished(request, response, request_id)

    def _execute(
        self,
        request: Request,
        account: str,
        record: Obj | None,
        fault: Fault | None,
        request_id: str,
    ) -> Response:
        """Run the handler under the lock and keep its answer under the key."""
        world = self.world
        with world.lock:
            world.request = {
                "id": request_id,
                "idempotency_key": request.headers.get("idempotency-key"),
            }
            world.api_version = request.headers.get("stripe-version", API_VERSION)
            try:
                world.run_due()
                if fault is not None and fault.kind == "500_stored":
                    raise server_error()
                response = Response.json(200, self._run(request, account))
                world.run_due()  # what follows at once follows after the answer was written
                if fault is not None and fault.kind == "500_after":
                    raise server_error()
            except StripeError as refusal:
                response = Response.json(refusal.status, refusal.body())
                if not refusal.stored:
                    idempotency.forget(world, record)
                    record = None
            except Exception:
                traceback.print_exc()
                response = Response.json(500, server_error().body())
            finally:
                world.request = {"id": None, "idempotency_key": None}
                idempotency.keep(world, record, response, request_id)
                self.commit()
        return response

    def _run(self, request: Request, account: str) -> Obj:
        found, path = match(request.method, request.path)
        encoded = (
            request.query
            if request.method in ("GET", "DELETE")
            else request.body.decode("utf-8", "replace")
        )
        params = Params(decode(encoded))
        if found.allowed is not None:
            params.only(found.allowed, BEYOND)
        call = Call(self.world, params, account, path)
        return render(call, found.handler(call))

    def _caller(self, request: Request) -> str:
        """The account this request works on. Raises for a missing key or a foreign account."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.startswith(("sk_test_", "rk_test_")):
            raise StripeError(
                "Send a secret test key (sk_test_…) as a bearer token; this double takes no other.",
                status=401,
                stored=False,
            )
        account = request.headers.get("stripe-account")
        if account is None:
            return PLATFORM
        if self.world.store.find("account", account) is None:
            raise StripeError(
                f"This key has no access to the account '{account}', or it does not exist.",
                status=403,
                code="account_invalid",
                stored=False,
            )
        return account

    def _finished(self, request: Request, response: Response, request_id: str) -> Response:
        headers = {"Request-Id": request_id, **response.headers}
        headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION)
        for name in ("Idempotency-Key", "Stripe-Account"):
            if name.lower() in request.headers:
                headers[name] = request.headers[name.lower()]
        return Response(response.status, response.body, headers)

    # -- background -----------------------------------------------------------------------

    def tick(self) -> None:
        """Run scheduled work; called several times a second by the server."""
        due = self.world.next_due()
        if due is not None and due <= self.world.clock.time():
            with self.world.lock:
                self.world.run_due()
                self.commit()
