"""Writes of inventory, each in the file of its meaning.

Locks are taken in one order everywhere: a holder's reservations, then stock rows
by id. `reserved` and the movements are written by triggers (migrations 0002, 0004).
"""

from .alerts import find_low
from .allocating import (
    NothingToMove,
    depart,
    move_allocation,
)
from .batches import MAX_ROWS, BatchTooLong, KeyReused, apply_batch, write_rows
from .beginning import (
    MOST_MINUTES,
    checkout_holder,
    follow_cart,
    forget_checkout,
    hold_for_checkout,
    move_checkout_hold,
    take_over,
)
from .cart_holds import CartHold, cart_holder, hold_in_cart, move_cart_holds
from .clearing import clear_ended
from .counting import CountEnded, apply_count, drop_count, enter_counts, start_count
from .holding import (
    MAX_MINUTES,
    DifferentHold,
    HoldLost,
    OutOfStock,
    ShareTaken,
    claim,
    extend,
    release,
    release_lapsed,
    reserve,
)
from .policies import InvalidPolicy, SwitchBusy, end_due, set_low_here, set_policy
from .scheduling import (
    SUGGESTED_DAYS,
    InvalidSchedule,
    schedule_counts,
    tell_due_counts,
)
from .shelves import (
    MAX_ON_HAND,
    BelowReserved,
    LocationNameTaken,
    LocationUnknown,
    NegativeStock,
    NotEnoughThere,
    adjust,
    ensure_location,
    put_back,
    save_location,
    set_many,
    set_on_hand,
    transfer,
)

__all__ = [
    "MAX_MINUTES",
    "MAX_ON_HAND",
    "MAX_ROWS",
    "MOST_MINUTES",
    "SUGGESTED_DAYS",
    "BatchTooLong",
    "BelowReserved",
    "CartHold",
    "CountEnded",
    "DifferentHold",
    "HoldLost",
    "InvalidPolicy",
    "InvalidSchedule",
    "KeyReused",
    "LocationNameTaken",
    "LocationUnknown",
    "NegativeStock",
    "NotEnoughThere",
    "NothingToMove",
    "OutOfStock",
    "ShareTaken",
    "SwitchBusy",
    "adjust",
    "apply_batch",
    "apply_count",
    "cart_holder",
    "checkout_holder",
    "claim",
    "clear_ended",
    "depart",
    "drop_count",
    "end_due",
    "ensure_location",
    "enter_counts",
    "extend",
    "find_low",
    "follow_cart",
    "forget_checkout",
    "hold_for_checkout",
    "hold_in_cart",
    "move_allocation",
    "move_cart_holds",
    "move_checkout_hold",
    "put_back",
    "release",
    "release_lapsed",
    "reserve",
    "save_location",
    "schedule_counts",
    "set_low_here",
    "set_many",
    "set_on_hand",
    "set_policy",
    "start_count",
    "take_over",
    "tell_due_counts",
    "transfer",
    "write_rows",
]
