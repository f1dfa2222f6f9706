"""Sellers with accounts, and payout runs, as several drills need them."""

from __future__ import annotations

import time

from devtools.prove.rig import Rig


def connect(rig: Rig) -> dict[str, int]:
    """Give every seller an account that may be paid out to; returns sellers by account."""
    accounts: dict[str, int] = rig.call("connect_sellers")
    for account in accounts:
        rig.double.complete_account(account)
    rig.call("refresh_accounts", accounts=list(accounts))
    return accounts


def pay_everybody(rig: Rig, *, extra: bool = False) -> None:
    """Let payout runs pass until nothing is left that could be sent."""
    for turn in range(4):
        rig.call("pay_out", extra=extra and not turn)
        rig.age(6)
        time.sleep(1)
