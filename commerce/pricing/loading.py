"""Tax rates by place from a file: what is missing is added, what staff keep is left alone."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from .models import TaxRate

RATES_FILE = Path(__file__).parent / "data" / "tax_rates.csv"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    added: int
    changed: int
    different: tuple[str, ...]
    """What the file says otherwise and was left as it is."""


class BadFile(ValueError):
    """A line of the file cannot be read; str() names it."""


@transaction.atomic
def load_tax_rates(
    *, path: Path = RATES_FILE, replace: bool = False, if_empty: bool = False
) -> Loaded:
    """Read rates from a CSV file with country, region, tax_class, rate_bps and name.

    Rates that are kept already stay unless `replace`; with `if_empty`, nothing is added
    beside them, as what is missing may have been deleted. All or nothing; raises BadFile.
    """
    if if_empty and TaxRate.objects.exists():
        return Loaded(added=0, changed=0, different=())
    with path.open(newline="", encoding="utf-8") as file:
        wanted = {(row.country, row.region, row.tax_class): row for row in _rows(file)}
    known = {
        (row.country, row.region, row.tax_class): row
        for row in TaxRate.objects.select_for_update().order_by("pk")
    }
    TaxRate.objects.bulk_create([row for key, row in wanted.items() if key not in known])
    other = [
        (known[key], row)
        for key, row in wanted.items()
        if key in known and known[key].rate_bps != row.rate_bps
    ]
    if replace:
        for old, new in other:
            old.rate_bps, old.name = new.rate_bps, new.name
        TaxRate.objects.bulk_update([old for old, _ in other], ["rate_bps", "name"])
    return Loaded(
        added=len(wanted.keys() - known.keys()),
        changed=len(other) if replace else 0,
        different=()
        if replace
        else tuple(f"{old}: {old.rate_bps} kept, file {new.rate_bps}" for old, new in other),
    )


def _rows(file: Iterable[str]) -> Iterable[TaxRate]:
    for number, row in enumerate(csv.DictReader(file), start=2):
        try:
            rate = TaxRate(
                country=row["country"],
                region=row["region"],
                tax_class=row["tax_class"],
                name=row["name"],
                rate_bps=int(row["rate_bps"]),
            )
            rate.clean_fields()
        except (KeyError, TypeError, ValueError) as error:
            raise BadFile(f"line {number} cannot be read: {error}") from error
        except ValidationError as error:
            raise BadFile(f"line {number}: {' '.join(error.messages)}") from error
        yield rate
