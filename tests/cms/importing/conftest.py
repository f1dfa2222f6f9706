import csv
import io

import pytest

from cms.importing import operations
from tests.cms.bridge.shelf import a_seller
from tests.factories.pages import a_category, photo

COLUMNS = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Published",
    "Option1 Name", "Option1 Value", "Variant SKU", "Variant Grams", "Variant Inventory Qty",
    "Variant Price", "Variant Compare At Price", "Image Src", "Image Alt Text",
    "Variant Customs Description", "Variant HS Code", "Variant Country of Origin",
    "Variant Customs Value",
    "Variant Image", "Material (product.metafields.specs.material)", "Status",
]  # fmt: skip


def mug(**cells):
    """Return the row of a good product."""
    return {
        "Handle": "mug", "Title": "Blue mug", "Body (HTML)": "<p>Turned by hand.</p>",
        "Product Category": "Kitchen > Mugs", "Variant SKU": "M-1", "Variant Price": "12.00",
        "Variant Inventory Qty": "7", "Variant Grams": "350", "Image Src": "mug.webp",
        "Image Alt Text": "A blue mug", "Material (product.metafields.specs.material)": "Clay",
        **cells,
    }  # fmt: skip


def as_file(*rows):
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


@pytest.fixture
def seller(db):
    a_category("Mugs", parent=a_category("Kitchen"))
    return a_seller(trusted=True)


@pytest.fixture
def import_rows(seller, tmp_path, monkeypatch):
    """Return a function that imports rows, or a whole file, for the seller."""
    monkeypatch.setattr(operations.make_missing, "delay", lambda **_: None)
    (tmp_path / "images").mkdir()
    for number, name in enumerate(["mug.webp", "cup.webp", "jug.webp"]):
        (tmp_path / "images" / name).write_bytes(photo(width=200 + number))

    def run(*rows, data=None, **options):
        path = tmp_path / "products.csv"
        path.write_bytes(data if data is not None else as_file(*rows))
        return operations.import_file(path=path, seller_id=seller.pk, **options)

    return run
