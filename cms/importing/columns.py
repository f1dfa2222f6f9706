"""The columns of Shopify's product file that we read and write, and some of our own."""

import re
from collections.abc import Iterable

from .formulas import armed, disarmed

HANDLE = "Handle"
TITLE = "Title"
BODY = "Body (HTML)"
VENDOR = "Vendor"
CATEGORY = "Product Category"
TYPE = "Type"
PUBLISHED = "Published"
OPTION_NAMES = ("Option1 Name", "Option2 Name", "Option3 Name")
OPTION_VALUES = ("Option1 Value", "Option2 Value", "Option3 Value")
SKU = "Variant SKU"
GRAMS = "Variant Grams"
QUANTITY = "Variant Inventory Qty"
PRICE = "Variant Price"
COMPARE_AT = "Variant Compare At Price"
BARCODE = "Variant Barcode"
IMAGE = "Image Src"
IMAGE_POSITION = "Image Position"
IMAGE_ALT = "Image Alt Text"
SEO_TITLE = "SEO Title"
SEO_DESCRIPTION = "SEO Description"
SUMMARY = "Summary (product.metafields.stoa.summary)"
CUSTOMS_DESCRIPTION = "Variant Customs Description"
HS_CODE = "Variant HS Code"
ORIGIN = "Variant Country of Origin"
CUSTOMS_VALUE = "Variant Customs Value"
CUSTOMS = (CUSTOMS_DESCRIPTION, HS_CODE, ORIGIN, CUSTOMS_VALUE)
VARIANT_IMAGE = "Variant Image"
TAX_CODE = "Variant Tax Code"
STATUS = "Status"

REQUIRED = (HANDLE, TITLE, SKU, PRICE)
WRITTEN = (
    HANDLE, TITLE, BODY, VENDOR, CATEGORY, TYPE, PUBLISHED,
    OPTION_NAMES[0], OPTION_VALUES[0], OPTION_NAMES[1], OPTION_VALUES[1],
    OPTION_NAMES[2], OPTION_VALUES[2],
    SKU, GRAMS, QUANTITY, PRICE, COMPARE_AT, BARCODE, *CUSTOMS,
    IMAGE, IMAGE_POSITION, IMAGE_ALT, SEO_TITLE, SEO_DESCRIPTION, SUMMARY,
    VARIANT_IMAGE, TAX_CODE, STATUS,
)  # fmt: skip

_PRICE_IN = re.compile(rf"^({PRICE}|{COMPARE_AT}) ([A-Z]{{3}})$")
_METAFIELD = re.compile(r"^(?P<label>.+) \(product\.metafields\.[\w.-]+\)$")


def price_in(currency: str) -> str:
    """Return the column of prices in a currency beside the base currency."""
    return f"{PRICE} {currency}"


def compare_at_in(currency: str) -> str:
    """Return the column of what those prices are compared with."""
    return f"{COMPARE_AT} {currency}"


def currency_of(column: str) -> str:
    """Return what a column of prices is in, when it names that; else ""."""
    match = _PRICE_IN.match(column)
    return match[2] if match else ""


def specification_labels(columns: Iterable[str]) -> dict[str, str]:
    """Return the columns that hold specifications, with what shoppers read."""
    found = {}
    for column in columns:
        match = _METAFIELD.match(column)
        if match and column != SUMMARY:
            found[column] = armed(match["label"])
    return found


def specification_column(label: str) -> str:
    """Return the column a specification is written to."""
    key = re.sub(r"\W+", "_", label.lower()).strip("_") or "value"
    return disarmed(f"{label} (product.metafields.specs.{key})")
