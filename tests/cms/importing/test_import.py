"""Whole files through the engine, onto real tables."""

import pytest

from cms.importing import running
from cms.importing.models import ImportJob, ImportProblem
from cms.media.models import ShopImage
from cms.pages.models import ProductPage
from cms.selling.models import Workspace
from commerce.catalog import queries as catalog
from commerce.catalog.models import Listing, Product, Variant
from commerce.fulfillment.queries import customs_of
from commerce.fulfillment.types import CustomsItemData
from commerce.inventory import queries as inventory
from commerce.pricing.models import Price
from tests.cms.bridge.shelf import a_product, a_seller

from .conftest import mug

pytestmark = pytest.mark.django_db


CUSTOMS = {
    "Variant Customs Description": "Stoneware  mug", "Variant HS Code": "6912.00",
    "Variant Country of Origin": "pt", "Variant Customs Value": "4.50",
}  # fmt: skip


def counts(job):
    return (job.created, job.updated, job.unchanged, job.failed)


def problems(job):
    return [
        (problem.row, problem.column, problem.handle, problem.stops_product)
        for problem in job.problems.order_by("row", "pk")
    ]


def test_a_product_arrives_whole_and_live(import_rows, seller):
    job = import_rows(mug(**{"Variant Compare At Price": "15.00"}))

    assert (job.state, counts(job), problems(job)) == ("done", (1, 0, 0, 0), [])
    product = Product.objects.get()
    assert (product.handle, product.name, product.specifications) == (
        "mug",
        "Blue mug",
        [["Material", "Clay"]],
    )
    variant = Variant.objects.get()
    price = Price.objects.get()
    assert (variant.sku, variant.weight_grams) == ("M-1", 350)
    assert (price.amount_minor, price.compare_at_minor) == (1200, 1500)
    assert inventory.available(variant_ids=[variant.pk])[variant.pk].available == 7
    listing = Listing.objects.get()
    assert (listing.title, listing.path, listing.is_live) == (
        "Blue mug",
        "/sellers/acme/mug/",
        True,
    )
    page = ProductPage.objects.get()
    assert page.description == "<p>Turned by hand.</p>"
    assert [(entry.alt, entry.image.collection_id) for entry in page.gallery.all()] == [
        ("A blue mug", Workspace.objects.get().collection_id)
    ]


def test_a_repeat_changes_nothing_and_costs_little(import_rows, django_assert_max_num_queries):
    import_rows(mug())
    before = (ShopImage.objects.count(), ProductPage.objects.get().latest_revision_id)

    with django_assert_max_num_queries(32):
        job = import_rows(mug())

    assert counts(job) == (0, 0, 1, 0)
    assert (ShopImage.objects.count(), ProductPage.objects.get().latest_revision_id) == before


def test_a_changed_row_updates_in_place(import_rows):
    import_rows(mug())

    job = import_rows(mug(**{"Title": "Navy mug", "Variant Price": "13.50"}))

    assert counts(job) == (0, 1, 0, 0)
    assert Product.objects.count() == ProductPage.objects.count() == 1
    assert (Listing.objects.get().title, Price.objects.get().amount_minor) == ("Navy mug", 1350)
    assert ShopImage.objects.count() == 1


def test_variants_become_options_and_pictures_follow_them(import_rows):
    import_rows(
        mug(**{"Option1 Name": "Color", "Option1 Value": "Blue", "Variant Image": "mug.webp"}),
        {"Handle": "mug", "Option1 Value": "Red", "Variant SKU": "M-2", "Variant Price": "12.00",
         "Image Src": "cup.webp", "Image Alt Text": "A red mug", "Variant Image": "cup.webp"},
    )  # fmt: skip

    product = Product.objects.get()
    variants = catalog.variants_of(product_ids=[product.pk])[product.pk]
    assert (product.options, [variant.option_values for variant in variants]) == (
        ["Color"],
        [["Blue"], ["Red"]],
    )
    gallery = ProductPage.objects.get().gallery.all()
    assert [(entry.alt, entry.option_value) for entry in gallery] == [
        ("A blue mug", "Blue"),
        ("A red mug", "Red"),
    ]


def test_a_dry_run_tells_everything_and_writes_nothing(import_rows):
    job = import_rows(
        mug(),
        mug(Handle="cup", **{"Variant SKU": "C-1", "Variant Price": "-3", "Image Src": "no.webp"}),
        dry_run=True,
    )

    assert (job.state, counts(job)) == ("done", (1, 0, 0, 1))
    assert problems(job) == [(3, "Variant Price", "cup", True)]
    assert (Product.objects.count(), ProductPage.objects.count(), Listing.objects.count()) == (
        0,
        0,
        0,
    )


def test_an_interrupted_import_goes_on_where_it_stopped(import_rows, tmp_path, seller):
    rows = [mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(4)]

    class Killed(BaseException):
        pass

    def kill(job):
        if job.next_product == 2:
            raise Killed

    with pytest.raises(Killed):
        import_rows(*rows, on_progress=kill)
    assert Product.objects.count() == 2

    done = []
    job = import_rows(*rows, on_progress=lambda job: done.append(job.next_product))

    assert (done, job.state, counts(job)) == ([3, 4], "done", (4, 0, 0, 0))
    assert ImportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("fault", "column", "words"),
    [
        ({"Variant Price": "-12.00"}, "Variant Price", "negative"),
        ({"Variant Price": "0"}, "Variant Price", "zero"),
        ({"Variant Price": "99999999"}, "Variant Price", "above 1,000,000"),
        ({"Variant Price": "12,50"}, "Variant Price", "no price"),
        ({"Variant Price": "12.505"}, "Variant Price", "more than 2 decimals"),
        ({"Variant Price": ""}, "Variant Price", "price is missing"),
        ({"Variant SKU": ""}, "Variant SKU", "SKU is missing"),
        ({"Title": ""}, "Title", "title is missing"),
        ({"Title": "x" * 101}, "Title", "Shorten the title"),
        ({"Title": "=HYPERLINK(1)"}, "Title", "formula"),
        ({"Body (HTML)": "x" * 2001}, "Body (HTML)", "Shorten the description"),
        ({"Body (HTML)": "<p>x" * 2001}, "Body (HTML)", "too much HTML"),
        ({"Product Category": "Kitchen > Mgs"}, "Product Category", "Kitchen > Mugs"),
        ({"Variant Inventory Qty": "-4"}, "Variant Inventory Qty", "0 or more"),
        ({"Variant Inventory Qty": "9" * 5000}, "Variant Inventory Qty", "no count"),
        ({"Variant Grams": "heavy"}, "Variant Grams", "whole number"),
        ({"Handle": "Blue Mug"}, "Handle", "blue-mug"),
        (CUSTOMS | {"Variant HS Code": "69"}, "Variant HS Code", "6, 8 or 10 digits"),
        (CUSTOMS | {"Variant HS Code": ""}, "Variant HS Code", "6, 8 or 10 digits"),
        (CUSTOMS | {"Variant HS Code": "９" * 6}, "Variant HS Code", "6, 8 or 10 digits"),
        (CUSTOMS | {"Variant Customs Description": "1"}, "Variant Customs Description", "what it"),
        (
            CUSTOMS | {"Variant Customs Description": "=Mugs"},
            "Variant Customs Description",
            "formula",
        ),
        (
            CUSTOMS | {"Variant Country of Origin": "Portugal"},
            "Variant Country of Origin",
            "two letters",
        ),
        (CUSTOMS | {"Variant Customs Value": "0"}, "Variant Customs Value", "above zero"),
        (CUSTOMS | {"Variant Customs Value": "cheap"}, "Variant Customs Value", "no price"),
        ({"Variant Customs Value": "3.00"}, "Variant HS Code", "6, 8 or 10 digits"),
        ({"Status": "sold"}, "Status", "active, draft or archived"),
    ],
)
def test_a_bad_product_is_named_and_the_good_one_arrives(import_rows, fault, column, words):
    job = import_rows(
        mug(Handle="cup", **{"Variant SKU": "C-1", "Image Src": "cup.webp"}), mug(**fault)
    )

    assert (job.created, job.failed) == (1, 1)
    assert Product.objects.get().handle == "cup"
    (problem,) = job.problems.all()
    assert (problem.row, problem.column, problem.stops_product) == (3, column, True)
    assert words in problem.message


def test_customs_are_told_what_the_file_says_and_keep_it_when_it_says_nothing(import_rows):
    import_rows(mug(**CUSTOMS))
    told = CustomsItemData(
        description="Stoneware mug", hs_code="691200", origin_country="PT", value_minor=450
    )
    variant = Variant.objects.get()
    assert customs_of(variant_ids=[variant.pk]) == {variant.pk: told}

    import_rows(mug(Title="Green mug"))
    assert customs_of(variant_ids=[variant.pk]) == {variant.pk: told}

    import_rows(mug(**CUSTOMS, Title="Red mug") | {"Variant Customs Value": ""})
    assert customs_of(variant_ids=[variant.pk])[variant.pk].value_minor is None


def test_a_sku_twice_in_the_file_stops_the_second(import_rows):
    job = import_rows(mug(), mug(Handle="cup"))

    assert problems(job) == [(3, "Variant SKU", "cup", True)]
    assert "row 2" in job.problems.get().message


def test_a_sku_of_another_seller_is_refused_without_naming_it(import_rows):
    a_product(a_seller("Other"), handle="mug")

    job = import_rows(mug(**{"Variant SKU": "OTHER-MUG"}))

    assert problems(job) == [(2, "Variant SKU", "mug", True)]
    assert "another shop's product" in job.problems.get().message


def test_a_hundred_and_one_pictures_are_too_many(import_rows):
    rows = [{"Handle": "mug", "Image Src": f"{n}.webp"} for n in range(100)]

    job = import_rows(mug(), *rows)

    assert problems(job) == [(2, "Image Src", "mug", True)]
    assert "101 pictures" in job.problems.get().message


def test_a_picture_that_is_none_costs_only_itself(import_rows, tmp_path):
    (tmp_path / "images" / "mug.webp").write_bytes(b"<script>alert(1)</script>")

    job = import_rows(mug(), {"Handle": "mug", "Image Src": "cup.webp", "Image Alt Text": "Red"})

    assert problems(job) == [(2, "Image Src", "mug", False)]
    assert "not a picture" in job.problems.get().message
    assert [entry.alt for entry in ProductPage.objects.get().gallery.all()] == ["Red"]


@pytest.mark.parametrize("source", ["../products.csv", "/etc/passwd", "missing.webp"])
def test_pictures_come_from_the_folder_alone(import_rows, source):
    job = import_rows(mug(**{"Image Src": source}))

    assert "no picture" in job.problems.order_by("pk")[0].message
    assert Product.objects.count() == 1
    assert not ProductPage.objects.get().live


def test_pictures_are_not_fetched_unless_allowed(import_rows):
    job = import_rows(mug(**{"Image Src": "https://example.org/mug.jpg"}))

    assert "not fetched" in job.problems.order_by("pk")[0].message


def test_an_incomplete_product_stays_a_draft_and_says_what_it_lacks(import_rows):
    job = import_rows(mug(**{"Product Category": "", "Image Src": ""}))

    assert counts(job) == (1, 0, 0, 0)
    assert not ProductPage.objects.get().live
    assert "category" in " ".join(problem.message for problem in job.problems.all())
    assert not any(problem.stops_product for problem in job.problems.all())


def test_a_draft_in_the_file_is_not_published_and_taken_down_again(import_rows):
    import_rows(mug())
    import_rows(mug(Status="draft"))

    assert not ProductPage.objects.get().live
    assert not Listing.objects.get().is_live


def test_a_file_without_a_needed_column_is_refused_by_name(import_rows):
    job = import_rows(data=b"Handle,Title,Variant SKU\nmug,Mug,M-1\n")

    assert job.state == "refused"
    assert "“Variant Price”" in job.refusal


def test_what_happens_to_one_product_does_not_stop_the_next(import_rows, monkeypatch):
    real = running.apply

    def fail_for_mug(product, **rest):
        applied = real(product, **rest)
        if product.handle == "mug":
            raise RuntimeError("disk full")
        return applied

    monkeypatch.setattr(running, "apply", fail_for_mug)
    job = import_rows(mug(), mug(Handle="cup", **{"Variant SKU": "C-1"}))

    assert counts(job) == (1, 0, 0, 1)
    assert Product.objects.get().handle == "cup"
    assert "disk full" in ImportProblem.objects.get().message
