"""Carriers and tax rates."""

import csv
from pathlib import Path

from commerce.fulfillment import operations as fulfillment
from commerce.pricing import operations as pricing


def load(folder: Path) -> None:
    """Add carriers and tax rates, or correct them."""
    for row in _rows(folder / "carriers.csv"):
        fulfillment.add_carrier(
            code=row["code"],
            name=row["name"],
            tracking_url=row["tracking_url_template"],
            phone=row["phone"],
        )
    for row in _rows(folder / "tax_rates.csv"):
        pricing.set_tax_rate(
            country=row["country"],
            region=row["region"],
            tax_class=row["tax_class"],
            name=row["name"],
            rate_bps=int(row["rate_bps"]),
        )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
