"""The payment provider at its quickest: a page is made and found paid in about a millisecond.

`python -m bench.quick_double PORT`. It has no books; it answers the calls of a checkout and nothing
else, so that what is measured is the shop.
"""

import asyncio
import itertools
import json
import sys
import time
from urllib.parse import parse_qs, urlsplit

# The shop's database is kept between runs: no number may come again.
_numbers = itertools.count(time.time_ns())
_sessions: dict[str, dict] = {}


def main() -> None:
    asyncio.run(serve(int(sys.argv[1])))


async def serve(port: int) -> None:
    server = await asyncio.start_server(talk, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests until it is closed."""
    try:
        while line := await reader.readline():
            method, target, _ = line.decode().split(" ", 2)
            length = 0
            while (header := await reader.readline()) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            body = await reader.readexactly(length) if length else b""
            text = json.dumps(answer(method, target, body.decode())).encode()
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}"
            )
            writer.write(head.encode() + b"\r\n\r\n" + text)
            await writer.drain()
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


def answer(method: str, target: str, body: str) -> dict:
    """Make a payment page, or tell that it was paid."""
    parts = urlsplit(target)
    if parts.path == "/v1/checkout/sessions" and method == "POST":
        return make(parse_qs(body))
    session = _sessions.get(parts.path.rsplit("/", 1)[-1])
    return paid(session) if session else {}


def make(given: dict[str, list[str]]) -> dict:
    number = next(_numbers)
    amount = sum(
        int(value[0]) * int(given[name.replace("[price_data][unit_amount]", "[quantity]")][0])
        for name, value in given.items()
        if name.endswith("[price_data][unit_amount]")
    )
    session = {
        "id": f"cs_test_{number}",
        "object": "checkout.session",
        "url": f"http://127.0.0.1:{sys.argv[1]}/c/pay/cs_test_{number}",
        "status": "open",
        "payment_status": "unpaid",
        "payment_intent": None,
        "amount_total": amount,
        "currency": "usd",
        "livemode": False,
        "client_reference_id": given.get("client_reference_id", [""])[0],
        "metadata": {
            name[9:-1]: value[0] for name, value in given.items() if name.startswith("metadata[")
        },
    }
    _sessions[str(session["id"])] = session
    return session


def paid(session: dict) -> dict:
    number = session["id"].rsplit("_", 1)[-1]
    amount = session["amount_total"]
    charge = {
        "id": f"ch_{number}",
        "object": "charge",
        "amount": amount,
        "amount_refunded": 0,
        "currency": "usd",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "balance_transaction": {
            "id": f"txn_{number}", "fee": 30 + amount * 29 // 1000, "currency": "usd",
            "created": int(time.time()),
        },
    }  # fmt: skip
    intent = {
        "id": f"pi_{number}",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": amount,
        "amount_received": amount,
        "currency": "usd",
        "livemode": False,
        "metadata": session["metadata"],
        "latest_charge": charge,
    }
    return {
        **session, "status": "complete", "payment_status": "paid", "payment_intent": intent
    }  # fmt: skip


if __name__ == "__main__":
    main()
