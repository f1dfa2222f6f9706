from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from .storing import label_path, private_store


class Carrier(models.Model):
    """A parcel service; its tracking address has {number} where the number goes."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    tracking_url = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.name


class Zone(models.Model):
    """A named set of places that a seller sends to."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    places = ArrayField(
        models.CharField(max_length=40),
        help_text="US, US-CA (a region), GB:BT (a postal code's start); with ! it is left out.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="one_zone_per_name"),
            models.CheckConstraint(condition=Q(places__len__gt=0), name="zone_is_somewhere"),
        ]

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):
    """How a seller sends parcels, where to and for how much.

    A parcel costs the price of the highest bracket that it reaches, `base_minor`
    below the first, and what each kilogram and piece adds.
    """

    class Kind(models.TextChoices):
        TABLE = "table", "Prices from a table"
        LIVE = "live", "Prices asked of the carrier"
        PICKUP = "pickup", "Pick-up in store"

    class Basis(models.TextChoices):
        WEIGHT = "weight", "by weight in grams"
        PRICE = "price", "by the goods' price"
        PIECE = "piece", "by the number of pieces"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    kind = models.CharField(
        max_length=8, choices=Kind.choices, default=Kind.TABLE, db_default=Kind.TABLE
    )
    zone = models.ForeignKey(Zone, null=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", null=True, on_delete=models.PROTECT, related_name="+"
    )
    service = models.CharField(max_length=60, blank=True, default="", db_default="")
    # Written beside the zone while releases that know no zones may still run.
    countries = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, help_text="Empty: everywhere."
    )
    max_weight_grams = models.PositiveIntegerField(default=30_000)
    currency = models.CharField(max_length=3)
    base_minor = models.PositiveBigIntegerField("price of a parcel")
    per_kg_minor = models.PositiveBigIntegerField("price of each started kilogram", default=0)
    per_piece_minor = models.PositiveBigIntegerField("price of each piece", default=0, db_default=0)
    basis = models.CharField(
        max_length=8, choices=Basis.choices, default=Basis.WEIGHT, db_default=Basis.WEIGHT
    )
    free_from_minor = models.PositiveBigIntegerField("free from goods worth", null=True, blank=True)
    min_days = models.PositiveSmallIntegerField()
    max_days = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="one_method_per_name"),
            models.CheckConstraint(condition=Q(max_days__gte=F("min_days")), name="days_in_order"),
            models.CheckConstraint(
                condition=~Q(kind="pickup") | Q(location__isnull=False),
                name="pickup_has_a_location",
            ),
            models.CheckConstraint(
                condition=~Q(kind="live") | ~Q(service=""), name="live_method_has_a_service"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Bracket(models.Model):
    """What a method costs from a weight, an amount or a number of pieces on."""

    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="brackets")
    from_value = models.PositiveBigIntegerField()
    price_minor = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["method", "from_value"], name="one_bracket_per_start"),
            models.CheckConstraint(condition=Q(from_value__gt=0), name="bracket_starts_above_base"),
        ]


def _working_week() -> list[int]:
    return [0, 1, 2, 3, 4]


class Dispatch(models.Model):
    """When and from where a seller hands parcels over: what every promised date starts from."""

    seller = models.OneToOneField("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    country = models.CharField(max_length=2, help_text="Whose holidays are kept.")
    time_zone = models.CharField(max_length=40, default="UTC", db_default="UTC")
    handling_days = models.PositiveSmallIntegerField(default=1, db_default=1)
    cutoff = models.TimeField(default=time(14), db_default=time(14))
    working_days = ArrayField(
        models.PositiveSmallIntegerField(), default=_working_week, help_text="0 is Monday."
    )
    closed_days = ArrayField(models.DateField(), default=list, blank=True)
    origin = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(working_days__len__gt=0), name="works_some_day_of_the_week"
            ),
            models.CheckConstraint(condition=Q(handling_days__lte=60), name="handles_in_time"),
        ]


class PickUpPoint(models.Model):
    """A store where shoppers fetch what they ordered."""

    location = models.OneToOneField(
        "inventory.Location", on_delete=models.PROTECT, related_name="+"
    )
    address = models.JSONField()
    opening_hours = models.TextField(max_length=500)


class KnownRate(models.Model):
    """The last price that a carrier named for a like parcel."""

    fingerprint = models.CharField(max_length=64)
    carrier = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    days = models.PositiveSmallIntegerField(null=True)
    fetched_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "carrier", "service"], name="one_rate_per_like_parcel"
            )
        ]
        indexes = [models.Index(fields=["fetched_at"], name="known_rates_by_age")]


class CustomsItem(models.Model):
    """What customs are told of one SKU when it crosses a border."""

    variant = models.OneToOneField(
        "catalog.Variant", primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    description = models.CharField(max_length=60)
    hs_code = models.CharField(max_length=10)
    origin_country = models.CharField(max_length=2)
    value_minor = models.PositiveBigIntegerField(
        null=True, help_text="Of one, in the base currency; without it what was paid."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hs_code__regex=r"^[0-9]{6}([0-9]{2}|[0-9]{4})?$")
                & Q(origin_country__regex=r"^[A-Z]{2}$")
                & ~Q(description="")
                & (Q(value_minor__isnull=True) | Q(value_minor__gt=0)),
                name="customs_are_told_something",
            )
        ]


class Label(models.Model):
    """A carrier's label for one parcel. The key is written before the carrier is asked."""

    class State(models.TextChoices):
        ASKED = "asked"
        BOUGHT = "bought"
        FAILED = "failed"
        VOIDING = "voiding"
        VOIDED = "voided"

    class Payer(models.TextChoices):
        SELLER = "seller"
        MARKETPLACE = "marketplace"

    key = models.CharField(max_length=64, unique=True)
    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", on_delete=models.PROTECT, related_name="+"
    )
    location = models.ForeignKey(
        "inventory.Location", null=True, on_delete=models.PROTECT, related_name="+"
    )
    is_return = models.BooleanField(
        default=False, db_default=False, help_text="For a parcel that comes back."
    )
    payer = models.CharField(
        max_length=11, choices=Payer.choices, default=Payer.SELLER, db_default=Payer.SELLER,
        help_text="Whom its cost is booked to.",
    )  # fmt: skip
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    carrier_name = models.CharField(max_length=60)
    service = models.CharField(max_length=60)
    weight_grams = models.PositiveIntegerField()
    sizes_mm = ArrayField(models.PositiveIntegerField(), default=list)
    origin = models.JSONField()
    destination = models.JSONField()
    currency = models.CharField(max_length=3)
    customs = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), blank=True,
        help_text="What it declares; nothing inside a customs border.",
    )  # fmt: skip
    most_minor = models.PositiveBigIntegerField(help_text="What the seller agreed to pay.")
    cost_minor = models.PositiveBigIntegerField(null=True)
    provider_id = models.CharField(max_length=80, blank=True, default="")
    tracker_id = models.CharField(max_length=80, blank=True, default="")
    tracking_number = models.CharField(max_length=60, blank=True, default="")
    file = models.FileField(storage=private_store, upload_to=label_path, blank=True)
    problem = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(null=True)
    bought_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["asked", "failed"])
                | (Q(cost_minor__isnull=False, bought_at__isnull=False) & ~Q(tracking_number="")),
                name="bought_label_has_cost_and_number",
            ),
            models.CheckConstraint(
                condition=Q(payer="seller") | Q(payer="marketplace", is_return=True),
                name="marketplace_pays_only_for_what_comes_back",
            ),
        ]
        indexes = [
            models.Index(fields=["seller_order"], name="labels_by_part"),
            models.Index(
                fields=["asked_at"],
                condition=Q(state__in=["asked", "voiding"]),
                name="labels_unfinished",
            ),
        ]


def paying_account(label: Label) -> str:
    """Name the ledger account that a label's cost is booked to."""
    if label.payer == Label.Payer.MARKETPLACE:
        return "return-labels"
    return f"payable:{label.seller_id}"


class LabelLine(models.Model):
    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["label", "order_line"], name="one_entry_per_label_and_line"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="label_is_for_something"),
        ]


class Shipment(models.Model):
    """One parcel of a seller order, or what waits in a store to be picked up."""

    class State(models.TextChoices):
        READY = "ready"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        LOST = "lost"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", on_delete=models.PROTECT, related_name="+"
    )
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+")
    tracking_number = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SHIPPED)
    label = models.OneToOneField(Label, null=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(
        "inventory.Location", null=True, on_delete=models.PROTECT, related_name="+"
    )
    origin = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    destination = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    tracker_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    status = models.CharField(max_length=30, blank=True, default="", db_default="")
    expected_on = models.DateField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="When the carrier was asked last.")
    shipped_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(
        null=True,
        help_text="Of a lost parcel: when nothing in its place is waited for any more.",
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(state="shipped"), name="parcels_under_way"
            ),
            models.Index(
                fields=["tracker_id"], condition=~Q(tracker_id=""), name="parcels_by_tracker"
            ),
        ]


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "order_line"], name="one_entry_per_parcel_and_line"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="parcel_holds_something"),
        ]


class TrackingEvent(models.Model):
    """What a carrier said of a parcel; append-only, the same thing only once."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)
    at = models.DateTimeField()
    status = models.CharField(max_length=30)
    message = models.CharField(max_length=300)
    place = models.CharField(max_length=120, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shipment", "key"], name="one_row_per_tracking_event")
        ]
        indexes = [models.Index(fields=["shipment", "at"], name="tracking_by_time")]
