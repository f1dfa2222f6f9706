"""Featured placement: sellers pay to have products in a place that says it is paid for."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import uuid4

from django.db import connection, transaction

from commerce.catalog import queries as catalog
from commerce.kernel import actor
from commerce.kernel.confinement import unconfined
from commerce.kernel.money import Money

from .billing import charge
from .models import FeaturedOffer, Featuring
from .periods import today
from .types import FeaturedOfferData, FeaturedRun

MOST_DAYS = 30
FURTHEST = timedelta(days=90)

# Each day offers the places that were offered when its first place was taken.
_TAKE = """
INSERT INTO payouts_featuredday AS taken (day, places, taken)
SELECT day, %s, 1 FROM unnest(%s::date[]) AS day ORDER BY day
ON CONFLICT (day) DO UPDATE SET taken = taken.taken + 1 WHERE taken.taken < taken.places
RETURNING day
"""


class NotFeatured(Exception):
    """Nothing was booked; says why, in words for the seller."""


@unconfined()  # places and prices are the marketplace's
@transaction.atomic
def feature(*, seller_id: int, product_id: int, first_day: date, days: int) -> Money:
    """Book days of featured placement for a product and charge them; returns the price.

    All days or none: days that are full, or that the product has already, refuse the
    booking. The price is taken from what the seller earns. Raises NotFeatured.
    """
    offer = FeaturedOffer.objects.order_by("pk").first()
    if offer is None or not offer.places:
        raise NotFeatured("Featured placement is not offered at the moment.")
    wanted = _days(first_day, days)
    product = catalog.products(product_ids=[product_id]).get(product_id)
    if product is None or product.seller_id != seller_id or product.state != "active":
        raise NotFeatured("Choose one of your own products that is on sale.")
    known = Featuring.objects.filter(product_id=product_id, day__in=wanted).order_by("day").first()
    if known is not None:
        raise NotFeatured(f"The product is featured on {known.day:%-d %B %Y} already.")
    _take_places(wanted, offer.places)
    booking, price = uuid4(), Money(offer.daily_minor * days, offer.currency)
    Featuring.objects.bulk_create(
        Featuring(
            seller_id=seller_id,
            product_id=product_id,
            day=day,
            booking=booking,
            booked_by=actor.current()[:80],
        )
        for day in wanted
    )
    if price:
        charge(
            seller_id=seller_id,
            kind="featured",
            income="featured",
            amount=price,
            business_key=f"featured:{booking}",
            memo=f"{product.name} featured for {days} day{'' if days == 1 else 's'}",
        )
    return price


def _days(first_day: date, days: int) -> list[date]:
    now = today()
    if not 1 <= days <= MOST_DAYS:
        raise NotFeatured(f"Choose between 1 and {MOST_DAYS} days.")
    if not now <= first_day <= now + FURTHEST:
        raise NotFeatured(f"The first day lies between today and {now + FURTHEST:%-d %B %Y}.")
    return [first_day + timedelta(days=number) for number in range(days)]


def _take_places(days: Sequence[date], places: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [places, list(days)])
        taken = {day for (day,) in cursor.fetchall()}
    if full := sorted(set(days) - taken):
        raise NotFeatured(f"All places of {full[0]:%-d %B %Y} are taken. Choose other days.")


def offer_featuring(*, daily: Money, places: int) -> None:
    """Set what a day costs and how many places it has; days with bookings keep their places."""
    FeaturedOffer.objects.update_or_create(
        currency=daily.currency, defaults={"daily_minor": daily.minor, "places": places}
    )


@unconfined()
def featured_offer() -> FeaturedOfferData | None:
    """Return what is offered; None when nothing is."""
    offer = FeaturedOffer.objects.filter(places__gt=0).order_by("pk").first()
    if offer is None:
        return None
    return FeaturedOfferData(daily=Money(offer.daily_minor, offer.currency), places=offer.places)


def featured_products(*, limit: int) -> list[int]:
    """Return the products that are featured today; whoever booked first is shown first."""
    rows = Featuring.objects.filter(day=today()).order_by("pk")
    return list(rows.values_list("product_id", flat=True)[:limit])


def featured_runs(*, seller_id: int, limit: int = 20) -> list[FeaturedRun]:
    """Return what a seller booked, the latest first."""
    found: dict[object, FeaturedRun] = {}
    rows = Featuring.objects.filter(seller_id=seller_id).select_related("product")
    for row in rows.order_by("-day", "-pk")[: limit * MOST_DAYS]:
        last = found.get(row.booking)
        found[row.booking] = FeaturedRun(
            product=row.product.name, first_day=row.day, last_day=last.last_day if last else row.day
        )
    return list(found.values())[:limit]
