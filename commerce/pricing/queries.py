"""Reads of pricing."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings

from commerce.kernel.money import Money
from commerce.kernel.sql import fetch

from . import statements
from .announcing import announce, short_words, until, words
from .choosing import ListedPrice, tiers_of
from .codes import customer_key, state_of, written
from .discounts import Promotion
from .explaining import sentences
from .handing_over import stores_of
from .previewing import preview
from .quote import NO_PLACE, NO_TAX, SHIPPING, STANDARD, quote
from .reducing import Reduced, Spell, after_earlier, began
from .types import (
    CartQuote,
    CodeState,
    Customer,
    Destination,
    PriceData,
    Quote,
    QuoteLine,
    Standing,
    TaxRateData,
    Use,
)
from .vat_checks import latest_answers

__all__ = [
    "announce",
    "latest_answers",
    "lowest_before",
    "offered_prices",
    "preview",
    "prices_of",
    "quote",
    "quote_cart",
    "sentences",
    "short_words",
    "standing",
    "tax_rates",
    "until",
    "words",
    "written",
]

_LISTED = (
    "list_id", "name", "priority", "tax_included", "for_group", "until", "min_quantity",
    "amount_minor",
)  # fmt: skip
Facts = tuple[list[dict[str, Any]], dict[str, TaxRateData]]


def prices_of(*, variant_ids: Iterable[int], currency: str) -> dict[int, PriceData]:
    """Return the prices that sellers set, lists aside; a variant without one is left out."""
    rows = fetch(statements.PRICES, currency, list(variant_ids))
    return {
        variant_id: PriceData(
            amount=Money(amount, currency),
            compare_at=None if compare_at is None else Money(compare_at, currency),
        )
        for variant_id, amount, compare_at in rows
    }


def offered_prices(
    *, variant_ids: Iterable[int], currency: str, user_id: int | None = None
) -> dict[int, PriceData]:
    """Return the prices of this instant, in one statement; a variant without one is left out.

    Lists that are on count, those for a group of customers for `user_id` alone.
    """
    rows = fetch(statements.OFFERED, user_id, currency, list(variant_ids))
    return {
        variant_id: _price(Money(amount, currency), compare_at, json.loads(listed), lowest)
        for variant_id, amount, compare_at, listed, lowest in rows
    }


def _price(
    base: Money, compare_at: int | None, listed: list[list[Any]], lowest: int | None
) -> PriceData:
    entries = [ListedPrice(**dict(zip(_LISTED, entry, strict=True))) for entry in listed]
    tiers = tiers_of(base=base, tax_included=settings.PRICES_INCLUDE_TAX, listed=entries)
    amount = tiers[0].amount
    before = max(compare_at or 0, base.minor)
    ordinary = None
    if tiers[0].for_group:
        public = [entry for entry in entries if not entry.for_group]
        own_tax = settings.PRICES_INCLUDE_TAX
        ordinary = tiers_of(base=base, tax_included=own_tax, listed=public)[0].amount
    return PriceData(
        amount=amount,
        compare_at=Money(before, base.currency) if before > amount.minor else None,
        base=base,
        tiers=tiers,
        lowest_before=None if lowest is None else Money(lowest, base.currency),
        ordinary=ordinary,
    )


def standing(*, seller_ids: Iterable[int], currency: str, user_id: int | None = None) -> Standing:
    """Return the promotions without a code that are on now, in one statement.

    They are found as a quote finds them; without a user, those that are open to a stranger.
    """
    asked = {
        "user_id": user_id,
        "customer_key": "",
        "currency": currency,
        "codes": [],
        "seller_ids": sorted(set(seller_ids)),
    }
    [(found, has_lists)] = fetch(statements.STANDING, **asked)
    rows = json.loads(found)
    return Standing(
        own=tuple(_promotion(row) for row in rows if not row["refusal"]),
        public=tuple(_promotion(row) for row in rows if not row["for_group"]),
        has_lists=has_lists,
    )


def lowest_before(*, reduced: Sequence[Reduced], currency: str) -> dict[int, Money]:
    """Return the lowest price that everybody could pay in the thirty days before a reduction.

    By the lines' keys, which are variants, in two statements; a variant that had no price
    then is left out. Earlier promotions count with what they took off the lowest price.
    """
    if not reduced:
        return {}
    sellers = sorted({each.line.seller_id for each in reduced})
    reducing = {promotion.id: promotion.starts for each in reduced for promotion in each.by}
    rows = fetch(
        statements.SPELLS,
        seller_ids=sellers,
        reducing=list(reducing),
        earliest=min(map(datetime.fromisoformat, reducing.values())),
    )
    spells = [
        Spell(promotion=_promotion(terms), since=since, until=until, is_now=is_now)
        for terms, since, until, is_now in ((json.loads(row[0]), *row[1:]) for row in rows)
        if terms["currency"] in ("", currency)
        or not (terms["amount_minor"] or terms["least_minor"])
    ]
    since = {each.line.key: began(each.by, spells) for each in reduced}
    found: dict[int, int | None] = dict(
        fetch(
            statements.LOWEST,
            currency=currency,
            variant_ids=list(since),
            since=list(since.values()),
        )
    )
    lines = {
        each.line.key: replace(each.line, unit_minor=lowest)
        for each in reduced
        if (lowest := found.get(each.line.key))
    }
    return {
        key: Money(after_earlier(line, spells, since[key]), currency) for key, line in lines.items()
    }


def tax_rates(*, country: str, region: str, tax_classes: Iterable[str]) -> dict[str, TaxRateData]:
    """Return each class's rate at a destination: the region's, else the country's, else none."""
    classes = set(tax_classes)
    return _rates(classes, fetch(statements.RATES, country, region, list(classes)))


def quote_cart(
    *,
    lines: Sequence[QuoteLine],
    shipping: Mapping[int, int],
    currency: str,
    destination: Destination,
    customer: Customer,
    codes: Sequence[str] = (),
    reverse_charged: Collection[int] = (),
    handed_over: Mapping[int, Destination] | None = None,
) -> CartQuote:
    """Price a cart as it stands at this instant of the database's clock, in one statement.

    What is `handed_over` in a store, by seller, is taxed there; the rates of stores take
    another statement.

    The one place that decides what promotions take off and what tax is added. Codes
    beyond as many as an order takes are told so and left alone.
    """
    allowed = settings.PROMOTION_CODES_PER_ORDER
    entered = [code for code in dict.fromkeys(map(written, codes)) if code]
    found, rates = _facts(lines, currency, destination, customer, entered)
    usable = [
        row for row in found if not row["refusal"] and row["code"] in ("", *entered[:allowed])
    ]
    promotions = {row["id"]: _promotion(row) for row in found}
    priced = quote(
        lines=lines,
        shipping=shipping,
        rates=rates,
        currency=currency,
        promotions=[promotions[row["id"]] for row in usable],
        is_first_order=customer.is_first_order,
        reverse_charged=reverse_charged,
        stores=stores_of(handed_over=handed_over or {}, tax_classes=_classes(lines)),
    )
    by_code = {row["code"]: row for row in found if row["code"]}
    return CartQuote(
        quote=priced,
        codes=tuple(
            _code_state(code, by_code.get(code), priced, currency, is_over=place >= allowed)
            for place, code in enumerate(entered)
        ),
        uses=tuple(
            Use(
                promotion_id=saving.promotion_id,
                label=saving.label,
                code=saving.code,
                amount_minor=saving.amount.minor,
            )
            for saving in priced.savings
        ),
    )


def _facts(
    lines: Sequence[QuoteLine],
    currency: str,
    destination: Destination,
    customer: Customer,
    codes: list[str],
) -> Facts:
    classes = _classes(lines)
    asked = {
        "user_id": customer.user_id,
        "customer_key": customer_key(customer.email),
        "currency": currency,
        "codes": codes,
        "seller_ids": sorted({line.seller_id for line in lines}),
        "country": destination.country,
        "region": destination.region,
        "postal_code": destination.postal_code,
        "engine": settings.TAX_ENGINE,
        "tax_classes": sorted({*classes, SHIPPING}),
    }
    [(found, rates)] = fetch(statements.FACTS, **asked)
    none = NO_TAX if destination.country else NO_PLACE
    return json.loads(found), _rates(classes, json.loads(rates), none)


def _classes(lines: Sequence[QuoteLine]) -> set[str]:
    return {STANDARD, *(line.tax_class for line in lines)}


def _rates(
    classes: Collection[str], rows: Iterable[Sequence[Any]], none: TaxRateData = NO_TAX
) -> dict[str, TaxRateData]:
    """A region's row comes after its country's and replaces it."""
    found = dict.fromkeys(classes, none)
    for tax_class, name, rate_bps in rows:
        found[tax_class] = TaxRateData(name=name, rate_bps=rate_bps)
    return found


def _promotion(row: Mapping[str, Any]) -> Promotion:
    own = [row["seller_id"]] if row["seller_id"] else row["seller_ids"]
    return Promotion(
        id=row["id"],
        label=row["label"],
        code=row["code"],
        kind=row["kind"],
        funded_by="seller" if row["seller_id"] else "platform",
        percent_bps=row["percent_bps"],
        amount_minor=row["amount_minor"],
        buy=row["buy"],
        get=row["get"],
        least_minor=row["least_minor"],
        first_order=row["first_order"],
        seller_ids=frozenset(own),
        product_ids=frozenset(row["product_ids"]),
        category_keys=frozenset(row["category_keys"]),
        priority=row["priority"],
        stackable=row["stackable"],
        starts=row["starts_at"],
        ends=row["ends_at"] or "",
    )


def _code_state(
    code: str, row: Mapping[str, Any] | None, priced: Quote, currency: str, *, is_over: bool
) -> CodeState:
    if row is None:
        return state_of(code, "unknown", None, currency)
    promotion = _promotion(row)
    if row["refusal"]:
        return state_of(code, row["refusal"], promotion, currency)
    if is_over:
        return state_of(code, "one-only", promotion, currency)
    return state_of(code, priced.idle.get(row["id"], "applied"), promotion, currency)
