"""The journeys' marketplace: small, but loaded by the engine that loads every import."""

import csv
from pathlib import Path
from typing import Any

from cms.importing import operations as importing
from cms.importing.demo import accounts, categories, reference, sellers
from cms.importing.demo.content import Content
from cms.importing.demo.load import FOLDER
from cms.importing.demo.pictures import PageImages
from cms.pages.operations import ensure_site
from commerce.discovery import operations as discovery
from tests.factories.pages import photo

from .market_data import CATEGORIES, CONTENT, GOODS, SHOPS, Good

COLUMNS = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU",
    "Variant Grams", "Variant Inventory Qty", "Variant Price", "Variant Compare At Price",
    "Image Src", "Image Alt Text", "Summary (product.metafields.stoa.summary)",
    "Material (product.metafields.specs.material)",
]  # fmt: skip
PASSWORD = accounts.PASSWORD
MODERATOR, ADMINISTRATOR = "moderator@stoa.example", "admin@stoa.example"
SHOPPER = "shopper@stoa.example"


def owner_of(slug: str) -> str:
    """Return the email address with which a shop's owner signs in."""
    return f"{slug}@stoa.example"


def build(folder: Path) -> None:
    """Open the marketplace; its files are written to an empty folder."""
    pictures = folder / "images"
    pictures.mkdir(parents=True)
    (pictures / "hero.webp").write_bytes(photo(width=640, height=400))
    images = PageImages(pictures)
    reference.load(FOLDER / "reference")
    ensure_site()
    categories.load(CATEGORIES, images)
    accounts.ensure_groups()
    for account in accounts.STAFF:
        accounts.ensure_user(account)
    ids = {shop["slug"]: sellers.open_shop(shop, images) for shop in SHOPS}
    for slug, seller_id in ids.items():
        path = folder / f"{slug}.csv"
        _write(path, [row for good in GOODS[slug] for row in _rows(good, pictures)])
        job = importing.import_file(path=path, seller_id=seller_id)
        problems = [(found.row, found.message) for found in job.problems.all()]
        assert (job.failed, problems) == (0, []), problems
    Content(CONTENT, ids, images).load()
    for _ in discovery.rebuild():
        pass


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _rows(good: Good, pictures: Path) -> list[dict[str, Any]]:
    handle, title, category, options, variants = good
    name = f"{handle}.webp"
    (pictures / name).write_bytes(photo(width=320 + len(list(pictures.iterdir())), height=400))
    rows = []
    for values, sku, price, was, on_hand in variants:
        row = {
            "Handle": handle, "Variant SKU": sku, "Variant Grams": "400",
            "Variant Inventory Qty": str(on_hand), "Variant Price": price,
            "Variant Compare At Price": was,
        }  # fmt: skip
        for place, (option, value) in enumerate(zip(options, values, strict=True), start=1):
            row |= {f"Option{place} Name": option, f"Option{place} Value": value}
        rows.append(row)
    rows[0] |= {
        "Title": title, "Vendor": "Workshop", "Product Category": category, "Published": "TRUE",
        "Body (HTML)": f"<p>The {title.lower()} is made by hand and checked twice.</p>",
        "Image Src": name, "Image Alt Text": f"{title} on a table",
        "Summary (product.metafields.stoa.summary)": "Made by hand, used every day.",
        "Material (product.metafields.specs.material)": "As it says",
    }  # fmt: skip
    return rows
