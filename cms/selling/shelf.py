"""Writes about a seller's own products: the product, its SKUs, prices and stock, and its page."""

from collections.abc import Sequence

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
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput
from commerce.sellers import queries as sellers

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


@transaction.atomic
def save_variants(
    *, seller_id: int, product_id: int, options: Sequence[Option], variants: Sequence[VariantDraft]
) -> None:
    """Make these the SKUs of an own product; the others are taken off sale.

    All or nothing. Raises what catalog, pricing and inventory raise.
    """
    catalog.update_product(product_id=product_id, options=[option.name for option in options])
    _write_variants(seller_id, product_id, variants)


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
