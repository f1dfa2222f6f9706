"""Rows to products. Every fault names its row, its column and the remedy."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from django.utils.text import slugify

from cms.pages.completeness import MAX_IMAGES, MAX_TITLE, problems_of_words
from commerce.catalog.operations import MAX_VARIANTS

from . import columns as c
from .cells import MOST_DIGITS, Faults, check_cells, read_flag
from .formulas import armed
from .html import Unreadable, sanitize
from .reading import FileRefused
from .types import Checked, PictureRow, Problem, ProductRows, Row, Sheet, VariantRow
from .variants import read_variants

HANDLE = re.compile(r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$")


def check(
    sheet: Sheet,
    *,
    categories: Mapping[str, int],
    tax_classes: Sequence[str],
    foreign_skus: Mapping[str, str],
    currency: str,
    further: Sequence[str] = (),
) -> Checked:
    """Sort rows into products and find what is wrong with them.

    `categories` maps paths such as "women > tops" to pages; `foreign_skus` maps
    SKUs that exist to the handle of their product, or to "" when it is another
    seller's; `further` are the currencies beside `currency` that are sold in. Raises
    FileRefused when a column is missing.
    """
    missing = [column for column in c.REQUIRED if column not in sheet.columns]
    if missing:
        raise FileRefused(
            f"The file has no column {', '.join(f'“{column}”' for column in missing)}."
            " Add it, spelled like this, to the first row."
        )
    checked = Checked(problems=[*sheet.problems, *_unsold(sheet, currency, further)])
    labels = c.specification_labels(sheet.columns)
    seen_skus: dict[str, int] = {}
    for handle, rows in _grouped(sheet, checked).items():
        faults = Faults(handle=handle)
        if handle in sheet.broken_handles:
            faults.add(rows[0], "", "Another row of this product could not be read; mend it first.")
        check_cells(rows, faults)
        options, variants = read_variants(rows, faults, currency=currency, further=further)
        product = _product(
            handle,
            rows,
            faults,
            categories,
            tax_classes,
            labels,
            (options, variants),
            _digest(rows, further),
        )
        _check_skus(product.variants, faults, seen_skus, foreign_skus)
        checked.problems += faults.problems
        if faults.stop:
            checked.failed.add(handle)
        else:
            checked.products.append(product)
    checked.failed |= {handle for handle in sheet.broken_handles if handle}
    checked.problems.sort(key=lambda problem: problem.row)
    return checked


def _unsold(sheet: Sheet, currency: str, further: Sequence[str]) -> list[Problem]:
    """Name columns of prices in currencies that nothing is sold in; they are left out."""
    wrong = [
        column
        for column in sheet.columns
        if (named := c.currency_of(column)) and named not in further
    ]
    sold_in = ", ".join(further) or "no other currency"
    return [
        Problem(
            row=1,
            column=column,
            message=f"Prices in {currency} stand in “{c.PRICE}”. This column is left out."
            if c.currency_of(column) == currency
            else f"Beside {currency} the shop sells in {sold_in}. This column is left out.",
            stops=False,
        )
        for column in wrong
    ]


def _grouped(sheet: Sheet, checked: Checked) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in sheet.rows:
        handle = row.get(c.HANDLE)
        if HANDLE.match(handle) and len(handle) <= 120:
            groups[handle].append(row)
            continue
        suggestion = slugify(handle or row.get(c.TITLE))[:120]
        checked.problems.append(
            Problem(
                row=row.number,
                column=c.HANDLE,
                handle=handle[:120],
                message="The handle is missing or has other signs than small letters, digits and"
                " hyphens." + (f" Write “{suggestion}”." if suggestion else ""),
            )
        )
        checked.failed.add(handle)
    return dict(groups)


def _product(
    handle: str,
    rows: list[Row],
    faults: Faults,
    categories: Mapping[str, int],
    tax_classes: Sequence[str],
    labels: Mapping[str, str],
    kinds: tuple[tuple[str, ...], list[VariantRow]],
    digest: str,
) -> ProductRows:
    first = rows[0]
    title = armed(first.get(c.TITLE))
    if not title:
        faults.add(first, c.TITLE, "The title is missing. Write it in the product's first row.")
    description = _description(first, faults)
    for field, message in problems_of_words(title=title, description=description).items():
        faults.add(first, c.TITLE if field == "title" else c.BODY, message)
    tax_class = first.get(c.TAX_CODE) or "standard"
    if tax_class not in tax_classes:
        faults.add(
            first, c.TAX_CODE, f"“{tax_class}” is no tax code here. Use {', '.join(tax_classes)}."
        )
    options, variants = kinds
    pictures = _pictures(rows, variants, faults)
    if len(variants) > MAX_VARIANTS:
        faults.add(first, c.SKU, f"{len(variants)} SKUs; a product has at most {MAX_VARIANTS}.")
    return ProductRows(
        row=first.number,
        handle=handle,
        title=title[:MAX_TITLE],
        description=description,
        summary=first.get(c.SUMMARY)[:300],
        brand=armed(first.get(c.VENDOR))[:80],
        type_name=armed(first.get(c.TYPE))[:80] or "General",
        tax_class=tax_class,
        category_id=_category(first, categories, faults),
        status=_status(first, faults),
        options=options,
        specifications=tuple(
            (label, armed(value))
            for column, label in labels.items()
            if (value := first.get(column))
        ),
        variants=variants,
        pictures=pictures,
        seo_title=first.get(c.SEO_TITLE)[:255],
        seo_description=first.get(c.SEO_DESCRIPTION),
        digest=digest,
    )


def _description(row: Row, faults: Faults) -> str:
    try:
        return sanitize(row.get(c.BODY))
    except Unreadable as problem:
        faults.add(row, c.BODY, str(problem))
        return ""


def _category(row: Row, categories: Mapping[str, int], faults: Faults) -> int | None:
    path = row.get(c.CATEGORY)
    if not path:
        faults.add(
            row,
            c.CATEGORY,
            "Without a category the product stays a draft. Give one, such as “Women > Tops”.",
            stops=False,
        )
        return None
    key = category_key(path)
    if key in categories:
        return categories[key]
    close = get_close_matches(key, categories, n=1, cutoff=0.5)
    hint = (
        f" Did you mean “{' > '.join(p.title() for p in close[0].split(' > '))}”?" if close else ""
    )
    faults.add(row, c.CATEGORY, f"There is no category “{path}”.{hint}")
    return None


def category_key(path: str) -> str:
    """Return a category's path as it is compared: small letters, one way of spacing."""
    return " > ".join(" ".join(part.split()).lower() for part in path.split(">"))


def _status(row: Row, faults: Faults) -> str:
    """Return active, draft or archived."""
    status = row.get(c.STATUS).lower() or "active"
    if status not in ("active", "draft", "archived"):
        faults.add(row, c.STATUS, f"“{status}” is no status. Use active, draft or archived.")
    if status == "active" and not read_flag(row.get(c.PUBLISHED), default=True):
        return "draft"
    return status


def _pictures(rows: list[Row], variants: Sequence[VariantRow], faults: Faults) -> list[PictureRow]:
    """Return pictures in order, each with the option its variants share."""
    found: dict[str, tuple[int, int, Row]] = {}
    for index, row in enumerate(rows):
        if source := row.get(c.IMAGE):
            position = row.get(c.IMAGE_POSITION)
            is_number = position.isdecimal() and len(position) <= MOST_DIGITS
            rank = int(position) if is_number else 10_000
            found.setdefault(source, (rank, index, row))
    for variant in variants:
        if variant.picture and variant.picture not in found:
            row = next(row for row in rows if row.number == variant.row)
            found[variant.picture] = (20_000, variant.row, row)
    ordered = sorted(found.items(), key=lambda item: item[1][:2])
    if len(ordered) > MAX_IMAGES:
        faults.add(
            rows[0],
            c.IMAGE,
            f"{len(ordered)} pictures; a product has at most {MAX_IMAGES}. Keep the best of them.",
        )
        ordered = ordered[:MAX_IMAGES]
    return [
        PictureRow(
            row=row.number,
            source=source,
            alt=armed(row.get(c.IMAGE_ALT))[:200] if row.get(c.IMAGE) == source else "",
            option_value=_shared_option(source, variants),
        )
        for source, (_, _, row) in ordered
    ]


def _shared_option(source: str, variants: Sequence[VariantRow]) -> str:
    """Return the option value all variants with this picture have and some others have not."""
    showing = [variant.option_values for variant in variants if variant.picture == source]
    if not showing:
        return ""
    for axis, value in enumerate(showing[0]):
        here = {values[axis] for values in showing}
        everywhere = {variant.option_values[axis] for variant in variants}
        if here == {value} and len(everywhere) > 1:
            return value[:60]
    return ""


def _check_skus(
    variants: Sequence[VariantRow],
    faults: Faults,
    seen: dict[str, int],
    foreign: Mapping[str, str],
) -> None:
    for variant in variants:
        if variant.sku in seen:
            message = (
                f"SKU {variant.sku} stands in row {seen[variant.sku]} already."
                " Give every variant its own."
            )
            faults.add_at(variant.row, c.SKU, message)
        elif foreign.get(variant.sku, faults.handle) != faults.handle:
            owner = foreign[variant.sku]
            whose = f"your product “{owner}”" if owner else "another shop's product"
            faults.add_at(
                variant.row, c.SKU, f"SKU {variant.sku} belongs to {whose}. Choose another."
            )
        if variant.sku:
            seen.setdefault(variant.sku, variant.row)


def _digest(rows: list[Row], further: Sequence[str]) -> str:
    """Return what is the same while a product's rows say the same. Prices in a currency count
    from the day it is sold in: then the same file is news."""
    cells = [
        {
            key: value
            for key, value in row.cells.items()
            if value.strip() and ((named := c.currency_of(key)) == "" or named in further)
        }
        for row in rows
    ]
    text = json.dumps(cells, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()
