"""The shops: people, terms, ways to send parcels, pages and goods."""

import html
from datetime import time
from typing import Any

from django.conf import settings

from cms.selling import operations as selling
from commerce.accounts.types import AddressData
from commerce.fulfillment import operations as fulfillment
from commerce.inventory import operations as inventory
from commerce.sellers import operations as sellers
from commerce.sellers import queries as seller_queries

from . import accounts
from .pictures import PageImages

CLOCKS = {
    "US": "America/New_York", "SE": "Europe/Stockholm", "DE": "Europe/Berlin",
    "PT": "Europe/Lisbon", "GB": "Europe/London",
}  # fmt: skip


def open_shop(data: dict[str, Any], images: PageImages) -> int:
    """Return the seller of that name, opened with its people, terms and page when missing."""
    owner_id = accounts.ensure_user(accounts.seller_account(data["slug"], data["name"], "owner"))
    membership = seller_queries.seller_of(user_id=owner_id)
    if membership is not None:
        return membership.seller_id
    seller_id = sellers.register(
        name=data["name"],
        owner_id=owner_id,
        legal_name=data["legal_name"],
        email=data["email"],
        country=data["country"],
        rate_bps=data["commission_bps"],
        trusted=data["trusted"],
    )
    for role in ("editor", "packer"):
        user_id = accounts.ensure_user(accounts.seller_account(data["slug"], data["name"], role))
        sellers.add_member(seller_id=seller_id, user_id=user_id, role=role)
    inventory.ensure_location(
        seller_id=seller_id, name=data["address"]["city"], country=data["country"]
    )
    _plan_dispatch(seller_id, data)
    for method in data["shipping_methods"]:
        _offer_shipping(seller_id, method)
    _write_page(seller_id, data, images)
    return seller_id


def _plan_dispatch(seller_id: int, data: dict[str, Any]) -> None:
    """Parcels leave from the shop's address, on weekdays, by its own clock."""
    address = AddressData.from_dict({"name": data["name"], **data["address"]})
    fulfillment.set_dispatch(
        seller_id=seller_id,
        plan=fulfillment.DispatchPlan(
            country=data["country"],
            time_zone=CLOCKS.get(data["country"], "UTC"),
            handling_days=1,
            cutoff=time(14),
            working_days=[0, 1, 2, 3, 4],
            origin=address if address.line1 else None,
        ),
    )


def _offer_shipping(seller_id: int, method: dict[str, Any]) -> None:
    fulfillment.set_shipping_method(
        seller_id=seller_id,
        name=method["name"],
        carrier_code=method["carrier"],
        currency=settings.BASE_CURRENCY,
        base_minor=method["price_minor"],
        per_kg_minor=method["per_kg_price_minor"],
        free_from_minor=method["free_from_minor"],
        days=(method["min_days"], method["max_days"]),
        countries=method["countries"],
        max_weight_grams=method["max_grams"],
    )


def _write_page(seller_id: int, data: dict[str, Any], images: PageImages) -> None:
    page = selling.open_workspace(seller_id=seller_id).page
    page.tagline = data["tagline"]
    page.location = data["city"]
    page.about = "".join(f"<p>{html.escape(part)}</p>" for part in data["story"])
    page.search_description = data["tagline"]
    page.logo = images.get(data.get("logo"), data.get("logo_alt", ""))
    page.cover = images.get(data.get("hero"), data.get("hero_alt", ""))
    page.save_revision().publish()
