"""Reads of the catalog: many ids in, one dictionary out, one statement each."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from commerce.kernel.sql import fetch

from . import statements
from .models import Listing, Product, ProductType, Variant
from .types import ListingData, ProductData, SaleData, VariantData


def products(*, product_ids: Iterable[int]) -> dict[int, ProductData]:
    """Return the products that exist, by id."""
    rows = fetch(statements.PRODUCTS, list(product_ids))
    return {product.id: product for product in (_product(*columns) for columns in rows)}


def product_ids_by_handle(*, seller_id: int, handles: Iterable[str]) -> dict[str, int]:
    """Return a seller's products by their handle."""
    rows = Product.objects.filter(seller_id=seller_id, handle__in=list(handles))
    return dict(rows.values_list("handle", "pk"))


def product_ids_of_seller(*, seller_id: int, include_archived: bool = False) -> list[int]:
    """Return a seller's products, newest first."""
    rows = Product.objects.filter(seller_id=seller_id)
    if not include_archived:
        rows = rows.filter(state=Product.State.ACTIVE)
    return list(rows.order_by("-pk").values_list("pk", flat=True))


def product_ids_after(*, product_id: int, limit: int) -> list[int]:
    """Return the next products by id, to walk through all of them in batches."""
    rows = Product.objects.filter(pk__gt=product_id).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def product_type_names() -> dict[str, str]:
    """Return the names of all product types by code."""
    return dict(ProductType.objects.order_by("name").values_list("code", "name"))


def variants(*, variant_ids: Iterable[int]) -> dict[int, VariantData]:
    """Return variants by id, active or not."""
    rows = Variant.objects.filter(pk__in=list(variant_ids))
    return {row.id: row for row in _variants(rows)}


def variants_of(
    *, product_ids: Iterable[int], include_inactive: bool = False
) -> dict[int, list[VariantData]]:
    """Return each product's active variants in the seller's order."""
    rows = Variant.objects.filter(product_id__in=list(product_ids)).order_by("position", "pk")
    if not include_inactive:
        rows = rows.filter(is_active=True)
    found: dict[int, list[VariantData]] = defaultdict(list)
    for row in _variants(rows):
        found[row.product_id].append(row)
    return dict(found)


def variant_ids_by_sku(*, skus: Iterable[str]) -> dict[str, int]:
    """Return variants by their SKU, exactly as it is written."""
    rows = Variant.objects.filter(sku__in=list(skus))
    return dict(rows.values_list("sku", "pk"))


def product_ids_of_variants(*, variant_ids: Iterable[int]) -> set[int]:
    """Return the products these variants belong to."""
    rows = Variant.objects.filter(pk__in=list(variant_ids))
    return set(rows.values_list("product_id", flat=True))


def listings(*, product_ids: Iterable[int], locale: str = "en") -> dict[int, ListingData]:
    """Return what each product's page said when it was last published, live or not."""
    rows = Listing.objects.filter(product_id__in=list(product_ids), locale=locale)
    return {row.product_id: _listing(row) for row in rows}


def sale_data(
    *,
    variant_ids: Sequence[int] | None = None,
    product_ids: Sequence[int] | None = None,
    locale: str = "en",
) -> list[SaleData]:
    """Return what an offer needs of variants, asked by variant or by product, in one statement.

    By product, only active variants are returned, in the seller's order.
    """
    if product_ids is None:
        rows = fetch(statements.SALE_DATA_OF_VARIANTS, locale, list(variant_ids or ()))
    else:
        rows = fetch(statements.SALE_DATA_OF_PRODUCTS, locale, list(product_ids))
    return [
        SaleData(
            variant_id=variant_id,
            product_id=product_id,
            seller_id=seller_id,
            sku=sku,
            option_values=json.loads(option_values),
            weight_grams=weight_grams,
            tax_class=tax_class,
            title=title,
            path=path,
            image=json.loads(image),
            is_on_sale=is_on_sale,
            category_keys=frozenset(map(str, category_keys)),
        )
        for variant_id, product_id, seller_id, sku, option_values, weight_grams, tax_class, title,
        path, image, is_on_sale, category_keys in rows
    ]  # fmt: skip


def _product(
    id: int, seller_id: int, type_code: str, tax_class: str, handle: str, name: str, brand: str,
    options: str, specifications: str, state: str,
) -> ProductData:  # fmt: skip
    return ProductData(
        id=id,
        seller_id=seller_id,
        type_code=type_code,
        tax_class=tax_class,
        handle=handle,
        name=name,
        brand=brand,
        options=json.loads(options),
        specifications=json.loads(specifications),
        state=state,
    )


def _variants(rows: QuerySet[Variant]) -> list[VariantData]:
    return [
        VariantData(
            id=row.pk,
            product_id=row.product_id,
            seller_id=row.product.seller_id,
            sku=row.sku,
            option_values=row.option_values,
            weight_grams=row.weight_grams,
            is_active=row.is_active,
            tax_class=row.product.type.tax_class,
            barcode=row.barcode,
        )
        for row in rows.select_related("product__type")
    ]


def _listing(row: Listing) -> ListingData:
    return ListingData(
        product_id=row.product_id,
        title=row.title,
        summary=row.summary,
        path=row.path,
        image=row.image,
        category_keys=row.category_keys,
        is_live=row.is_live,
        first_published_at=row.first_published_at,
    )
