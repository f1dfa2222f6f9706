"""Writes. Each says who may call it; a shopper's right is the order's token."""

from commerce.orders.operations import GivesTooMuch

from .appealing import appeal
from .cancelling import answer_cancellation, cancel, cancel_for_seller, override_cancellation
from .cases import NotFound, NotPossible, NotThatMany, close
from .claiming import answer_claim, claim, decide_claim
from .deadlines import decide_due, remind_due
from .exchanging import NothingToSwap, send_replacement
from .labeling import MAX_BYTES as MAX_LABEL_BYTES
from .labeling import (
    InvalidLabelFile,
    buy_label,
    give_back_unused,
    give_label,
    label_offers,
    take_label_back,
)
from .pictures import MAX_BYTES as MAX_PICTURE_BYTES
from .pictures import MOST as MOST_PICTURES
from .pictures import InvalidPicture
from .policies import TooFewDays, agree, set_own_days
from .readdressing import change_address
from .returning import (
    answer_return,
    inspect,
    mark_sent,
    override_return,
    receive,
    request_return,
)
from .withdrawing import withdraw

__all__ = [
    "MAX_LABEL_BYTES",
    "MAX_PICTURE_BYTES",
    "MOST_PICTURES",
    "GivesTooMuch",
    "InvalidLabelFile",
    "InvalidPicture",
    "NotFound",
    "NotPossible",
    "NotThatMany",
    "NothingToSwap",
    "TooFewDays",
    "agree",
    "answer_cancellation",
    "answer_claim",
    "answer_return",
    "appeal",
    "buy_label",
    "cancel",
    "cancel_for_seller",
    "change_address",
    "claim",
    "close",
    "decide_claim",
    "decide_due",
    "give_back_unused",
    "give_label",
    "inspect",
    "label_offers",
    "mark_sent",
    "override_cancellation",
    "override_return",
    "receive",
    "remind_due",
    "request_return",
    "send_replacement",
    "set_own_days",
    "take_label_back",
    "withdraw",
]
