from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Location(models.Model):
    """Where a seller keeps stock."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="one_location_per_name")
        ]

    def __str__(self) -> str:
        return self.name


class Stock(models.Model):
    """How many of a variant exist at a location, and how many of those are promised.

    `reserved` is written by a trigger on Reservation alone.
    """

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    low_at = models.PositiveIntegerField("low-stock threshold", default=5)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "location"], name="one_stock_row_per_location"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand")), name="never_promise_more_than_exists"
            ),
        ]


class StockMovement(models.Model):
    """Every change of `on_hand`, with cause and actor; append-only, written by trigger."""

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    on_hand = models.PositiveIntegerField()
    cause = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class Reservation(models.Model):
    """A hold of stock for one checkout. It ends once: claimed, released or expired."""

    class State(models.TextChoices):
        ACTIVE = "active"
        CLAIMED = "claimed"
        RELEASED = "released"
        EXPIRED = "expired"

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+", db_index=False)
    holder = models.CharField(max_length=64, help_text="Whose hold: an order's token.")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    extended = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "stock"],
                condition=Q(state__in=["active", "claimed"]),
                name="one_live_hold_per_stock",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_is_positive"),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + timedelta(minutes=60)),
                name="no_hold_beyond_an_hour",
            ),
        ]
        indexes = [
            models.Index(fields=["holder"], name="holds_by_holder"),
            models.Index(
                fields=["stock"], condition=Q(state="active"), name="active_holds_by_stock"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="active"), name="active_holds_by_deadline"
            ),
        ]
