from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

LONGEST_HOLD = timedelta(minutes=60)
LONGEST_SLOW_HOLD = timedelta(days=14)


class Location(models.Model):
    """Where a seller keeps stock. Orders draw from the lowest priority that can serve them."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    priority = models.PositiveSmallIntegerField(default=100, db_default=100)
    count_every = models.PositiveSmallIntegerField(
        null=True, help_text="Days from one count to the next; empty: not on a schedule."
    )
    count_at_once = models.PositiveSmallIntegerField(
        null=True, help_text="So many SKUs each time, those not counted for longest; empty: all."
    )
    count_since = models.DateTimeField(null=True, help_text="When the schedule was begun.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="one_location_per_name"),
            models.CheckConstraint(
                condition=Q(count_every=None, count_at_once=None, count_since=None)
                | Q(
                    count_every__isnull=False,
                    count_every__range=(1, 366),
                    count_since__isnull=False,
                )
                & (Q(count_at_once=None) | Q(count_at_once__gt=0)),
                name="a_schedule_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SkuPolicy(models.Model):
    """How a SKU is sold when it runs short, and how fairly; without a row the defaults hold."""

    class Kind(models.TextChoices):
        DENY = "deny"
        BACKORDER = "backorder"
        PREORDER = "preorder"

    variant = models.OneToOneField(
        "catalog.Variant", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.DENY)
    backorder_limit = models.PositiveIntegerField(default=0)
    expected_on = models.DateField(null=True)
    cart_hold_minutes = models.PositiveSmallIntegerField(default=0)
    shopper_cap = models.PositiveIntegerField(null=True)
    by_unit = models.BooleanField(default=False)
    low_at = models.PositiveIntegerField(default=5)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="deny", backorder_limit=0, expected_on=None)
                | Q(
                    kind__in=["backorder", "preorder"],
                    backorder_limit__gt=0,
                    expected_on__isnull=False,
                    by_unit=False,
                ),
                name="late_goods_have_limit_and_date",
            ),
            models.CheckConstraint(
                condition=Q(cart_hold_minutes__lte=60), name="cart_holds_within_an_hour"
            ),
            models.CheckConstraint(
                condition=Q(shopper_cap=None) | Q(shopper_cap__gt=0), name="cap_is_positive"
            ),
        ]


class Stock(models.Model):
    """How many of a variant exist at a location, and how many of those are promised.

    `on_hand` leaves out what was sold; below zero it says how many units are owed to
    backorders, never more than `backorder_limit`. `reserved` is written by a trigger on
    Reservation alone, `version` by one that counts changes of `on_hand`.
    """

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    on_hand = models.IntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    low_at = models.PositiveIntegerField("low-stock threshold", default=5)
    low_here = models.PositiveIntegerField(
        null=True, help_text="Told when so few are free at this location; empty: never."
    )
    backorder_limit = models.PositiveIntegerField(db_default=0)
    backorder_closed = models.BooleanField(
        db_default=False, help_text="Nothing more is sold ahead; the limit melts as units arrive."
    )
    by_unit = models.BooleanField(
        db_default=False, help_text="Free units are rows of their own, for a rush."
    )
    missing = models.PositiveIntegerField(
        db_default=0, help_text="Units of paid orders that a count did not find."
    )
    version = models.PositiveBigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "location"], name="one_stock_row_per_location"
            ),
            models.CheckConstraint(
                condition=Q(reserved__lte=F("on_hand") + F("backorder_limit")),
                name="never_promise_more_than_exists",
            ),
        ]
        indexes = [
            models.Index(
                fields=["variant"],
                condition=Q(low_here__isnull=False),
                name="stock_with_own_threshold",
            )
        ]


class Unit(models.Model):
    """One free unit of a stock row that is sold unit by unit; promising it deletes it."""

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+")


class StockMovement(models.Model):
    """Every change of `on_hand`, with kind, cause and actor; append-only, written by trigger."""

    class Kind(models.TextChoices):
        SOLD = "sold"
        RECEIVED = "received"
        COUNTED = "counted"
        ADJUSTED = "adjusted"
        RETURNED = "returned"
        CANCELED = "canceled"
        TRANSFERRED = "transferred"
        IMPORTED = "imported"

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    on_hand = models.IntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices, db_default=Kind.ADJUSTED)
    cause = models.CharField(max_length=80)
    reference = models.CharField(max_length=64, db_default="")
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class Reservation(models.Model):
    """A hold of stock for one checkout or cart. It ends once: claimed, released or expired.

    What a checkout holds may pass once to its order, which is when the time begins anew.
    """

    class State(models.TextChoices):
        ACTIVE = "active"
        CLAIMED = "claimed"
        RELEASED = "released"
        EXPIRED = "expired"

    class Kind(models.TextChoices):
        CHECKOUT = "checkout"
        CART = "cart"
        SLOW = "slow"

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+", db_index=False)
    holder = models.CharField(max_length=64, help_text="Whose hold: an order's token or a cart.")
    principal = models.CharField(
        max_length=64, db_default="", help_text="Who is behind it: a person or a network."
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, db_default=Kind.CHECKOUT)
    by_unit = models.BooleanField(db_default=False)
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    extended = models.BooleanField(default=False)
    taken_from = models.CharField(
        max_length=64, db_default="", help_text="The checkout that held it before its order."
    )
    taken_at = models.DateTimeField(null=True, help_text="When the order took it over.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "stock"],
                condition=Q(state__in=["active", "claimed"]),
                name="one_live_hold_per_stock",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_is_positive"),
            models.CheckConstraint(
                condition=Q(expires_at__lte=Coalesce("taken_at", "created_at") + LONGEST_HOLD)
                | Q(
                    kind="slow",
                    expires_at__lte=Coalesce("taken_at", "created_at") + LONGEST_SLOW_HOLD,
                ),
                name="no_hold_beyond_its_kind",
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
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["released", "expired"]),
                name="ended_holds_by_deadline",
            ),
            models.Index(
                fields=["principal"],
                condition=Q(state="active") & ~Q(principal=""),
                name="active_holds_by_principal",
            ),
            models.Index(
                fields=["principal", "created_at"],
                condition=~Q(state="active") & ~Q(principal=""),
                name="ended_holds_by_principal",
            ),
        ]


class Allocation(models.Model):
    """Which stock row the sold units of an order leave from; `departed` of them are gone."""

    holder = models.CharField(max_length=64, help_text="The order's token.")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    departed = models.PositiveIntegerField(db_default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "stock"], name="one_allocation_per_stock"),
            models.CheckConstraint(
                condition=Q(departed__lte=F("quantity")), name="no_more_departs_than_was_sold"
            ),
        ]
        indexes = [
            models.Index(
                fields=["stock"],
                condition=Q(departed__lt=F("quantity")),
                name="open_allocations_by_stock",
            )
        ]


class StockBatch(models.Model):
    """One bulk change as it was asked for and answered; the same key gets the same answer."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=10, help_text="grid, csv or api")
    actor = models.CharField(max_length=80)
    answer = models.JSONField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "key"], name="one_batch_per_key"),
        ]


class StockConflict(models.Model):
    """Somebody wrote a count that had changed since they looked; what the rule made of it."""

    class Outcome(models.TextChoices):
        CARRIED = "carried"
        REFUSED = "refused"

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10)
    seen = models.IntegerField(null=True)
    wanted = models.IntegerField()
    found = models.IntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class CountSheet(models.Model):
    """A physical count of one location."""

    class State(models.TextChoices):
        OPEN = "open"
        APPLIED = "applied"
        DROPPED = "dropped"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    chosen = ArrayField(
        models.BigIntegerField(), null=True, help_text="Stock rows to count; empty: all that lie."
    )
    complete = models.BooleanField(
        db_default=True, help_text="Everything on it that should lie there has a number."
    )
    accuracy = models.PositiveIntegerField(
        null=True, help_text="Ten-thousandths of the expected units that were found as recorded."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location"], condition=Q(state="open"), name="one_open_count_per_location"
            ),
        ]


class CountNotice(models.Model):
    """A count fell due, or was put off for a week; told once each. Append-only."""

    class Stage(models.TextChoices):
        DUE = "due"
        OVERDUE = "overdue"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    stage = models.CharField(max_length=8, choices=Stage.choices)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location", "due_at", "stage"], name="one_notice_per_due_count"
            ),
        ]


class CountLine(models.Model):
    """What was found of a SKU beside what should have lain there when it was counted."""

    sheet = models.ForeignKey(CountSheet, on_delete=models.PROTECT, related_name="lines")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+")
    expected = models.IntegerField()
    counted = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "stock"], name="one_count_line_per_stock"),
        ]


class LowStock(models.Model):
    """A SKU fell to its threshold; told once, until it rises above it again."""

    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    available = models.IntegerField()
    low_at = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["variant"], condition=Q(ended_at=None), name="one_open_alert_per_variant"
            ),
        ]


class LowShelf(models.Model):
    """A SKU fell to the threshold of one location; told once, until it rises there again."""

    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="+")
    available = models.IntegerField()
    low_here = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stock"], condition=Q(ended_at=None), name="one_open_alert_per_stock"
            ),
        ]
