"""From our requests to Stripe's parameters, and from its answers to our types."""

from datetime import UTC, datetime
from typing import Any, cast

from .payments import (
    BANK_TRANSFER,
    AccountData,
    GatewayRefused,
    Movement,
    PaymentState,
    PayoutData,
    ProviderDispute,
    ProviderPayment,
    ProviderRefund,
    SessionData,
    SessionRequest,
)

MOST_LINES = 100
# Which kind of account a bank transfer goes to: https://docs.stripe.com/payments/bank-transfers
_TRANSFERS: dict[str, dict[str, Any]] = {
    "USD": {"type": "us_bank_transfer"},
    "GBP": {"type": "gb_bank_transfer"},
    "JPY": {"type": "jp_bank_transfer"},
    "MXN": {"type": "mx_bank_transfer"},
    "EUR": {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "DE"}},
}


def session_params(request: SessionRequest) -> dict[str, Any]:
    lines = [(line.name, line.unit_minor, line.quantity) for line in request.lines]
    if len(lines) > MOST_LINES:
        lines = [(f"Order {request.order_number}", request.amount_minor, 1)]
    reference = {
        "order_token": request.order_token,
        "order_number": request.order_number,
        "attempt": request.idempotency_key,
    }
    return {
        **_methods(request),
        "mode": "payment",
        "client_reference_id": request.order_token,
        **_payer(request),
        "line_items": [
            {
                "quantity": quantity,
                "price_data": {
                    "currency": request.currency.lower(),
                    "unit_amount": unit,
                    "product_data": {"name": name},
                },
            }
            for name, unit, quantity in lines
        ],
        "metadata": reference,
        # Captured at once, so that the provider's fee is known when the money is booked.
        "payment_intent_data": {
            "capture_method": "manual" if request.later else "automatic",
            **({"setup_future_usage": "on_session"} if request.keep else {}),
            "metadata": reference,
            "transfer_group": request.group,
        },
        **_place(request),
        "expires_at": int(request.expires_at.astimezone(UTC).timestamp()),
    }


def _methods(request: SessionRequest) -> dict[str, Any]:
    """Name the ways to pay; a bank transfer needs a customer whose account it fills.

    It cannot be reserved: where money is taken later, it is not offered.
    """
    methods = list(request.methods)
    can_transfer = request.customer and not request.later
    transfer = _TRANSFERS.get(request.currency) if can_transfer else None
    if BANK_TRANSFER in methods and transfer is None and len(methods) > 1:
        methods.remove(BANK_TRANSFER)
    if BANK_TRANSFER in methods and transfer is None:
        raise GatewayRefused("no_way_to_pay", _why_no_transfer(request))
    if not methods:
        return {}
    params: dict[str, Any] = {"allowed_payment_method_types": methods}
    if BANK_TRANSFER in methods:
        params["payment_method_options"] = {
            BANK_TRANSFER: {"funding_type": "bank_transfer", "bank_transfer": transfer}
        }
    return params


def _why_no_transfer(request: SessionRequest) -> str:
    """Say why the only way to pay that the settings name is none for this request."""
    if not request.customer:
        return "a bank transfer needs a customer at the provider; name another way to pay, too"
    if request.later:
        return "a bank transfer cannot be reserved; name another way to pay, too"
    return f"no bank transfers are taken in {request.currency}; name another way to pay, too"


def _place(request: SessionRequest) -> dict[str, Any]:
    """Say where the shopper pays, and where they come back to."""
    if request.here:
        return {"ui_mode": "elements", "return_url": request.success_url}
    return {"success_url": request.success_url, "cancel_url": request.cancel_url}


def session_data(session: dict[str, Any]) -> SessionData:
    return SessionData(
        id=session["id"],
        url=session.get("url") or "",
        secret=session.get("client_secret") or "",
    )


def _payer(request: SessionRequest) -> dict[str, Any]:
    """Name who pays: a known person, whose kept ways to pay are offered, or an address."""
    if not request.customer:
        return {"customer_email": request.email}
    return {
        "customer": request.customer,
        "saved_payment_method_options": {"payment_method_save": "disabled"},
    }


def payment_of_session(session: dict[str, Any]) -> ProviderPayment:
    intent = session.get("payment_intent")
    state: PaymentState = "open"
    if session["status"] == "expired":
        state = "expired"
    elif session["status"] == "complete":
        state = "paid" if session["payment_status"] != "unpaid" else _waiting_state(intent or {})
    return ProviderPayment(
        state=state,
        amount_minor=_received(intent, state, otherwise=session["amount_total"]),
        currency=session["currency"].upper(),
        livemode=bool(session["livemode"]),
        order_token=session.get("client_reference_id") or "",
        attempt_key=(session.get("metadata") or {}).get("attempt", ""),
        session_id=session["id"],
        **_trail(intent or {}),
    )


def payment_of_intent(intent: dict[str, Any]) -> ProviderPayment:
    state = _intent_state(intent)
    return ProviderPayment(
        state=state,
        amount_minor=_received(intent, state, otherwise=intent["amount"]),
        currency=intent["currency"].upper(),
        livemode=bool(intent["livemode"]),
        order_token=(intent.get("metadata") or {}).get("order_token", ""),
        attempt_key=(intent.get("metadata") or {}).get("attempt", ""),
        **_trail(intent),
    )


def _received(intent: dict[str, Any] | None, state: PaymentState, *, otherwise: int) -> int:
    return int(intent["amount_received"]) if intent and state == "paid" else int(otherwise)


def _waiting_state(intent: dict[str, Any]) -> PaymentState:
    """Of a page that was completed: what still wants action is a transfer that was promised."""
    state = _intent_state(intent)
    return "processing" if state == "open" else state


def _intent_state(intent: dict[str, Any]) -> PaymentState:
    states: dict[str, PaymentState] = {
        "succeeded": "paid",
        "requires_capture": "authorized",
        "processing": "processing",
        "canceled": "canceled",
        "requires_payment_method": "failed",
    }
    return states.get(str(intent.get("status")), "open")


def _trail(intent: dict[str, Any]) -> dict[str, Any]:
    """Read who paid with what, and what it cost, from an intent with its charge expanded."""
    charge = intent.get("latest_charge") or {}
    details = charge.get("payment_method_details") or {}
    of_type = details.get(str(details.get("type"))) or {}
    card = details.get("card") or {}
    method = _method(card) if card else str(details.get("type") or "").replace("_", " ")
    failure = intent.get("last_payment_error") or {}
    return {
        "payment_id": intent.get("id"),
        "method_token": _token(intent),
        "charge_id": charge.get("id"),
        "method": method,
        "authorization_code": str(of_type.get("authorization_code") or ""),
        "failure_code": str(failure.get("decline_code") or failure.get("code") or ""),
        "fee_minor": _fee(charge),
        "refunded_minor": _given_back(charge),
        "capture_before": _moment(of_type.get("capture_before")),
    }


def _given_back(charge: dict[str, Any]) -> int:
    """What of the captured money went back; what was never captured is told as refunded, too."""
    told = int(charge.get("amount_refunded") or 0)
    if not charge.get("captured"):
        return told
    return max(told - int(charge["amount"]) + int(charge["amount_captured"]), 0)


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def _token(intent: dict[str, Any]) -> str:
    method = intent.get("payment_method") or ""
    return str(method.get("id") or "") if isinstance(method, dict) else str(method)


def _method(card: dict[str, Any]) -> str:
    """Name a card as its owner knows it; a wallet comes before the card in it."""
    wallet = str((card.get("wallet") or {}).get("type") or "").replace("_", " ")
    return f"{wallet} {card.get('brand')} {card.get('last4')}".strip()


def _fee(charge: dict[str, Any]) -> int | None:
    """Return the fee in the charge's own currency; None when it is not known yet.

    A platform whose balance is in another currency pays its fees in that one: they
    must not be taken for the shopper's.
    """
    settled = charge.get("balance_transaction")
    if not settled:
        return None
    return int(settled["fee"]) if settled["currency"] == charge["currency"] else 0


def account_data(account: dict[str, Any]) -> AccountData:
    seller = (account.get("metadata") or {}).get("seller_id")
    return AccountData(
        id=account["id"],
        payouts_enabled=bool(account.get("payouts_enabled")),
        details_submitted=bool(account.get("details_submitted")),
        seller_id=int(seller) if seller else None,
        bank=_bank_of(account),
        currencies=frozenset(
            str(each["currency"]).upper() for each in _banks(account) if each.get("currency")
        ),
    )


def _bank_of(account: dict[str, Any]) -> str:
    """Read where payouts go: the default of the bank accounts and cards behind an account."""
    known = _banks(account)
    default = [each for each in known if each.get("default_for_currency")]
    return ",".join(sorted(str(each.get("fingerprint") or each["id"]) for each in default or known))


def _banks(account: dict[str, Any]) -> list[dict[str, Any]]:
    return (account.get("external_accounts") or {}).get("data") or []


def key_of(found: Any) -> str | None:
    """Read the key that we wrote onto what we asked for."""
    key: str | None = (found.to_dict().get("metadata") or {}).get("key")
    return key


def refund_data(made: Any) -> ProviderRefund:
    states = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
    status = str(made.status or "")
    return ProviderRefund(
        id=made.id,
        state=cast("Any", states.get(status, "pending")),
        amount_minor=made.amount,
        failure_code=getattr(made, "failure_reason", None) or "",
        reference=key_of(made) or "",
        charge_id=str(getattr(made, "charge", None) or ""),
    )


def moved_money(made: Any) -> bool:
    """Whether a refund took from our balance, or may yet; a mere release of what was
    authorized has succeeded without."""
    return made.status != "succeeded" or bool(getattr(made, "balance_transaction", None))


def payout_data(made: Any) -> PayoutData:
    return PayoutData(
        id=made.id,
        state=cast("Any", made.status),
        amount_minor=made.amount,
        failure_code=getattr(made, "failure_code", None) or "",
    )


def movement(found: dict[str, Any]) -> Movement:
    """Read a balance transaction."""
    source = found.get("source") or ""
    return Movement(
        id=found["id"],
        kind=str(found["type"]),
        source=str(source["id"] if isinstance(source, dict) else source),
        amount_minor=int(found["amount"]),
        fee_minor=int(found["fee"]),
        currency=str(found["currency"]).upper(),
        created_at=datetime.fromtimestamp(found["created"], tz=UTC),
    )


def dispute_data(found: dict[str, Any]) -> ProviderDispute:
    due = (found.get("evidence_details") or {}).get("due_by")
    return ProviderDispute(
        id=found["id"],
        charge_id=str(found["charge"]),
        amount_minor=int(found["amount"]),
        currency=str(found["currency"]).upper(),
        status=str(found["status"]),
        reason=str(found.get("reason") or ""),
        due_by=datetime.fromtimestamp(due, tz=UTC) if due else None,
        movements=tuple(movement(each) for each in found.get("balance_transactions") or ()),
    )
