"""Stripe behind the protocol: hosted Checkout, refunds, connected accounts, transfers, payouts."""

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote

import stripe
from django.conf import settings

from .payments import (
    AccountData,
    GatewayRefused,
    Movement,
    NotAuthentic,
    PayoutData,
    ProviderDispute,
    ProviderEventData,
    ProviderPayment,
    ProviderRefund,
    SessionData,
    SessionRequest,
    TransferData,
)
from .stripe_calls import PooledClient, ask
from .stripe_shapes import (
    account_data,
    dispute_data,
    key_of,
    moved_money,
    movement,
    payment_of_intent,
    payment_of_session,
    payout_data,
    refund_data,
    session_data,
    session_params,
)

_MONEY_TRAIL = ["latest_charge.balance_transaction"]
_SESSION_TRAIL = ["payment_intent.latest_charge.balance_transaction"]


class StripeGateway:
    """One platform key. The key tells whether money is real."""

    name = "stripe"

    def __init__(self, *, key: str, api_base: str, webhook_secrets: tuple[str, ...]) -> None:
        self.livemode = "_live_" in key
        self._secrets = webhook_secrets
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=0,
            http_client=PooledClient(),
        )

    def create_session(self, request: SessionRequest) -> SessionData:
        made = self._call(
            "post",
            "/v1/checkout/sessions",
            what="create session",
            idempotency_key=request.idempotency_key,
            **session_params(request),
        )
        return session_data(made)

    def find_session(self, *, attempt_key: str, since: datetime) -> SessionData | None:
        after: str | None = None
        for _ in range(10):
            page = self._sessions(since, after)
            for found in page.to_dict()["data"]:
                if (found["metadata"] or {}).get("attempt") == attempt_key:
                    return session_data(found)
            if not page.has_more:
                return None
            after = page.data[-1].id
        return None

    def _sessions(self, since: datetime, after: str | None) -> Any:
        params: Any = {"limit": 100, "created": {"gte": int(since.timestamp()) - 60}}
        if after:
            params["starting_after"] = after
        sessions = self._client.v1.checkout.sessions
        return ask(lambda: sessions.list(params), what="look for session")

    def retrieve_session(self, *, session_id: str) -> SessionData:
        path = f"/v1/checkout/sessions/{quote(session_id, safe='')}"
        return session_data(self._call("get", path, what="retrieve session"))

    def retrieve_payment(
        self, *, session_id: str | None = None, payment_id: str | None = None
    ) -> ProviderPayment:
        if session_id:
            return payment_of_session(
                self._call(
                    "get",
                    f"/v1/checkout/sessions/{quote(session_id, safe='')}",
                    what="retrieve session",
                    expand=_SESSION_TRAIL,
                )
            )
        return payment_of_intent(
            self._call(
                "get",
                f"/v1/payment_intents/{quote(str(payment_id), safe='')}",
                what="retrieve payment",
                expand=_MONEY_TRAIL,
            )
        )

    def retrieve_charge(self, *, charge_id: str) -> ProviderPayment:
        charge = self._call(
            "get", f"/v1/charges/{quote(charge_id, safe='')}", what="retrieve charge"
        )
        if not charge.get("payment_intent"):
            raise GatewayRefused("no_payment", "The charge belongs to no payment.")
        return self.retrieve_payment(payment_id=str(charge["payment_intent"]))

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        asked: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        while True:
            page = self._call("get", "/v1/balance_transactions", what="list movements", **asked)
            found = [movement(each) for each in page["data"]]
            yield from found
            if not page["has_more"] or not found:
                return
            asked["starting_after"] = found[-1].id

    def _call(self, method: str, path: str, *, what: str, **params: Any) -> dict[str, Any]:
        """Ask without the SDK's objects: a shopper waits, and building them takes longer."""
        answer = ask(lambda: self._client.raw_request(method, path, **params), what=what)
        return cast("dict[str, Any]", answer.data)

    def cancel(self, *, session_id: str) -> ProviderPayment:
        # Refused when it was closed before: paid or expired, which the look at it tells.
        with contextlib.suppress(GatewayRefused):
            ask(lambda: self._client.v1.checkout.sessions.expire(session_id), what="expire session")
        return self.retrieve_payment(session_id=session_id)

    def capture_payment(
        self, *, idempotency_key: str, payment_id: str, amount_minor: int
    ) -> ProviderPayment:
        params: Any = {"amount_to_capture": amount_minor}
        options: Any = {"idempotency_key": idempotency_key}
        # Refused when it was captured, canceled or has expired, which the look at it tells.
        with contextlib.suppress(GatewayRefused):
            ask(
                lambda: self._client.v1.payment_intents.capture(payment_id, params, options),
                what="capture payment",
            )
        return self.retrieve_payment(payment_id=payment_id)

    def cancel_payment(self, *, payment_id: str) -> ProviderPayment:
        # Refused when it was paid or canceled before, which the look at it tells.
        with contextlib.suppress(GatewayRefused):
            ask(
                lambda: self._client.v1.payment_intents.cancel(payment_id),
                what="cancel payment",
            )
        return self.retrieve_payment(payment_id=payment_id)

    def refund(
        self,
        *,
        idempotency_key: str,
        reference: str,
        payment_id: str,
        amount_minor: int,
        reason: str,
    ) -> ProviderRefund:
        params: Any = {
            "payment_intent": payment_id,
            "amount": amount_minor,
            "metadata": {"reason": reason[:500], "key": reference},
        }
        options: Any = {"idempotency_key": idempotency_key}
        return refund_data(
            ask(lambda: self._client.v1.refunds.create(params, options), what="refund")
        )

    def find_refund(self, *, reference: str, payment_id: str) -> ProviderRefund | None:
        made = self.refunds_of(payment_id=payment_id)
        return next((refund for refund in made if refund.reference == reference), None)

    def refunds_of(self, *, payment_id: str) -> list[ProviderRefund]:
        params: Any = {"payment_intent": payment_id, "limit": 100}
        page = ask(lambda: self._client.v1.refunds.list(params), what="look for refunds")
        # What was authorized and not captured is listed, too: no money of ours moved for it.
        return [refund_data(found) for found in page.auto_paging_iter() if moved_money(found)]

    def retrieve_refund(self, *, refund_id: str) -> ProviderRefund:
        found = ask(lambda: self._client.v1.refunds.retrieve(refund_id), what="retrieve refund")
        return refund_data(found)

    def retrieve_dispute(self, *, dispute_id: str) -> ProviderDispute:
        return dispute_data(
            self._call(
                "get",
                f"/v1/disputes/{quote(dispute_id, safe='')}",
                what="retrieve dispute",
            )
        )

    def answer_dispute(self, *, dispute_id: str, evidence: str) -> ProviderDispute:
        params: Any = {"evidence": {"uncategorized_text": evidence}, "submit": True}
        ask(lambda: self._client.v1.disputes.update(dispute_id, params), what="answer dispute")
        return self.retrieve_dispute(dispute_id=dispute_id)

    def accept_dispute(self, *, dispute_id: str) -> ProviderDispute:
        # Refused when it was decided before, which the look at it tells.
        with contextlib.suppress(GatewayRefused):
            ask(lambda: self._client.v1.disputes.close(dispute_id), what="accept dispute")
        return self.retrieve_dispute(dispute_id=dispute_id)

    def create_customer(
        self, *, idempotency_key: str, email: str, user_id: int | None = None
    ) -> str:
        params: Any = {"email": email}
        if user_id is not None:
            params["metadata"] = {"user_id": str(user_id)}
        options: Any = {"idempotency_key": idempotency_key}
        made = ask(lambda: self._client.v1.customers.create(params, options), what="make customer")
        return str(made.id)

    def forget_method(self, *, method_id: str) -> None:
        ask(lambda: self._client.v1.payment_methods.detach(method_id), what="forget method")

    def create_account(
        self, *, idempotency_key: str, seller_id: int, email: str, country: str, name: str
    ) -> AccountData:
        params: Any = {
            "country": country,
            "email": email,
            "business_profile": {"name": name},
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            "capabilities": {"transfers": {"requested": True}},
            "settings": {"payouts": {"schedule": {"interval": "manual"}}},
            "metadata": {"seller_id": str(seller_id)},
        }
        options: Any = {"idempotency_key": idempotency_key}
        made = ask(lambda: self._client.v1.accounts.create(params, options), what="create account")
        return account_data(made.to_dict())

    def account_link(self, *, account_id: str, refresh_url: str, return_url: str) -> str:
        params: Any = {
            "account": account_id,
            "refresh_url": refresh_url,
            "return_url": return_url,
            "type": "account_onboarding",
        }
        return str(ask(lambda: self._client.v1.account_links.create(params), what="link").url)

    def retrieve_account(self, *, account_id: str) -> AccountData:
        found = ask(lambda: self._client.v1.accounts.retrieve(account_id), what="retrieve account")
        return account_data(found.to_dict())

    def transfer(
        self,
        *,
        idempotency_key: str,
        account_id: str,
        amount_minor: int,
        currency: str,
        charge_id: str,
        group: str,
    ) -> TransferData:
        params: Any = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "destination": account_id,
            **({"source_transaction": charge_id} if charge_id else {}),
            "transfer_group": group,
            "metadata": {"key": idempotency_key},
        }
        options: Any = {"idempotency_key": idempotency_key}
        made = ask(lambda: self._client.v1.transfers.create(params, options), what="transfer")
        return TransferData(id=made.id, amount_minor=made.amount)

    def find_transfer(self, *, idempotency_key: str, group: str) -> TransferData | None:
        params: Any = {"transfer_group": group, "limit": 100}
        page = ask(lambda: self._client.v1.transfers.list(params), what="look for transfer")
        for found in page.auto_paging_iter():
            if key_of(found) == idempotency_key:
                return TransferData(id=found.id, amount_minor=found.amount)
        return None

    def payout(
        self, *, idempotency_key: str, account_id: str, amount_minor: int, currency: str
    ) -> PayoutData:
        params: Any = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "metadata": {"key": idempotency_key},
        }
        options: Any = {"idempotency_key": idempotency_key, "stripe_account": account_id}
        return payout_data(
            ask(lambda: self._client.v1.payouts.create(params, options), what="payout")
        )

    def find_payout(
        self, *, idempotency_key: str, account_id: str, since: datetime
    ) -> PayoutData | None:
        params: Any = {"created": {"gte": int(since.timestamp()) - 60}, "limit": 100}
        options: Any = {"stripe_account": account_id}
        page = ask(lambda: self._client.v1.payouts.list(params, options), what="look for payout")
        for found in page.auto_paging_iter():
            if key_of(found) == idempotency_key:
                return payout_data(found)
        return None

    def retrieve_payout(self, *, payout_id: str, account_id: str) -> PayoutData:
        options: Any = {"stripe_account": account_id}
        return payout_data(
            ask(
                lambda: self._client.v1.payouts.retrieve(payout_id, None, options),
                what="retrieve payout",
            )
        )

    def parse_webhook(self, *, body: bytes, signature: str) -> ProviderEventData:
        text = _verified(body, signature, self._secrets)
        try:
            event = json.loads(text)
            return ProviderEventData(
                id=str(event["id"]),
                kind=str(event["type"]),
                livemode=bool(event.get("livemode")),
                account=str(event.get("account") or ""),
                object=event["data"]["object"],
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            raise NotAuthentic("not a notice") from None


def _verified(body: bytes, signature: str, secrets: tuple[str, ...]) -> str:
    """Return the text when any of our secrets signed it: two are valid during a rotation."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise NotAuthentic("not text") from None
    problem = "no secret is configured"
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(text, signature, secret, tolerance=300)
        except stripe.SignatureVerificationError as error:
            problem = str(error)
        else:
            return text
    raise NotAuthentic(problem)


@lru_cache(maxsize=4)
def _gateway(key: str, api_base: str, webhook_secrets: tuple[str, ...]) -> StripeGateway:
    return StripeGateway(key=key, api_base=api_base, webhook_secrets=webhook_secrets)


def gateway_from_settings() -> StripeGateway:
    """Return the gateway of the configured key; its connections are shared by the process."""
    return _gateway(
        settings.STRIPE_SECRET_KEY,
        settings.STRIPE_API_BASE,
        tuple(settings.STRIPE_WEBHOOK_SECRETS),
    )
