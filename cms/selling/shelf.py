"""Writes about a seller's own products: the product, its SKUs, prices and stock, and its page."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import Enum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from cms.pages.models import ProductPage
from commerce.accounts.models import User
from commerce.catalog import operations as catalog
from commerce.catalog import queries as catalog_queries
from commerce.catalog.types import VariantInput
from commerce.inventory import operations as inventory
from commerce.inventory import queries as inventory_queries
from commerce.inventory.types import StockInput
from commerce.orders.types import SellerOrderData
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.sellers import queries as sellers

from . import proposals
from .drafts import Option, ProductDraft, VariantDraft
from .models import Workspace


@transaction.atomic
def start_product(*, seller_id: int, user_id: int, draft: ProductDraft) -> int:
    """Make a product with its SKUs, prices and stock, and a draft page for it; returns the page.

    All or nothing. Raises what catalog, pricing and inventory raise.
    """
    product_id = catalog.create_product(
        seller_id=seller_id,
        type_code=draft.type_code,
        handle=_free_handle(seller_id, draft.name),
        name=draft.name,
        brand=draft.brand,
        options=[option.name for option in draft.options],
    )
    _write_variants(seller_id, product_id, draft.variants)
    return _draft_page(seller_id, user_id, product_id, draft.name)


class Saved(Enum):
    """What became of SKUs that were saved."""

    AT_ONCE = "shoppers see them"
    ASKED = "a moderator was asked"
    DRAFTED = "they wait in a version of the page that nobody submitted yet"


@transaction.atomic
def save_variants(
    *,
    seller_id: int,
    user_id: int,
    product_id: int,
    options: Sequence[Option],
    variants: Sequence[VariantDraft],
) -> Saved:
    """Make these the SKUs of an own product; the others are taken off sale.

    Options and values that shoppers have not seen wait for a moderator, and all of
    it with them, unless the seller is trusted. All or nothing. Raises WaitsAlready
    and what catalog, pricing and inventory raise.
    """
    names = [option.name for option in options]
    page = proposals.moderated_page(product_id=product_id, seller_id=seller_id)
    if page is None or not proposals.says_something_new(
        product_id=product_id,
        options=names,
        combinations=[variant.values for variant in variants],
    ):
        catalog.update_product(product_id=product_id, options=names)
        _write_variants(seller_id, product_id, variants)
        return Saved.AT_ONCE
    words = {"options": names, "variants": [asdict(variant) for variant in variants]}
    _try_out(product_id=product_id, words=words)
    user = User.objects.get(pk=user_id)
    asked = proposals.propose(page=page, user=user, words=words)
    return Saved.ASKED if asked else Saved.DRAFTED


@transaction.atomic
def take_words(*, product_id: int, words: Mapping[str, Any]) -> None:
    """Let approved words of a product take effect. Raises what catalog and pricing raise."""
    described = {
        name: words[name] for name in ("brand", "specifications", "options") if name in words
    }
    catalog.update_product(product_id=product_id, **described)
    if "variants" in words:
        seller_id = catalog_queries.products(product_ids=[product_id])[product_id].seller_id
        _write_variants(seller_id, product_id, _proposed_variants(product_id, words["variants"]))


def _proposed_variants(product_id: int, rows: Sequence[Mapping[str, Any]]) -> list[VariantDraft]:
    """Return the SKUs as they were proposed; those known since keep the price and count of now."""
    known = catalog_queries.variants_of(product_ids=[product_id], include_inactive=True)
    skus = {variant.sku for variant in known.get(product_id, [])}
    now = {"price_minor": None, "compare_at_minor": None, "on_hand": None}
    return [
        VariantDraft(
            **{**row, "values": tuple(row["values"]), **(now if row["sku"] in skus else {})}
        )
        for row in rows
    ]


def _try_out(*, product_id: int, words: Mapping[str, Any]) -> None:
    """Find out now what would be refused when it is approved, and undo it."""
    with transaction.atomic():
        take_words(product_id=product_id, words=words)
        transaction.set_rollback(True)


@transaction.atomic
def present(*, seller_id: int, user_id: int, product_id: int) -> int:
    """Return the page of an own product, made as a draft when it has none."""
    page_id = (
        ProductPage.objects.filter(product_id=product_id, alias_of=None)
        .order_by("-live", "pk")
        .values_list("pk", flat=True)
        .first()
    )
    if page_id is not None:
        return int(page_id)
    name = catalog_queries.products(product_ids=[product_id])[product_id].name
    return _draft_page(seller_id, user_id, product_id, name)


def home_location(*, seller_id: int) -> int:
    """Return where the seller keeps stock: the first location, made when there is none."""
    places = inventory_queries.locations_of(seller_id=seller_id)
    if places:
        return places[0].id
    country = sellers.sellers(seller_ids=[seller_id])[seller_id].country
    return inventory.ensure_location(seller_id=seller_id, name="Main", country=country)


def leaves_from(*, part: SellerOrderData) -> list[tuple[str, str, int]]:
    """Return SKU, location and units of what has not left yet; nothing for one-place sellers."""
    if len(inventory_queries.locations_of(seller_id=part.seller_id)) < 2:
        return []
    skus = {line.variant_id: line.sku for line in part.lines}
    return [
        (skus[row.variant_id], row.location_name, row.open)
        for row in inventory_queries.allocations(holder=part.order_token)
        if row.open and row.variant_id in skus
    ]


def _free_handle(seller_id: int, name: str) -> str:
    wanted = slugify(name)[:100] or "product"
    candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, 200))]
    taken = catalog_queries.product_ids_by_handle(seller_id=seller_id, handles=candidates)
    return next((handle for handle in candidates if handle not in taken), wanted)


def _write_variants(seller_id: int, product_id: int, variants: Sequence[VariantDraft]) -> None:
    ids = catalog.set_variants(
        product_id=product_id,
        variants=[
            VariantInput(
                sku=variant.sku,
                option_values=variant.values,
                weight_grams=variant.weight_grams,
                barcode=variant.barcode,
                position=position,
            )
            for position, variant in enumerate(variants)
        ],
    )
    pricing.set_prices(
        prices=[
            PriceInput(
                variant_id=ids[variant.sku],
                currency=settings.BASE_CURRENCY,
                amount_minor=variant.price_minor,
                compare_at_minor=variant.compare_at_minor,
            )
            for variant in variants
            if variant.price_minor is not None
        ]
    )
    counts = [variant for variant in variants if variant.on_hand is not None]
    if counts:
        location_id = home_location(seller_id=seller_id)
        inventory.set_many(
            counts=[
                StockInput(
                    variant_id=ids[variant.sku],
                    location_id=location_id,
                    on_hand=variant.on_hand or 0,
                )
                for variant in counts
            ],
            cause="first count",
        )


def _draft_page(seller_id: int, user_id: int, product_id: int, name: str) -> int:
    workspace = Workspace.objects.select_related("page").get(seller_id=seller_id)
    user = User.objects.get(pk=user_id)
    page = ProductPage(title=name, product_id=product_id, live=False, owner=user)
    workspace.page.add_child(instance=page)
    page.save_revision(user=user, log_action="wagtail.create")
    return int(page.pk)
