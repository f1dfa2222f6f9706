"""Promotions: written by staff and sellers, claimed by orders, given back by those that fail.

A use is counted by the database where the redemption is written, so that no more orders
hold a promotion than its limits allow, however many are placed at once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from commerce.kernel import actor
from commerce.kernel.money import exponent
from commerce.kernel.sql import execute

from . import statements
from .codes import customer_key, written
from .models import Promotion, Redemption
from .types import PromotionInput, Use

MOST_MINOR = 100_000_000_00
MOST_COUNT = 1_000_000


class InvalidPromotion(Exception):
    """The promotion makes no sense. `errors` tells each field what to mend."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(self.errors.values()))


class NoSuchPromotion(LookupError):
    """There is no such promotion, or it is another's."""


class UsedUp(Exception):
    """Somebody else was faster: the promotion may not be used once more."""

    def __init__(self) -> None:
        super().__init__("A promotion was used as often as it may be.")


def save_promotion(*, promotion: PromotionInput, promotion_id: int | None = None) -> int:
    """Write a promotion, or change one, from now on; placed orders keep what they have.

    A seller's promotion can only be changed as that seller's. Raises InvalidPromotion
    and NoSuchPromotion.
    """
    values = _checked(promotion)
    try:
        with transaction.atomic():
            actor.tell_database(cause="promotion")
            if promotion_id is None:
                return Promotion.objects.create(**values).pk
            return _change(promotion_id, promotion.seller_id, values)
    except IntegrityError as error:
        raise InvalidPromotion(_blamed(error)) from error


def check_promotion(*, promotion: PromotionInput) -> None:
    """Raise InvalidPromotion for what would not be saved as it is."""
    _checked(promotion)


def end_promotion(*, promotion_id: int, seller_id: int | None) -> None:
    """Switch a promotion off at once. Repeating it changes nothing. Raises NoSuchPromotion."""
    own = Promotion.objects.filter(_of(seller_id), pk=promotion_id)
    if not own.update(is_active=False):
        raise NoSuchPromotion(promotion_id)


def claim(
    *, order_token: str, uses: Sequence[Use], email: str, user_id: int | None, currency: str
) -> None:
    """Count an order's promotions as used, in the caller's transaction. Raises UsedUp."""
    if not uses:
        return
    try:
        execute(
            statements.CLAIM,
            order_token,
            customer_key(email),
            user_id,
            currency,
            [use.promotion_id for use in uses],
            [use.amount_minor for use in uses],
        )
    except IntegrityError as error:
        raise UsedUp from error


def release(*, order_token: str) -> int:
    """Give an order's uses back because it came to nothing; returns how many there were."""
    return execute(statements.RELEASE, order=order_token)


def _change(promotion_id: int, seller_id: int | None, values: dict[str, object]) -> int:
    """Locked so that nobody claims it meanwhile: a limit that is new counts what was used."""
    held = Promotion.objects.select_for_update().filter(_of(seller_id), pk=promotion_id)
    if held.first() is None:
        raise NoSuchPromotion(promotion_id)
    used = 0
    if values["max_uses"] is not None:
        used = Redemption.objects.filter(promotion_id=promotion_id, released_at=None).count()
    Promotion.objects.filter(pk=promotion_id).update(**values, used=used)
    return promotion_id


def _of(seller_id: int | None) -> Q:
    """A seller's promotions, or the marketplace's own."""
    return Q(seller_id__isnull=True) if seller_id is None else Q(seller_id=seller_id)


def _checked(promotion: PromotionInput) -> dict[str, object]:
    values = {field.name: getattr(promotion, field.name) for field in fields(promotion)}
    values["code"] = written(promotion.code)
    values["label"] = promotion.label.strip()
    has_amount = promotion.amount_minor or promotion.least_minor
    values["currency"] = (promotion.currency or settings.BASE_CURRENCY) if has_amount else ""
    for name in ("seller_ids", "product_ids", "category_keys", "group_ids"):
        values[name] = sorted(set(values[name]))
    if promotion.first_order:
        values["max_per_customer"] = 1
    if promotion.starts_at is None:
        values["starts_at"] = Now()
    errors = _errors(promotion, str(values["code"]))
    if errors:
        raise InvalidPromotion(errors)
    return values


def _errors(promotion: PromotionInput, code: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not promotion.label.strip():
        errors["label"] = "Shoppers read this. Say what they get."
    if code and not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{2,39}", code):
        errors["code"] = "Use three letters, digits or hyphens at least, beginning with no hyphen."
    if promotion.kind in ("percentage", "buy-get") and not 1 <= promotion.percent_bps <= 10_000:
        errors["percent_bps"] = "Give a percentage above 0, and 100 at most."
    if promotion.kind == "fixed" and promotion.amount_minor < 1:
        errors["amount_minor"] = "Give an amount above zero."
    if promotion.kind == "buy-get" and (promotion.buy < 1 or promotion.get < 1):
        errors["buy"] = "Say how many must be bought and how many of a group are reduced."
    for name in ("amount_minor", "least_minor"):
        if getattr(promotion, name) > MOST_MINOR:
            errors[name] = (
                f"That is too much; {10 ** (11 - exponent(promotion.currency)):,} at most."
            )
    for name in ("buy", "get", "max_uses", "max_per_customer"):
        if (getattr(promotion, name) or 0) > MOST_COUNT:
            errors[name] = f"That is too many; {MOST_COUNT:,} at most."
    for name in ("max_uses", "max_per_customer"):
        if getattr(promotion, name) is not None and getattr(promotion, name) < 1:
            errors[name] = "A limit allows one use at least. Leave it empty for no limit."
    if promotion.starts_at and promotion.ends_at and promotion.ends_at <= promotion.starts_at:
        errors["ends_at"] = "The end must come after the start."
    if promotion.seller_id is not None and (promotion.seller_ids or promotion.group_ids):
        errors["seller_ids"] = "A seller's promotion is about its own items, for everybody."
    return errors


def _blamed(error: IntegrityError) -> dict[str, str]:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    match name:
        case "one_promotion_per_code":
            return {"code": "This code is taken. Choose another."}
        case "never_used_more_than_allowed":
            return {"max_uses": "It was used more often already."}
        case "promotion_ends_after_it_starts":
            return {"ends_at": "The end must come after the start, which is now at the earliest."}
        case _:
            raise error
