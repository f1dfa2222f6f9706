"""What an import has to know beforehand, each in one or two statements."""

from collections.abc import Iterable

from cms.pages.models import CategoryPage
from commerce.catalog import queries as catalog

from .checking import category_key
from .models import ImportedProduct, ImportJob


def category_pages() -> dict[str, CategoryPage]:
    """Return every category by its path of titles, such as "women > tops"."""
    titles: dict[str, str] = {}
    found: dict[str, CategoryPage] = {}
    for page in CategoryPage.objects.order_by("path"):
        above = titles.get(page.path[:-4])
        path = f"{above} > {page.title}" if above else page.title
        titles[page.path] = path
        found[category_key(path)] = page
    return found


def owners_of_skus(*, seller_id: int, skus: Iterable[str]) -> dict[str, str]:
    """Return SKUs that exist, with the handle of the seller's own product, or "" when not its."""
    ids = catalog.variant_ids_by_sku(skus=skus)
    variants = catalog.variants(variant_ids=ids.values())
    products = catalog.products(product_ids={row.product_id for row in variants.values()})
    owners = {}
    for sku, variant_id in ids.items():
        product = products[variants[variant_id].product_id]
        owners[sku] = product.handle if product.seller_id == seller_id else ""
    return owners


def digests(*, product_ids: Iterable[int]) -> dict[int, str]:
    """Return what each product's rows looked like when they were last imported."""
    rows = ImportedProduct.objects.filter(product_id__in=list(product_ids))
    return dict(rows.values_list("product_id", "digest"))


def open_job(*, seller_id: int, digest: str, dry_run: bool) -> ImportJob | None:
    """Return the interrupted import of the same file, if there is one."""
    return ImportJob.objects.filter(
        seller_id=seller_id,
        digest=digest,
        dry_run=dry_run,
        state__in=[ImportJob.State.WAITING, ImportJob.State.RUNNING],
    ).first()


def open_jobs() -> dict[int, int]:
    """Return how far every import is that has not ended, by its id."""
    rows = ImportJob.objects.filter(
        state__in=[ImportJob.State.WAITING, ImportJob.State.RUNNING]
    ).order_by("pk")
    return dict(rows.values_list("pk", "next_product"))


def jobs_of(*, seller_id: int | None, limit: int = 50) -> list[ImportJob]:
    """Return the latest imports, of one seller or of all."""
    jobs = ImportJob.objects.select_related("seller", "user").order_by("-pk")
    return list((jobs.filter(seller_id=seller_id) if seller_id else jobs)[:limit])
