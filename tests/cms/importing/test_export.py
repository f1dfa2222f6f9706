import csv
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.importing.exporting import export
from cms.importing.formulas import is_formula
from cms.importing.models import ImportedImage
from cms.media.models import ShopImage
from cms.pages.models import ProductPage
from commerce.catalog.models import Product, Variant
from commerce.fulfillment.models import CustomsItem
from commerce.inventory.models import Stock
from commerce.pricing.models import Price
from tests.cms.bridge.shelf import a_product, a_seller

from .conftest import mug

pytestmark = pytest.mark.django_db


def exported(seller, **options):
    output = io.StringIO()
    export(seller_id=seller.pk, output=output, **options)
    return output.getvalue()


def everything():
    """Return all that a shopper or seller could see of the seller's products."""
    return {
        "products": list(
            Product.objects.order_by("handle").values_list(
                "handle", "name", "brand", "options", "specifications", "state", "type__tax_class"
            )
        ),
        "prices": list(
            Price.objects.order_by("variant__sku").values_list(
                "variant__sku", "variant__option_values", "variant__weight_grams",
                "variant__barcode", "variant__is_active", "amount_minor", "compare_at_minor",
            )
        ),
        "stock": sorted(Stock.objects.values_list("variant__sku", "on_hand")),
        "pages": [
            (page.slug, page.title, page.description, page.summary, page.live, page.seo_title,
             list(page.categories.values_list("title", flat=True)),
             [(e.image_id, e.alt, e.option_value) for e in page.gallery.all()])
            for page in ProductPage.objects.order_by("slug")
        ],
        "customs": sorted(
            CustomsItem.objects.values_list(
                "variant__sku", "description", "hs_code", "origin_country", "value_minor"
            )
        ),
        "pictures": ShopImage.objects.count(),
    }  # fmt: skip


ROWS = [
    mug(**{"Option1 Name": "Color", "Option1 Value": "Blue", "Variant Image": "mug.webp",
           "Variant Compare At Price": "15.50", "Vendor": "Kiln, Ltd",
           "Variant Customs Description": "Stoneware mug", "Variant HS Code": "6912.00",
           "Variant Country of Origin": "PT", "Variant Customs Value": "4.50"}),
    {"Handle": "mug", "Option1 Value": "Red", "Variant SKU": "M-2", "Variant Price": "12.00",
     "Variant Customs Description": "Stoneware mug", "Variant HS Code": "691200",
     "Variant Country of Origin": "PT",
     "Variant Inventory Qty": "0", "Image Src": "cup.webp", "Image Alt Text": "A red mug",
     "Variant Image": "cup.webp"},
    {"Handle": "mug", "Image Src": "jug.webp", "Image Alt Text": "From above"},
    mug(Handle="jug", **{"Variant SKU": "J-1", "Variant Price": "30.00", "Status": "draft",
                         "Image Src": "jug.webp", "Body (HTML)": "<p>A <b>jug</b></p>"}),
    mug(Handle="old-mug", **{"Variant SKU": "O-1", "Status": "archived"}),
]  # fmt: skip


def test_what_is_exported_is_read_back_unchanged(import_rows, seller):
    import_rows(*ROWS)
    before = everything()
    revisions = list(ProductPage.objects.order_by("pk").values_list("latest_revision", flat=True))

    job = import_rows(data=exported(seller).encode())

    assert (job.state, job.failed, job.problems.count()) == ("done", 0, 0)
    assert everything() == before
    assert len(before["customs"]) == 2
    assert revisions == list(
        ProductPage.objects.order_by("pk").values_list("latest_revision", flat=True)
    )


def test_a_second_export_is_the_same_file(import_rows, seller):
    import_rows(*ROWS)
    first = exported(seller)
    import_rows(data=first.encode())

    assert exported(seller) == first


def test_with_a_folder_another_shop_can_read_it(import_rows, seller, tmp_path):
    import_rows(*ROWS)
    before = everything()
    text = exported(seller, images=tmp_path / "out")
    ImportedImage.objects.all().delete()

    job = import_rows(data=text.encode(), images=tmp_path / "out")

    assert (job.failed, job.problems.count()) == (0, 0)
    assert everything() == before


def test_formulas_that_were_typed_in_the_admin_are_disarmed(import_rows, seller):
    import_rows(mug())
    page = ProductPage.objects.get()
    page.title = "=SUM(A1)"
    page.save_revision().publish()

    (row,) = csv.DictReader(io.StringIO(exported(seller)))

    assert row["Title"] == "'=SUM(A1)"


def test_no_cell_is_a_formula_not_even_a_heading_or_a_barcode(import_rows, seller, tmp_path):
    import_rows(mug())
    formula = '=HYPERLINK("https://evil.example")'
    Variant.objects.update(barcode=formula)
    Product.objects.update(specifications=[[formula, formula]])
    before = everything()

    text = exported(seller)

    assert not any(is_formula(cell) for row in csv.reader(io.StringIO(text)) for cell in row)
    import_rows(data=text.encode())
    assert everything() == before


def test_what_a_file_cannot_say_is_left_out_and_named(seller, capsys):
    a_product(seller, handle="priceless", price=None)
    a_product(a_seller("Other"), handle="not-mine")

    call_command("export_products", seller=seller.slug)

    said = capsys.readouterr()
    assert "priceless" in said.err
    assert "not-mine" not in said.out + said.err


def test_the_number_of_statements_does_not_grow_with_products(import_rows, seller):
    counts = []
    for number in (1, 3):
        import_rows(*[mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(number)])
        exported(seller)  # warm
        with CaptureQueriesContext(connection) as captured:
            exported(seller)
        counts.append(len(captured))

    assert counts[0] == counts[1]
