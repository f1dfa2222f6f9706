"""Writes of the catalog."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from commerce.kernel.confinement import unconfined
from commerce.outbox.bus import publish

from .events import ListingPublished, ListingWithdrawn, ProductArchived, ProductChanged
from .models import Listing, Product, ProductType, Variant
from .types import VariantInput

MAX_VARIANTS = 500


class UnknownProduct(Exception):
    """No product has this id."""


class UnknownProductType(Exception):
    """No product type has this code."""


class HandleTaken(Exception):
    """The seller has another product with this handle."""


class SkuTaken(Exception):
    """Another product, of this seller or of another, owns the SKU."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
        super().__init__(f"SKU {sku} belongs to another product")


class DuplicateSku(Exception):
    """The same SKU was given twice for one product."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
        super().__init__(f"SKU {sku} is given twice")


class DuplicateCombination(Exception):
    """Two variants have the same option values."""

    def __init__(self, values: Sequence[str]) -> None:
        self.values = list(values)
        super().__init__(f"two variants are {' / '.join(values) or 'without options'}")


class TooManyVariants(Exception):
    """A product has at most `MAX_VARIANTS` SKUs."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} variants; a product has at most {MAX_VARIANTS}")


def ensure_product_type(
    *, code: str, name: str, tax_class: str = "standard", attributes: Sequence[str] = ()
) -> int:
    """Return the product type of this code, made when missing."""
    row, _ = ProductType.objects.get_or_create(
        code=code,
        defaults={"name": name, "tax_class": tax_class, "attributes": list(attributes)},
    )
    return row.pk


@transaction.atomic
def create_product(
    *,
    seller_id: int,
    type_code: str,
    handle: str,
    name: str,
    brand: str = "",
    options: Sequence[str] = (),
    specifications: Sequence[Sequence[str]] = (),
) -> int:
    """Add a product without variants and return its id.

    Raises UnknownProductType, and HandleTaken when the seller uses the handle already.
    """
    product_type = _product_type(type_code)
    try:
        with transaction.atomic():
            product = Product.objects.create(
                seller_id=seller_id,
                type=product_type,
                handle=handle,
                name=name,
                brand=brand,
                options=list(options),
                specifications=[list(pair) for pair in specifications],
            )
    except IntegrityError as error:
        if "one_handle_per_seller" in str(error):
            raise HandleTaken(handle) from None
        raise
    publish(ProductChanged(product_id=product.pk))
    return product.pk


@transaction.atomic
def update_product(
    *,
    product_id: int,
    type_code: str | None = None,
    name: str | None = None,
    brand: str | None = None,
    options: Sequence[str] | None = None,
    specifications: Sequence[Sequence[str]] | None = None,
) -> None:
    """Change what is given and leave the rest. Raises UnknownProduct, UnknownProductType."""
    changes: dict[str, Any] = {}
    if type_code is not None:
        changes["type"] = _product_type(type_code)
    if name is not None:
        changes["name"] = name
    if brand is not None:
        changes["brand"] = brand
    if options is not None:
        changes["options"] = list(options)
    if specifications is not None:
        changes["specifications"] = [list(pair) for pair in specifications]
    product = _lock(product_id)
    if not changes:
        return
    for field, value in changes.items():
        setattr(product, field, value)
    product.save(update_fields=list(changes))
    publish(ProductChanged(product_id=product_id))


@transaction.atomic
def set_variants(*, product_id: int, variants: Sequence[VariantInput]) -> dict[str, int]:
    """Make these the product's active variants and return their ids by SKU.

    Known SKUs are changed in place, new ones added, missing ones deactivated:
    carts and orders may point at them. All or nothing. Raises UnknownProduct,
    TooManyVariants, DuplicateSku, DuplicateCombination, SkuTaken.
    """
    _check_variants(variants)
    _lock(product_id)
    wanted = {variant.sku: variant for variant in variants}
    known = {row.sku: row for row in Variant.objects.filter(product_id=product_id)}
    if (taken := _taken_elsewhere(wanted, product_id)) is not None:
        raise SkuTaken(taken)

    # Combinations may move between SKUs; the unique index is checked row by row,
    # so what moves leaves first.
    Variant.objects.filter(
        pk__in=[
            row.pk
            for sku, row in known.items()
            if sku not in wanted or list(wanted[sku].option_values) != row.option_values
        ]
    ).update(is_active=False)
    changed = [_describe(known[sku], wanted[sku]) for sku in wanted if sku in known]
    Variant.objects.bulk_update(
        changed, ["option_values", "weight_grams", "barcode", "position", "is_active"]
    )
    added = [
        _describe(Variant(product_id=product_id, sku=sku), wanted[sku])
        for sku in wanted
        if sku not in known
    ]
    try:
        with transaction.atomic():
            Variant.objects.bulk_create(added)
    except IntegrityError:
        # Somebody else added one of them since we looked.
        taken = _taken_elsewhere(wanted, product_id)
        if taken is None:
            raise
        raise SkuTaken(taken) from None
    publish(ProductChanged(product_id=product_id))
    return {row.sku: row.pk for row in (*changed, *added)}


@unconfined()  # a SKU is unique in the whole marketplace
def _taken_elsewhere(skus: Iterable[str], product_id: int) -> str | None:
    foreign = Variant.objects.filter(sku__in=list(skus)).exclude(product_id=product_id)
    return foreign.values_list("sku", flat=True).first()


@transaction.atomic
def archive_product(*, product_id: int) -> None:
    """Take a product off sale for good; orders keep what they say. Repeating changes nothing.

    Raises UnknownProduct.
    """
    product = _lock(product_id)
    if product.state == Product.State.ARCHIVED:
        return
    product.state = Product.State.ARCHIVED
    product.save(update_fields=["state"])
    publish(ProductArchived(product_id=product_id))


@transaction.atomic
def restore_product(*, product_id: int) -> None:
    """Put an archived product back; its listing decides whether it is seen.

    Raises UnknownProduct.
    """
    product = _lock(product_id)
    if product.state == Product.State.ACTIVE:
        return
    product.state = Product.State.ACTIVE
    product.save(update_fields=["state"])
    publish(ProductChanged(product_id=product_id))


@unconfined()
@transaction.atomic
def publish_listing(
    *,
    product_id: int,
    locale: str,
    page_id: int,
    title: str,
    summary: str,
    path: str,
    image: Mapping[str, Any],
    category_keys: Sequence[UUID],
) -> None:
    """Copy what the live page says. The day of first publication is kept.

    Called by `cms.bridge` alone. Raises UnknownProduct.
    """
    _lock(product_id)
    said = {
        "page_id": page_id,
        "title": title,
        "summary": summary,
        "path": path,
        "image": dict(image),
        "category_keys": list(category_keys),
        "is_live": True,
    }
    Listing.objects.update_or_create(
        product_id=product_id,
        locale=locale,
        defaults=said,
        create_defaults={**said, "first_published_at": Now()},
    )
    publish(ListingPublished(product_id=product_id, locale=locale))


@unconfined()
@transaction.atomic
def withdraw_listing(*, product_id: int, locale: str) -> None:
    """Take a product's page off sale. Repeating it changes nothing.

    Called by `cms.bridge` alone.
    """
    live = Listing.objects.filter(product_id=product_id, locale=locale, is_live=True)
    if live.update(is_live=False, updated_at=Now()):
        publish(ListingWithdrawn(product_id=product_id, locale=locale))


def _product_type(code: str) -> ProductType:
    found = ProductType.objects.filter(code=code).first()
    if found is None:
        raise UnknownProductType(code)
    return found


def _lock(product_id: int) -> Product:
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise UnknownProduct(product_id)
    return product


def _check_variants(variants: Sequence[VariantInput]) -> None:
    if len(variants) > MAX_VARIANTS:
        raise TooManyVariants(len(variants))
    skus: set[str] = set()
    combinations: set[tuple[str, ...]] = set()
    for variant in variants:
        if variant.sku in skus:
            raise DuplicateSku(variant.sku)
        if tuple(variant.option_values) in combinations:
            raise DuplicateCombination(variant.option_values)
        skus.add(variant.sku)
        combinations.add(tuple(variant.option_values))


def _describe(row: Variant, wanted: VariantInput) -> Variant:
    row.option_values = list(wanted.option_values)
    row.weight_grams = wanted.weight_grams
    row.barcode = wanted.barcode
    row.position = wanted.position
    row.is_active = True
    return row
