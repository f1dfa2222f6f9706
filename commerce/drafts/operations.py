from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from commerce.accounts import queries as accounts
from commerce.accounts.operations import InvalidAddress
from commerce.cart import operations as carts
from commerce.catalog import queries as catalog
from commerce.checkout import operations as checkout
from commerce.checkout import queries as checkouts
from commerce.checkout.types import Placed, Review
from commerce.kernel import clock, currencies
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money
from commerce.notifications import operations as notifications
from commerce.orders import queries as orders
from commerce.pricing import queries as pricing

from .models import Draft
from .queries import draft as find
from .queries import may_pay
from .types import Wanted

MOST_DAYS = 14
MOST_LINES = 50
MOST_A_DAY = 100
"""How many a seller prepares: each is a mail with words of its own to an address of its choice."""
THEIRS = "You or your team prepared this order. Its shopper looks at it and pays it."


class NotFound(LookupError):
    """There is no such draft; somebody else's counts as none."""


class DraftRefused(ValueError):
    """It cannot be offered, or paid, as it is; the message says what and what to do."""


@unconfined()
def prepare(*, made_by: int, seller_id: int | None, wanted: Wanted, adds_to: str = "") -> str:
    """Prepare an order for a shopper and mail the link to pay it; returns the draft's token.

    Sellers offer their own goods alone; `adds_to` is the number of a part of theirs.
    Prices, tax, shipping and promotions are the shop's of the day it is paid, in the
    currency that was wanted: what has no price in it cannot be offered. Each seller's
    cheapest way of shipping is chosen. For a seller's own people and for staff. Asks tax
    engine and carriers, so it refuses to run inside a transaction that the caller
    opened. Raises DraftRefused, InvalidAddress.
    """
    if not 1 <= wanted.days <= MOST_DAYS:
        raise DraftRefused(f"Let it be paid for 1 to {MOST_DAYS} days.")
    _check_pace(seller_id)
    currency = wanted.currency or settings.BASE_CURRENCY
    if currency not in currencies.sold_in():
        raise DraftRefused(f"{currency[:3]} is no currency of this shop. {_choose()}")
    variants = _variants(wanted, seller_id)
    _check_prices(variants, currency)
    parent = _parent(adds_to, seller_id)
    cart_token = carts.open_cart(user_id=None, currency=currency)
    try:
        for variant_id, quantity in variants.items():
            carts.add(token=cart_token, variant_id=variant_id, quantity=quantity)
        review = checkout.set_contact(
            cart_token=cart_token, email=wanted.email, address=wanted.address, insists=True
        )
        checkout.set_methods(cart_token=cart_token, methods=_cheapest(review))
        if wanted.code:
            checkout.enter_code(cart_token=cart_token, code=wanted.code)
    except (carts.NotForSale, carts.QuantityLimited) as refusal:
        raise DraftRefused(refusal.message) from refusal
    except checkout.CheckoutRefused as refusal:
        raise DraftRefused(str(refusal)) from refusal
    return _keep(made_by, seller_id, wanted, parent, review)


@transaction.atomic
def _keep(
    made_by: int, seller_id: int | None, wanted: Wanted, parent: int | None, review: Review
) -> str:
    row = Draft.objects.create(
        cart_id=review.cart.id,
        seller_id=seller_id,
        made_by_id=made_by,
        adds_to_id=parent,
        email=wanted.email,
        note=wanted.note[:500],
        expires_at=Now() + timedelta(days=wanted.days),
    )
    row.refresh_from_db()
    _mail(row, review, key=f"draft:{row.pk}")
    return row.token


@unconfined()
def mail_again(*, draft_id: int, seller_id: int | None) -> bool:
    """Mail the pay link to the shopper once more; returns False when it was today already.

    Nobody else gets the link. Raises NotFound, and DraftRefused when it has ended.
    """
    row = Draft.objects.filter(pk=draft_id, seller=seller_id).first()
    found = find(token=row.token) if row else None
    if row is None or found is None:
        raise NotFound(draft_id)
    if found.state != "offered":
        raise DraftRefused("This offer has ended or was taken up. Prepare another one.")
    today = f"{clock.now():%Y-%m-%d}"
    if row.created_at.date().isoformat() == today:
        return False
    return _mail(row, review(token=row.token), key=f"draft:{row.pk}:{today}")


def _mail(row: Draft, review: Review, *, key: str) -> bool:
    until = f"{row.expires_at:%-d %B %Y, %H:%M} UTC"
    return notifications.send(
        key=key,
        kind="case",
        recipient=row.email,
        subject="Your order is prepared: pay it by this link",
        context={
            "heading": "Your order is prepared",
            "text": [
                line
                for line in (row.note, f"Look at it and pay it until {until}. Then it lapses.")
                if line
            ],
            "number": "",
            "link": f"{settings.SITE_URL.rstrip('/')}/pay/{row.token}/",
            "label": "Look at it and pay",
            "items": [
                {"quantity": line.quantity, "title": line.offer.title} for line in review.cart.lines
            ],
            "why_you": "somebody prepared an order for this address",
        },
    )


def _check_pace(seller_id: int | None) -> None:
    lately = Draft.objects.filter(seller=seller_id, created_at__gt=Now() - timedelta(days=1))
    if seller_id is not None and lately.count() >= MOST_A_DAY:
        raise DraftRefused(f"A shop prepares at most {MOST_A_DAY} orders a day. Wait until then.")


def _variants(wanted: Wanted, seller_id: int | None) -> dict[int, int]:
    """Return how many of which variant. Raises DraftRefused."""
    if not 1 <= len(wanted.lines) <= MOST_LINES:
        raise DraftRefused(f"Give 1 to {MOST_LINES} SKUs, each on a line with its quantity.")
    ids = catalog.variant_ids_by_sku(skus=list(wanted.lines))
    known = catalog.variants(variant_ids=list(ids.values()))
    found: dict[int, int] = {}
    for sku, quantity in wanted.lines.items():
        variant = known.get(ids.get(sku, 0))
        if variant is None or (seller_id is not None and variant.seller_id != seller_id):
            raise DraftRefused(f"There is no SKU {sku} to sell. Look it up in the stock list.")
        if not 1 <= quantity <= 999:
            raise DraftRefused(f"{sku}: give a quantity from 1 to 999.")
        found[variant.id] = quantity
    return found


def _check_prices(variant_ids: Iterable[int], currency: str) -> None:
    """Name what is not sold in a currency. Raises DraftRefused."""
    priced = pricing.prices_of(variant_ids=list(variant_ids), currency=currency)
    missing = sorted(set(variant_ids) - set(priced))
    if missing:
        known = catalog.variants(variant_ids=missing)
        skus = ", ".join(known[variant_id].sku for variant_id in missing if variant_id in known)
        raise DraftRefused(
            f"Not sold in {currency}: {skus}. Set prices in {currency} first, or leave these out."
        )


def _choose() -> str:
    return f"Choose one of {', '.join(currencies.sold_in())}."


def _parent(number: str, seller_id: int | None) -> int | None:
    if not number:
        return None
    part = orders.seller_order(seller_id=seller_id, number=number) if seller_id else None
    if part is None:
        raise DraftRefused(f"There is no order {number} to add to.")
    return part.id


def _cheapest(review: Review) -> dict[int, int]:
    sent = {
        part.seller_id: [option for option in part.options if option.pick_up is None]
        for part in review.parts
    }
    missing = [part.seller_name for part in review.parts if not sent[part.seller_id]]
    if missing:
        raise DraftRefused(
            f"{', '.join(missing)} cannot send it to that address"
            f"{_in_currency(review.cart.currency)}."
        )
    return {seller_id: options[0].method_id for seller_id, options in sent.items()}


def _in_currency(currency: str) -> str:
    if currency == settings.BASE_CURRENCY:
        return ""
    return f": there is no way to ship with a price in {currency}"


def review(*, token: str) -> Review:
    """Return what a draft comes to today. Raises NotFound."""
    found = find(token=token)
    if found is None:
        raise NotFound(token)
    return checkouts.review(cart_token=found.cart_token)


def pay(
    *,
    token: str,
    expected_total: Money,
    return_url: str,
    cancel_url: str,
    user_id: int | None = None,
    principal: str = "",
) -> Placed:
    """Turn a draft into an order and open the payment page, as any checkout does.

    Whoever holds the link may, but for who made it and, of a seller's, its whole team:
    by paying they would act as its shopper. `user_id` is who is signed in. Raises
    NotFound, DraftRefused when it lapsed or was withdrawn or is theirs, and checkout's
    CheckoutRefused.
    """
    found = find(token=token)
    if found is None:
        raise NotFound(token)
    if not may_pay(token=token, user_id=user_id):
        raise DraftRefused(THEIRS)
    if found.state in ("withdrawn", "expired"):
        raise DraftRefused("This offer has ended. Ask who made it for another one.")
    if found.currency not in currencies.sold_in():
        raise DraftRefused(
            f"Nothing is sold in {found.currency} any more. Ask who made it for another one."
        )
    return checkout.place(
        cart_token=found.cart_token,
        user_id=None,
        expected_total=expected_total,
        return_url=return_url,
        cancel_url=cancel_url,
        principal=principal,
        promoted_to=user_id or _account_of(found.email),
    )


def _account_of(email: str) -> int | None:
    """Whose turn a promotion takes: a limit per customer knows people by account too."""
    return next(iter(accounts.user_ids_by_email(emails=[email]).values()), None)


@unconfined()
@transaction.atomic
def withdraw(*, draft_id: int, seller_id: int | None) -> None:
    """Take a draft back; one that was paid stays paid. Raises NotFound."""
    rows = Draft.objects.filter(pk=draft_id, seller=seller_id)
    if not rows.exists():
        raise NotFound(draft_id)
    rows.filter(withdrawn_at=None).update(withdrawn_at=Now())


__all__ = [
    "THEIRS",
    "DraftRefused",
    "InvalidAddress",
    "NotFound",
    "mail_again",
    "pay",
    "prepare",
    "review",
    "withdraw",
]
