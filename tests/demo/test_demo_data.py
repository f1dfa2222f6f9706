"""The demo marketplace's files keep what the importer and the pages expect of them."""

import csv
import html
import json
import re
from collections import Counter, defaultdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

DEMO = Path(__file__).resolve().parents[2] / "demo"
SELLERS = json.loads((DEMO / "sellers.json").read_text(encoding="utf-8"))
CATEGORIES = json.loads((DEMO / "categories.json").read_text(encoding="utf-8"))
CONTENT = json.loads((DEMO / "content.json").read_text(encoding="utf-8"))
SLUGS = [seller["slug"] for seller in SELLERS]
ALLOWED_TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "h3", "h4"}
MEGABYTE = 1024 * 1024


@cache
def rows(slug: str) -> list[dict[str, str]]:
    with (DEMO / slug / "products.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@cache
def products(slug: str) -> dict[str, list[dict[str, str]]]:
    grouped = defaultdict(list)
    for row in rows(slug):
        grouped[row["Handle"]].append(row)
    return grouped


def every_product():
    for slug in SLUGS:
        for handle, group in products(slug).items():
            yield slug, handle, group


def variants():
    for slug in SLUGS:
        for row in rows(slug):
            if row["Variant SKU"]:
                yield slug, row


def leaves() -> list[str]:
    return [
        leaf["path"]
        for primary in CATEGORIES
        for secondary in primary["children"]
        for leaf in secondary["children"]
    ]


def paths() -> set[str]:
    above = {primary["path"] for primary in CATEGORIES}
    above |= {child["path"] for primary in CATEGORIES for child in primary["children"]}
    return above | set(leaves())


def walk(value: Any):
    """Yield every dict of the content, at any depth."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from walk(item)


def test_there_is_enough_of_everything():
    count = Counter()
    for slug in SLUGS:
        count["products"] += len(products(slug))
        if slug != "margin-notes":  # its covers are drawn
            count["photographs"] += len({row["Image Src"] for row in rows(slug)} - {""})
    count["skus"] = sum(1 for _ in variants())

    assert len(SELLERS) >= 5
    assert count["products"] >= 400
    assert count["skus"] >= 2000
    assert count["photographs"] >= 900


def test_all_of_it_is_smaller_than_forty_megabytes():
    size = sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file())

    assert size < 40 * MEGABYTE


@pytest.mark.parametrize("slug", SLUGS)
def test_every_picture_of_a_seller_opens_and_is_used(slug):
    used = {row["Image Src"] for row in rows(slug)} | {row["Variant Image"] for row in rows(slug)}
    found = {path.name: path for path in (DEMO / slug / "images").iterdir()}

    assert used - {""} == set(found)
    for path in found.values():
        assert path.stat().st_size < 5 * MEGABYTE
        with Image.open(path) as image:
            assert image.format in {"WEBP", "JPEG", "PNG"}
            assert 300 <= max(image.size) <= 1200


def test_every_picture_of_a_page_opens_and_is_used():
    named = {seller[key] for seller in SELLERS for key in ("logo", "hero")}
    for category in walk(CATEGORIES):
        named |= {category[key] for key in ("hero", "tile") if key in category}
    named |= {item["file"] for item in walk(CONTENT) if "file" in item}
    found = {
        str(path.relative_to(DEMO / "images")): path
        for path in (DEMO / "images").rglob("*")
        if path.is_file()
    }

    assert named == set(found)
    for path in found.values():
        with Image.open(path) as image:
            assert min(image.size) >= 400


def test_skus_and_handles_are_unique_over_all_sellers():
    skus = Counter(row["Variant SKU"] for _, row in variants())
    handles = Counter(handle for _, handle, _ in every_product())

    assert not [sku for sku, times in skus.items() if times > 1]
    assert not [handle for handle, times in handles.items() if times > 1]


def test_every_product_is_in_a_category_and_every_category_has_a_product():
    used = {group[0]["Product Category"] for _, _, group in every_product()}

    assert used == set(leaves())


def test_the_category_tree_has_three_levels_and_words():
    assert len(CATEGORIES) <= 20
    assert len(leaves()) == len(set(leaves()))
    for primary in CATEGORIES:
        assert primary["hero_alt"]
        assert primary["tile_alt"]
        assert primary["intro"]
        for secondary in primary["children"]:
            assert secondary["intro"]
            assert secondary["path"] == f"{primary['name']} > {secondary['name']}"
            assert secondary["children"]


def test_every_picture_is_described():
    for slug in SLUGS:
        for row in rows(slug):
            alt = row["Image Alt Text"]
            if row["Image Src"]:
                assert 8 <= len(alt) <= 200, row["Handle"]
                assert not re.search(r"\.(webp|jpe?g|png)$", alt)
                assert alt != Path(row["Image Src"]).stem
    assert all(seller["logo_alt"] and seller["hero_alt"] for seller in SELLERS)
    assert all(item["alt"] for item in walk(CONTENT) if "file" in item)


def test_option_values_are_complete_and_unique_within_a_product():
    for _, handle, group in every_product():
        names = [group[0][f"Option{n} Name"] for n in (1, 2, 3)]
        combinations = []
        for row in group:
            if row["Variant SKU"]:
                values = tuple(row[f"Option{n} Value"] for n in (1, 2, 3))
                assert [bool(value) for value in values] == [bool(name) for name in names], handle
                combinations.append(values)
        assert len(combinations) == len(set(combinations)) <= 500, handle


def test_prices_stock_and_weights_make_sense():
    for _, row in variants():
        price = Decimal(row["Variant Price"])
        assert price > 0
        if row["Variant Compare At Price"]:
            assert Decimal(row["Variant Compare At Price"]) > price, row["Variant SKU"]
        assert int(row["Variant Inventory Qty"]) >= 0
        assert 20 <= int(row["Variant Grams"]) <= 20_000, row["Variant SKU"]
        assert row["Variant Tax Code"] in {"standard", "books", "food"}


def test_some_variants_are_sold_out_and_some_are_scarce():
    stock = [int(row["Variant Inventory Qty"]) for _, row in variants()]

    assert 0.02 < stock.count(0) / len(stock) < 0.1
    assert sum(1 <= left <= 4 for left in stock) > 50


def test_titles_and_descriptions_keep_the_importers_limits():
    for _, handle, group in every_product():
        first = group[0]
        body = first["Body (HTML)"]
        text = html.unescape(re.sub(r"<[^>]+>", " ", body)).strip()
        assert 3 <= len(first["Title"]) <= 100, handle
        assert 60 <= len(text) <= 2000, handle
        assert set(re.findall(r"</?([a-z0-9]+)", body)) <= ALLOWED_TAGS, handle
        assert 1 <= sum(bool(row["Image Src"]) for row in group) <= 10, handle
        assert first["Vendor"]
        assert 30 <= len(first["SEO Description"]) <= 160, handle
        assert [row["Title"] for row in group[1:]] == [""] * (len(group) - 1)


def test_sellers_can_be_met_and_ship():
    carriers = {row["code"] for row in reference("carriers.csv")}
    for seller in SELLERS:
        assert seller["email"].endswith("example.com")
        assert len(seller["story"]) >= 2
        assert len(seller["tagline"]) <= 120
        assert 0 < seller["commission_bps"] < 10_000
        assert isinstance(seller["trusted"], bool)
        assert any("US" in method["countries"] for method in seller["shipping_methods"])
        for method in seller["shipping_methods"]:
            assert method["carrier"] in carriers
            assert method["price_minor"] > 0
            assert method["min_days"] <= method["max_days"]


def test_every_shipped_parcel_can_be_taxed():
    rates = {(row["country"], row["tax_class"]) for row in reference("tax_rates.csv")}
    countries = {
        country
        for seller in SELLERS
        for method in seller["shipping_methods"]
        for country in method["countries"]
    }

    assert {(country, "standard") for country in countries} <= rates


def test_rates_are_named_once_and_are_shares():
    table = reference("tax_rates.csv")
    places = [(row["country"], row["region"], row["tax_class"]) for row in table]

    assert len(places) == len(set(places))
    assert all(0 <= int(row["rate_bps"]) <= 3000 for row in table)
    assert all(len(row["name"]) <= 40 for row in table)


def test_what_pages_point_at_exists():
    handles = {handle for _, handle, _ in every_product()}
    landing = {page["slug"] for page in CONTENT["landing_pages"]}
    content = {page["slug"] for page in CONTENT["content_pages"]}
    for item in walk(CONTENT):
        assert item.get("category", CATEGORIES[0]["path"]) in paths()
        assert item.get("seller", SLUGS[0]) in SLUGS
        assert set(item.get("sellers", [])) <= set(SLUGS)
        assert set(item.get("products", [])) <= handles
        if isinstance(item.get("landing"), str):
            assert item["landing"] in landing
        if isinstance(item.get("content"), str):
            assert item["content"] in content


def test_reviews_belong_to_products():
    handles = set(products("tidemark"))
    lines = (DEMO / "reviews.jsonl").read_text(encoding="utf-8").splitlines()
    reviews = [json.loads(line) for line in lines]

    assert len(reviews) >= 300
    assert {review["handle"] for review in reviews} <= handles
    assert all(1 <= review["rating"] <= 5 and review["text"] for review in reviews)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_source_brings_its_license(slug):
    assert list((DEMO / slug).glob("LICENSE*"))
    assert f"demo/{slug}" in (DEMO.parent / "NOTICE.md").read_text(encoding="utf-8")


def reference(name: str) -> list[dict[str, str]]:
    with (DEMO / "reference" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
