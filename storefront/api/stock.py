"""A seller's stock for the seller's own systems.

Everything is confined to the seller of the key: another seller's SKU does not exist.
"""

import hashlib
import json
import re
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import NinjaAPI, Query, Router, Schema
from pydantic import ConfigDict, Field, model_validator

from commerce.inventory import operations, queries
from commerce.inventory.types import UNSAID, StockWrite
from commerce.kernel import actor
from commerce.kernel.confinement import confined

from .keys import SellerKey
from .problems import Problem, teach

LARGEST = 2_000_000_000
MOST_VERSION = 2**62
MOST_THRESHOLD = 1_000_000
MOST_SKUS = 100
PAGE = 500

Text = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
Units = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
Change = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
Seen = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
Threshold = Annotated[int, Field(strict=True, ge=0, le=MOST_THRESHOLD)]
Version = Annotated[int, Field(strict=True, ge=0, le=MOST_VERSION)]


class RowIn(Schema):
    """One SKU at one location: a count (`set`), a difference (`adjust`), a threshold."""

    model_config = ConfigDict(extra="forbid")

    sku: Text
    location: Text | None = None
    set: Units | None = None
    adjust: Change | None = None
    reason: Literal["received", "adjusted"] = "adjusted"
    version: Version | None = None
    if_on_hand: Seen | None = None
    threshold: Threshold | None = None
    if_threshold: Threshold | None = None

    @model_validator(mode="after")
    def one_of_both(self) -> "RowIn":
        says_threshold = "threshold" in self.model_fields_set
        if self.set is not None and self.adjust is not None:
            raise ValueError("give either set or adjust")
        if self.set is None and self.adjust is None and not says_threshold:
            raise ValueError("give set, adjust or threshold")
        if "if_threshold" in self.model_fields_set and not says_threshold:
            raise ValueError("if_threshold goes with threshold")
        if self.set is None and (self.version, self.if_on_hand) != (None, None):
            raise ValueError("version and if_on_hand go with set; adjust adds to what is there")
        return self

    def said(self) -> dict[str, object]:
        """Return what a retry must say again; fields that came later count once they are used."""
        words = self.model_dump()
        later = {"threshold", "if_threshold"} - self.model_fields_set
        return {name: value for name, value in words.items() if name not in later}

    def _threshold(self, name: str) -> int | None:
        return getattr(self, name) if name in self.model_fields_set else UNSAID

    def as_write(self) -> StockWrite:
        return StockWrite(
            sku=self.sku,
            location=self.location or "",
            on_hand=self.set,
            delta=self.adjust,
            kind=self.reason,
            version=self.version,
            if_on_hand=self.if_on_hand,
            low_here=self._threshold("threshold"),
            if_low_here=self._threshold("if_threshold"),
        )


class BatchIn(Schema):
    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[RowIn], Field(min_length=1, max_length=operations.MAX_ROWS)]


class RowOut(Schema):
    sku: str
    outcome: str
    on_hand: int | None
    version: int | None
    threshold: int | None = None


class BatchOut(Schema):
    """`applied` rows are done; the others say by their outcome why they are not."""

    applied: int
    refused: int
    rows: list[RowOut]


class StockOut(Schema):
    sku: str
    location: str
    on_hand: int
    reserved: int
    version: int
    threshold: int | None


class PageOut(Schema):
    stock: list[StockOut]
    next: int | None


router = Router(auth=SellerKey("stock"))


@router.get("/stock", response=PageOut)
def read_stock(
    request: HttpRequest,
    sku: Query[list[str]] = [],  # noqa: B006
    after: Query[int] = 0,
) -> PageOut:
    """Return what lies where, 500 rows at a time; `next` goes into `after`. Sellers, own only."""
    if len(sku) > MOST_SKUS or any("\0" in each for each in sku):
        raise Problem(422, "Too many SKUs", f"Ask for at most {MOST_SKUS} SKUs at once.")
    if not 0 <= after <= MOST_VERSION:
        raise Problem(422, "No such page", "Take “after” from the answer before.")
    seller_id: int = request.seller_id  # type: ignore[attr-defined]
    with confined(seller_id=seller_id):
        missing = queries.unknown_skus(seller_id=seller_id, skus=sku)
        if missing:
            raise Problem(404, "No such SKU", f"Your shop has no SKU {missing[0]}.")
        rows, following = queries.stock_page(seller_id=seller_id, skus=sku, after=after, limit=PAGE)
    return PageOut(stock=[StockOut(**row) for row in rows], next=following)


@router.post("/stock/batches", response=BatchOut)
def write_batch(request: HttpRequest, batch: BatchIn) -> BatchOut:
    """Set or change many counts, once per Idempotency-Key. Sellers, own SKUs only."""
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(r"[\x21-\x7e]{1,80}", key):
        raise Problem(
            400,
            "No idempotency key",
            "Send a header “Idempotency-Key” of 1 to 80 printable characters, new for each batch.",
        )
    seller_id: int = request.seller_id  # type: ignore[attr-defined]
    words = json.dumps([row.said() for row in batch.rows], sort_keys=True)
    try:
        with actor.acting_as(request.auth), confined(seller_id=seller_id):  # type: ignore[attr-defined]
            answers = operations.apply_batch(
                seller_id=seller_id,
                key=key,
                body_hash=hashlib.sha256(words.encode()).hexdigest(),
                source="api",
                rows=[row.as_write() for row in batch.rows],
            )
    except operations.KeyReused:
        raise Problem(
            409,
            "The key was used for another batch",
            "Nothing was changed. Send a new Idempotency-Key with a new batch.",
        ) from None
    rows = [RowOut(**answer) for answer in answers]
    done = sum(row.outcome in ("set", "adjusted", "carried", "unchanged") for row in rows)
    return BatchOut(applied=done, refused=len(rows) - done, rows=rows)


api = NinjaAPI(title="Stoa", version="1", docs_url=None, openapi_url=None, urls_namespace="api-v1")
api.add_router("", router)
teach(api)
