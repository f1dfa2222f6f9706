"""A seller's products as the file that the importer reads back unchanged."""

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from django.conf import settings
from wagtail.models import Locale

from cms.media.models import ShopImage
from cms.pages.models import CategoryPage, ProductPage
from commerce.catalog import queries as catalog
from commerce.catalog.types import ProductData, VariantData
from commerce.fulfillment import queries as fulfillment
from commerce.fulfillment.types import CustomsItemData
from commerce.inventory import queries as inventory
from commerce.kernel import currencies
from commerce.kernel.money import Money
from commerce.pricing import queries as pricing
from commerce.pricing.types import PriceData

from . import columns as c
from .formulas import disarmed
from .pictures import own_address
from .variants import NO_OPTIONS

BATCH = 200
Cells = dict[str, str]


@dataclass(kw_only=True)
class Exported:
    """How many products were written, and the handles of those that were left out."""

    written: int = 0
    left_out: list[str] = field(default_factory=list)


def export(*, seller_id: int, output: TextIO, images: Path | None = None) -> Exported:
    """Write all of a seller's products, archived ones too.

    A live page is written as shoppers see it, another as its newest draft. Pictures
    are named by their address in this shop; with a folder, they are copied into it and
    named by their file, so that any shop can read them. A product with a SKU that has
    no price, or without any SKU, is left out: a file cannot say such a thing.
    """
    ids = sorted(catalog.product_ids_of_seller(seller_id=seller_id, include_archived=True))
    columns = [*c.WRITTEN, *_price_columns(), *_specification_columns(ids)]
    writer = csv.DictWriter(output, columns, restval="", lineterminator="\n")
    writer.writeheader()
    paths = _category_paths()
    location_id = next((place.id for place in inventory.locations_of(seller_id=seller_id)), None)
    done = Exported()
    for start in range(0, len(ids), BATCH):
        for handle, rows in _batch(ids[start : start + BATCH], paths, images, location_id):
            if rows:
                writer.writerows(rows)
                done.written += 1
            else:
                done.left_out.append(handle)
    return done


def _price_columns() -> list[str]:
    return [
        column
        for currency in currencies.further()
        for column in (c.price_in(currency), c.compare_at_in(currency))
    ]


def _specification_columns(ids: Sequence[int]) -> list[str]:
    found: dict[str, None] = {}
    for start in range(0, len(ids), BATCH):
        products = catalog.products(product_ids=ids[start : start + BATCH])
        for product in products.values():
            found |= dict.fromkeys(
                c.specification_column(label) for label, _ in product.specifications
            )
    return list(found)


def _category_paths() -> dict[int, str]:
    titles: dict[str, str] = {}
    found = {}
    for page in CategoryPage.objects.order_by("path"):
        above = titles.get(page.path[:-4])
        titles[page.path] = f"{above} > {page.title}" if above else page.title
        found[page.pk] = titles[page.path]
    return found


def _batch(
    ids: list[int], paths: dict[int, str], images: Path | None, location_id: int | None
) -> Iterator[tuple[str, list[Cells]]]:
    products = catalog.products(product_ids=ids)
    variants = catalog.variants_of(product_ids=ids)
    variant_ids = [variant.id for group in variants.values() for variant in group]
    prices = pricing.prices_of(variant_ids=variant_ids, currency=settings.BASE_CURRENCY)
    further = {
        currency: pricing.prices_of(variant_ids=variant_ids, currency=currency)
        for currency in currencies.further()
    }
    stock = {
        variant_id: level.on_hand
        for variant_id, levels in inventory.levels(variant_ids=variant_ids).items()
        for level in levels
        # What is owed to backorders is no count that a file could state.
        if level.location_id == location_id and level.on_hand >= 0
    }
    types = catalog.product_type_names()
    customs = fulfillment.customs_of(variant_ids=variant_ids)
    pages = _pages(ids)
    for product_id in ids:
        product, group = products[product_id], variants.get(product_id, [])
        if not group or any(variant.id not in prices for variant in group):
            yield product.handle, []
            continue
        page = pages.get(product_id)
        pictures = _pictures(page, images)
        rows = [
            _variant_row(variant, prices[variant.id], stock.get(variant.id), pictures)
            | _further_cells(variant.id, further)
            | _customs_cells(customs.get(variant.id))
            for variant in group
        ]
        first = _first_row(product, page, paths, types)
        yield product.handle, _joined(product.handle, first, rows, pictures)


def _pages(ids: list[int]) -> dict[int, ProductPage]:
    """Return each product's page: as it is live, else in its newest draft."""
    pages = (
        ProductPage.objects.filter(product_id__in=ids, alias_of=None, locale=Locale.get_default())
        .select_related("latest_revision")
        .prefetch_related("gallery__image", "categories")
    )
    return {
        page.product_id: page
        if page.live or page.latest_revision is None
        else page.latest_revision.as_object()
        for page in pages
    }


def _first_row(
    product: ProductData, page: ProductPage | None, paths: dict[int, str], types: dict[str, str]
) -> Cells:
    category = next(iter(page.categories.all()), None) if page else None
    archived = product.state == "archived"
    live = bool(page and page.live)
    return {
        c.TITLE: disarmed(page.title if page else product.name),
        c.BODY: page.description if page else "",
        c.VENDOR: disarmed(product.brand),
        c.CATEGORY: paths.get(category.pk, "") if category else "",
        c.TYPE: disarmed(types.get(product.type_code, "")),
        c.PUBLISHED: "true" if live else "false",
        c.SEO_TITLE: disarmed(page.seo_title) if page else "",
        c.SEO_DESCRIPTION: disarmed(page.search_description) if page else "",
        c.SUMMARY: disarmed(page.summary) if page else "",
        c.TAX_CODE: product.tax_class,
        c.STATUS: "archived" if archived else "active" if live else "draft",
        **{
            c.specification_column(label): disarmed(value)
            for label, value in product.specifications
        },
        **_option_names(product),
    }


def _option_names(product: ProductData) -> Cells:
    if not product.options:
        return {c.OPTION_NAMES[0]: NO_OPTIONS[0], c.OPTION_VALUES[0]: NO_OPTIONS[1]}
    return {
        column: disarmed(name)
        for column, name in zip(c.OPTION_NAMES, product.options, strict=False)
    }


def _variant_row(
    variant: VariantData, price: PriceData, on_hand: int | None, pictures: list[Cells]
) -> Cells:
    shown = next(
        (
            picture[c.IMAGE]
            for picture in pictures
            if picture["option"] and picture["option"] in variant.option_values
        ),
        "",
    )
    return {
        **{
            column: disarmed(value)
            for column, value in zip(c.OPTION_VALUES, variant.option_values, strict=False)
        },
        c.SKU: variant.sku,
        c.GRAMS: str(variant.weight_grams),
        c.QUANTITY: "" if on_hand is None else str(on_hand),
        c.PRICE: _plain(price.amount),
        c.COMPARE_AT: _plain(price.compare_at) if price.compare_at else "",
        c.BARCODE: disarmed(variant.barcode),
        c.VARIANT_IMAGE: shown,
    }


def _further_cells(variant_id: int, further: dict[str, dict[int, PriceData]]) -> Cells:
    cells = {}
    for currency, prices in further.items():
        if (price := prices.get(variant_id)) is not None:
            cells[c.price_in(currency)] = _plain(price.amount)
            compared = price.compare_at
            cells[c.compare_at_in(currency)] = _plain(compared) if compared else ""
    return cells


def _customs_cells(item: CustomsItemData | None) -> Cells:
    if item is None:
        return {}
    value = item.value_minor
    return {
        c.CUSTOMS_DESCRIPTION: disarmed(item.description),
        c.HS_CODE: item.hs_code,
        c.ORIGIN: item.origin_country,
        c.CUSTOMS_VALUE: "" if value is None else _plain(Money(value, settings.BASE_CURRENCY)),
    }


def _plain(amount: Money) -> str:
    return f"{amount.decimal:f}"


def _pictures(page: ProductPage | None, folder: Path | None) -> list[Cells]:
    if page is None:
        return []
    return [
        {
            c.IMAGE: _source(entry.image, folder),
            c.IMAGE_POSITION: str(position),
            c.IMAGE_ALT: disarmed(entry.alt),
            "option": entry.option_value,
        }
        for position, entry in enumerate(page.gallery.all(), start=1)
    ]


def _source(image: ShopImage, folder: Path | None) -> str:
    if folder is None:
        return own_address(image)
    folder.mkdir(parents=True, exist_ok=True)
    name = Path(image.file.name).name
    with image.file.storage.open(image.file.name) as source, (folder / name).open("wb") as copy:
        shutil.copyfileobj(source, copy)
    return name


def _joined(handle: str, first: Cells, variants: list[Cells], pictures: list[Cells]) -> list[Cells]:
    """Lay variants and pictures side by side, as the format has them."""
    rows = []
    for index in range(max(1, len(variants), len(pictures))):
        row = {c.HANDLE: handle}
        if index < len(variants):
            row |= variants[index]
        if index < len(pictures):
            row |= {key: value for key, value in pictures[index].items() if key != "option"}
        rows.append(row | first if index == 0 else row)
    return rows
