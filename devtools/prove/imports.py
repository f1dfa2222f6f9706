"""A seller's file of products with pictures, and the count of what came of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

PREFIX = "imported-mug"


def start(*, products: int, pictures: int) -> int:
    """Upload pictures and a file that names them, as a seller does; returns the import's id."""
    from django.core.files.base import ContentFile
    from PIL import Image

    from cms.importing import operations, tasks
    from cms.media.models import ShopImage
    from cms.selling import operations as selling
    from commerce.sellers.models import Seller

    seller_id = Seller.objects.order_by("pk").values_list("pk", flat=True)[0]
    collection_id = selling.open_workspace(seller_id=seller_id).collection_id
    for number in range(pictures):
        buffer = io.BytesIO()
        size = (700 + number, 700)
        Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, "JPEG")
        ShopImage.objects.create(
            title=f"{PREFIX}-{number}.jpg",
            collection_id=collection_id,
            file=ContentFile(buffer.getvalue(), name=f"{PREFIX}-{number}.jpg"),
        )
    job = operations.start(
        seller_id=seller_id,
        data=_file(products, pictures),
        file_name="mugs.csv",
        ending="publish",
    )
    tasks.run.delay(job_id=job.pk)
    return job.pk


def _file(products: int, pictures: int) -> bytes:
    from cms.importing import columns as c

    names = [c.HANDLE, c.TITLE, c.BODY, c.CATEGORY, c.TYPE, c.SUMMARY, c.SKU]
    names += [c.PRICE, c.QUANTITY, c.IMAGE, c.IMAGE_ALT]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for number in range(products):
        writer.writerow([
            f"{PREFIX}-{number}", f"Mug {number}", "<p>A mug.</p>", "Mugs", "Goods", "A mug.",
            f"IMP-{number}", "12.50", "7", f"{PREFIX}-{number % pictures}.jpg", "A mug",
        ])  # fmt: skip
    return text.getvalue().encode()


def sweep() -> None:
    """What beat does for imports and pictures whose worker died."""
    from cms.importing import tasks
    from cms.media.tasks import make_missing

    tasks.continue_stalled()
    make_missing.delay()


def state(*, job_id: int) -> dict[str, Any]:
    """How far it is, and how many pictures wait for their renditions."""
    from cms.importing.models import ImportJob
    from cms.media import queries

    job = ImportJob.objects.get(pk=job_id)
    left, after = 0, 0
    while (after := queries.next_incomplete(after=after) or 0) != 0:
        left += 1
    return {"state": job.state, "place": job.next_product, "pictures left": left}


def problems(*, job_id: int, products: int) -> list[str]:
    """What is missing, or there twice."""
    from cms.importing.models import ImportJob

    job = ImportJob.objects.get(pk=job_id)
    found = []
    if (job.created, job.failed, job.state) != (products, 0, "done"):
        found.append(f"{job.created} of {products} created, {job.failed} failed: {job.state}")
    return [*found, *_products(products), *_pictures()]


def _products(products: int) -> list[str]:
    from django.contrib.contenttypes.models import ContentType
    from wagtail.models import ReferenceIndex
    from wagtail.search.models import IndexEntry

    from cms.pages.models import ProductPage
    from commerce.catalog.models import Product
    from commerce.inventory.models import StockMovement

    ids = list(Product.objects.filter(handle__startswith=PREFIX).values_list("pk", flat=True))
    pages = list(ProductPage.objects.filter(product_id__in=ids).values_list("pk", flat=True))
    kind = ContentType.objects.get_for_model(ProductPage)
    keys = [str(pk) for pk in pages]
    entries = IndexEntry.objects.filter(content_type=kind, object_id__in=keys)
    referring = ReferenceIndex.objects.filter(content_type=kind, object_id__in=keys)
    counts = {
        "products": len(ids),
        "pages": len(pages),
        "movements": StockMovement.objects.filter(
            kind="imported", stock__variant__sku__startswith="IMP-"
        ).count(),
        "pages that search finds": entries.values("object_id").distinct().count(),
        "pages whose pictures are known": referring.values("object_id").distinct().count(),
    }
    return [
        f"{count} {name}, not {products}" for name, count in counts.items() if count != products
    ]


def _pictures() -> list[str]:
    from django.core.files.storage import default_storage

    from cms.media.models import ShopImage, ShopRendition
    from cms.media.operations import FORMATS

    found = []
    for image in ShopImage.objects.filter(title__startswith=PREFIX):
        ladder = image.sources.get("ladder", {})
        named = Counter(
            ShopRendition.objects.filter(image=image).values_list("filter_spec", flat=True)
        )
        files = [name for rungs in ladder.values() for _, name in rungs]
        if ladder.keys() != FORMATS.keys() or len(named) != len(files) or max(named.values()) > 1:
            found.append(f"{image.title} has {len(named)} renditions and names {len(files)}")
        gone = [name for name in files if not default_storage.exists(name)]
        if gone:
            found.append(f"{image.title} names {len(gone)} files that are not there")
    return found
