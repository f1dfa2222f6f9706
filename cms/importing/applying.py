"""One checked product into commerce and onto its page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from wagtail.coreutils import find_available_slug

from cms.media import operations as media
from cms.media.models import ShopImage
from cms.pages.models import CategoryPage, ProductImage, ProductPage, SellerPage
from commerce.catalog import operations as catalog
from commerce.catalog.types import VariantInput
from commerce.inventory import operations as inventory
from commerce.inventory.types import StockInput
from commerce.pricing import operations as pricing
from commerce.pricing.types import PriceInput

from . import columns as c
from .pictures import PictureRefused, PictureSource, store, stored
from .types import PictureRow, Problem, ProductRows, VariantRow


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where products go, and what happens to complete pages."""

    seller_id: int
    page: SellerPage
    collection_id: int
    location_id: int
    categories: Mapping[int, CategoryPage]
    currency: str
    pictures: PictureSource
    ending: str
    encoder: Executor
    index: Callable[[Iterable[ShopImage]], None]
    user: Any = None


@dataclass(kw_only=True)
class Applied:
    product_id: int
    page_id: int
    problems: list[Problem] = field(default_factory=list)


def apply(product: ProductRows, *, target: Target, product_id: int | None) -> Applied:
    """Write a product, its SKUs, prices, stock and page. The caller holds the transaction.

    What may not stop the product (a picture that cannot be read, a count below what
    is promised to shoppers, a page that is not complete) comes back as problems.
    """
    type_code = _product_type(product)
    described: dict[str, Any] = {
        "type_code": type_code,
        "name": product.title,
        "brand": product.brand,
        "options": product.options,
        "specifications": product.specifications,
    }
    if product_id is None:
        product_id = catalog.create_product(
            seller_id=target.seller_id, handle=product.handle, **described
        )
    else:
        catalog.update_product(product_id=product_id, **described)
    applied = Applied(product_id=product_id, page_id=0)
    variant_ids = catalog.set_variants(
        product_id=product_id,
        variants=[_variant_input(variant, at) for at, variant in enumerate(product.variants)],
    )
    _set_prices(product.variants, variant_ids, target.currency)
    _set_stock(product, variant_ids, target, applied)
    images = _images(product, target, applied)
    tile = _start_tile(images, target)
    page = _page(product, product_id, target, images)
    applied.page_id = page.pk
    if tile is not None:
        tile()
    _finish(product, page, target, applied)
    return applied


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
                currency=currency,
                amount_minor=variant.price_minor,
                compare_at_minor=variant.compare_at_minor,
            )
            for variant in variants
        ]
    )


def _set_stock(
    product: ProductRows, variant_ids: dict[str, int], target: Target, applied: Applied
) -> None:
    """Set counts. Where shoppers are promised more than the file says, that count stays."""
    counts = {
        variant_ids[variant.sku]: variant
        for variant in product.variants
        if variant.on_hand is not None
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


def _images(
    product: ProductRows, target: Target, applied: Applied
) -> list[tuple[PictureRow, ShopImage]]:
    known = stored(
        sources=[picture.source for picture in product.pictures],
        seller_id=target.seller_id,
        collection_id=target.collection_id,
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
            media.record(image, made)

    return finish


def _page(
    product: ProductRows,
    product_id: int,
    target: Target,
    images: list[tuple[PictureRow, ShopImage]],
) -> ProductPage:
    """Return the product's page with its draft brought up to date."""
    live = ProductPage.objects.filter(
        product_id=product_id, alias_of=None, locale_id=target.page.locale_id
    ).first()
    page = live.get_latest_revision_as_object() if live else ProductPage(live=False)
    page.product_id = product_id
    page.title = page.draft_title = product.title
    page.summary = product.summary
    page.description = product.description
    page.seo_title = product.seo_title
    page.search_description = product.seo_description
    if product.category_id is not None:
        page.categories = [target.categories[product.category_id]]
    wanted = [(image.pk, picture.alt, picture.option_value) for picture, image in images]
    if wanted != [(row.image_id, row.alt, row.option_value) for row in page.gallery.all()]:
        page.gallery = [
            ProductImage(
                image=image, alt=picture.alt, option_value=picture.option_value, sort_order=at
            )
            for at, (picture, image) in enumerate(images)
        ]
    if live is None:
        page.slug = find_available_slug(target.page, product.handle)
        target.page.add_child(instance=page)
    page.save_revision(user=target.user, clean=False, log_action=live is not None)
    return page


def _finish(product: ProductRows, page: ProductPage, target: Target, applied: Applied) -> None:
    if product.status == "archived":
        catalog.archive_product(product_id=applied.product_id)
    elif page.product_id is not None and product.status == "active":
        catalog.restore_product(product_id=applied.product_id)
    if product.status != "active":
        if page.live:
            page.unpublish(user=target.user)
        return
    if target.ending == "draft":
        return
    try:
        page.check_complete()
    except ValidationError as error:
        applied.problems.append(
            Problem(
                row=product.row,
                handle=product.handle,
                message=f"Kept as a draft. {' '.join(error.messages)}",
                stops=False,
            )
        )
        return
    if target.ending == "publish":
        page.get_latest_revision().publish(user=target.user)
    elif page.has_unpublished_changes and not page.workflow_in_progress:
        page.get_workflow().start(page, target.user)
