"""One checked product into commerce and onto its page."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.text import slugify

from cms.media import operations as media
from cms.media.models import ShopImage
from cms.selling import proposals
from commerce.catalog import operations as catalog
from commerce.catalog import queries as catalog_queries
from commerce.catalog.types import VariantInput
from commerce.fulfillment import operations as fulfillment
from commerce.fulfillment.types import CustomsItemData
from commerce.inventory import operations as inventory
from commerce.inventory.types import StockInput
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput

from . import columns as c
from . import paging, wording
from .pictures import PictureRefused, store, stored
from .target import Applied, Target
from .types import PictureRow, Problem, ProductRows, VariantRow


def apply(product: ProductRows, *, target: Target, product_id: int | None) -> Applied:
    """Write a product, its SKUs, prices, stock and page. The caller holds the transaction.

    What may not stop the product (a picture that cannot be read, a count below what
    is promised to shoppers, a page that is not complete) comes back as problems.
    """
    described = _described(product)
    applied = Applied(product_id=product_id or 0, page_id=0)
    if product_id is None:
        applied.product_id = catalog.create_product(
            seller_id=target.seller_id, handle=product.handle, **described
        )
    elif target.words_wait and proposals.moderated_page(
        product_id=product_id, seller_id=target.seller_id
    ):
        applied.proposed = wording.new_words(product, product_id=product_id)
    kept = {name: value for name, value in described.items() if name not in applied.proposed}
    catalog.update_product(product_id=applied.product_id, **kept)
    variant_ids = _variant_ids(product, applied)
    variants = [variant for variant in product.variants if variant.sku in variant_ids]
    _set_prices(variants, variant_ids, target.currency)
    _set_stock(product, variant_ids, target, applied)
    _set_customs(variants, variant_ids)
    images = _images(product, target, applied)
    tile = _start_tile(images, target)
    applied.page_id = paging.write(product, applied, target, images, before_publishing=tile)
    return applied


def _described(product: ProductRows) -> dict[str, Any]:
    return {
        "type_code": _product_type(product),
        "name": product.title,
        "brand": product.brand,
        "options": product.options,
        "specifications": product.specifications,
    }


def _variant_ids(product: ProductRows, applied: Applied) -> dict[str, int]:
    """Write the SKUs. While their names wait for approval, those on sale stay as they are."""
    if "variants" in applied.proposed:
        on_sale = catalog_queries.variants_of(product_ids=[applied.product_id])
        return {variant.sku: variant.id for variant in on_sale.get(applied.product_id, [])}
    return catalog.set_variants(
        product_id=applied.product_id,
        variants=[_variant_input(variant, at) for at, variant in enumerate(product.variants)],
    )


def _product_type(product: ProductRows) -> str:
    code = slugify(product.type_name)[:40] or "general"
    if product.tax_class != "standard":
        code = f"{code}-{product.tax_class}"[:50]
    catalog.ensure_product_type(code=code, name=product.type_name, tax_class=product.tax_class)
    return code


def _variant_input(variant: VariantRow, position: int) -> VariantInput:
    return VariantInput(
        sku=variant.sku,
        option_values=variant.option_values,
        weight_grams=variant.weight_grams,
        barcode=variant.barcode,
        position=position,
    )


def _set_prices(variants: Sequence[VariantRow], variant_ids: dict[str, int], currency: str) -> None:
    pricing.set_prices(
        prices=[
            PriceInput(
                variant_id=variant_ids[variant.sku],
                currency=priced_in,
                amount_minor=minor,
                compare_at_minor=compared,
            )
            for variant in variants
            for priced_in, minor, compared in (
                (currency, variant.price_minor, variant.compare_at_minor),
                *variant.further,
            )
        ]
    )


def _set_stock(
    product: ProductRows, variant_ids: dict[str, int], target: Target, applied: Applied
) -> None:
    """Set counts. Where shoppers are promised more than the file says, that count stays."""
    counts = {
        variant_ids[variant.sku]: variant
        for variant in product.variants
        if variant.on_hand is not None and variant.sku in variant_ids
    }
    while counts:
        try:
            inventory.set_many(
                counts=[
                    StockInput(
                        variant_id=variant_id,
                        location_id=target.location_id,
                        on_hand=variant.on_hand or 0,
                    )
                    for variant_id, variant in counts.items()
                ],
                cause="import",
                kind="imported",
            )
        except inventory.BelowReserved as refusal:
            for variant_id, promised in refusal.shortages.items():
                variant = counts.pop(variant_id)
                applied.problems.append(
                    Problem(
                        row=variant.row,
                        column=c.QUANTITY,
                        handle=product.handle,
                        message=f"{promised} of {variant.sku} are promised to shoppers, so its"
                        " count was not lowered. Ship or cancel those orders first.",
                        stops=False,
                    )
                )
        else:
            return


def _set_customs(variants: Sequence[VariantRow], variant_ids: dict[str, int]) -> None:
    alike: dict[CustomsItemData, list[int]] = {}
    for variant in variants:
        if variant.customs is not None:
            alike.setdefault(variant.customs, []).append(variant_ids[variant.sku])
    for item, ids in alike.items():
        fulfillment.set_customs(variant_ids=ids, item=item)


def _images(
    product: ProductRows, target: Target, applied: Applied
) -> list[tuple[PictureRow, ShopImage]]:
    known = stored(
        sources=[picture.source for picture in product.pictures],
        seller_id=target.seller_id,
        collection_id=target.collection_id,
        library=target.pictures.library,
    )
    files: dict[str, bytes] = {}
    for picture in product.pictures:
        if picture.source in known:
            continue
        try:
            files[picture.source] = target.pictures.read(picture.source)
        except PictureRefused as refusal:
            applied.problems.append(
                Problem(
                    row=picture.row,
                    column=c.IMAGE,
                    handle=product.handle,
                    message=f"{refusal} The product was imported without this picture.",
                    stops=False,
                )
            )
    if files:
        known |= store(
            files,
            titles={row.source: row.alt or product.title for row in product.pictures},
            seller_id=target.seller_id,
            collection_id=target.collection_id,
        )
        target.index(known.values())
    return [
        (picture, known[picture.source]) for picture in product.pictures if picture.source in known
    ]


def _start_tile(
    images: list[tuple[PictureRow, ShopImage]], target: Target
) -> Callable[[], None] | None:
    """Begin to make the leading picture's tile, beside the database's work.

    Call what is returned before publishing, so that the product never appears
    without its tile. The larger renditions follow in the background.
    """
    if not images or images[0][1].sources:
        return None
    image = images[0][1]
    future = target.encoder.submit(media.encode, image, formats=["webp"], up_to=640)

    def finish() -> None:
        if (made := future.result()) is not None:
            media.record(image, made=made)

    return finish
