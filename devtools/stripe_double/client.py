"""A Python client of the control API, for tests, drills and benchmarks in any process."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit


class Refused(Exception):
    """The double did not understand the command; the message says why."""


class Control:
    """Commands to a running double: `Control("http://127.0.0.1:8102").outage("503")`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def command(self, method: str, name: str, /, **values: Any) -> Any:
        host = urlsplit(self.url)
        connection = HTTPConnection(host.hostname or "127.0.0.1", host.port, timeout=120)
        try:
            connection.request(method, f"/_control/{name}", json.dumps(values))
            answer = connection.getresponse()
            result = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise Refused(result["error"])
        return result

    def _post(self, name: str, /, **values: Any) -> Any:
        return self.command("POST", name, **values)

    # -- faults ---------------------------------------------------------------------------

    def fault(self, kind: str, **values: Any) -> dict[str, Any]:
        """Add a fault; see core/faults.py for kinds and for method, path, times, skip, seconds."""
        result: dict[str, Any] = self._post("faults", kind=kind, **values)
        return result

    def clear_faults(self) -> None:
        self.command("DELETE", "faults")

    def outage(self, mode: str | None = "refuse") -> None:
        self._post("outage", mode=mode)

    def settings(self, **values: Any) -> dict[str, Any]:
        result: dict[str, Any] = self._post("settings", **values)
        return result

    def advance(self, seconds: float) -> int:
        """Move the double's clock; whatever was due in between happens. Returns its new time."""
        return int(self._post("clock", advance=seconds)["now"])

    def hasten(self, job: str) -> int:
        """Let what is scheduled under a name happen now; the clock stays. Returns how much."""
        return int(self._post("hasten", job=job)["done"])

    def reset(self) -> None:
        self._post("reset")

    def state(self) -> dict[str, Any]:
        result: dict[str, Any] = self.command("GET", "state")
        return result

    # -- webhooks -------------------------------------------------------------------------

    def webhooks(self, **values: Any) -> dict[str, Any]:
        """Show the endpoint and its events; or change url, secrets, connect_secrets, paused."""
        if values:
            self._post("webhooks", **values)
        result: dict[str, Any] = self.command("GET", "webhooks")
        return result

    def disturb(self, kind: str, **values: Any) -> dict[str, Any]:
        """Add a webhook rule: duplicate, delay, drop or reorder; see core/webhooks.py."""
        result: dict[str, Any] = self._post("webhooks/rules", kind=kind, **values)
        return result

    def clear_disturbances(self) -> None:
        self.command("DELETE", "webhooks/rules")

    def pause_webhooks(self) -> None:
        self._post("webhooks", paused=True)

    def resume_webhooks(self) -> None:
        self._post("webhooks", paused=False)

    def redeliver(self, event: str, times: int = 1) -> None:
        self._post("webhooks/redeliver", id=event, times=times)

    def retry_webhooks(self) -> None:
        self._post("webhooks/retry")

    def send_events(self, *events: str) -> list[int | None]:
        """Send these events now in this order; the statuses the shop answered."""
        statuses: list[int | None] = self._post("webhooks/send", ids=events)["statuses"]
        return statuses

    def forge(self, event: str, **values: Any) -> dict[str, Any]:
        """Send a changed copy: changes={"data.object.amount": 1}, secret=, timestamp=, new_id=."""
        result: dict[str, Any] = self._post("webhooks/forge", id=event, **values)
        return result

    def wait_for_webhooks(self, timeout: float = 60) -> bool:
        """Wait until every event was delivered or dropped; False when that took too long."""
        return bool(self._post("webhooks/wait", timeout=timeout)["quiet"])

    # -- decisions of others --------------------------------------------------------------

    def resolve_payment(self, intent: str, result: str = "succeeded") -> dict[str, Any]:
        answer: dict[str, Any] = self._post("payments/resolve", id=intent, result=result)
        return answer

    def resolve_refund(self, refund: str, failure: str | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("refunds/resolve", id=refund, failure=failure)
        return answer

    def open_dispute(self, charge: str, **values: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("disputes/open", charge=charge, **values)
        return answer

    def close_dispute(self, dispute: str, status: str, *, return_fee: bool = False) -> Any:
        return self._post("disputes/close", id=dispute, status=status, return_fee=return_fee)

    def fail_payout(self, payout: str, code: str = "account_closed") -> dict[str, Any]:
        answer: dict[str, Any] = self._post("payouts/fail", id=payout, code=code)
        return answer

    def complete_account(self, account: str, *currencies: str) -> dict[str, Any]:
        """Finish an account's onboarding without visiting its page.

        Its bank accounts are in the country's currency, and in each of those named.
        """
        wanted = [currency.lower() for currency in currencies]
        answer: dict[str, Any] = self._post("accounts/complete", id=account, currencies=wanted)
        return answer

    def disable_account(self, account: str, **values: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("accounts/disable", id=account, **values)
        return answer

    def enable_account(self, account: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("accounts/enable", id=account)
        return answer

    def change_object(self, identifier: str, **changes: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._post("objects/change", id=identifier, changes=changes)
        return answer

    # -- what a shopper or a seller does on the hosted pages ------------------------------

    def post_form(self, url: str, **fields: str) -> tuple[int, str, str]:
        """Submit a hosted page's form; its status, the address it leads to, and its HTML."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=120)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", parts.path, urlencode(fields), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, answer.getheader("Location") or "", text
        finally:
            connection.close()

    def pay(self, url: str, card: str = "4242424242424242", **fields: str) -> tuple[int, str, str]:
        """Fill in and submit the payment page, as a shopper would.

        With `method`, such as "paypal" or "us_bank_account", no card is typed;
        `refused="1"` then makes it fail.
        """
        filled = {"email": "shopper@example.com", "expiry": "12/34", "cvc": "123", "name": "A. B."}
        return self.post_form(url, **(filled | {"card": card} | fields))
