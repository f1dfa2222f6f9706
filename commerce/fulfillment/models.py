from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class Carrier(models.Model):
    """A parcel service; its tracking address has {number} where the number goes."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    tracking_url = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):
    """How a seller sends parcels, where to and for how much."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    countries = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, help_text="Empty: everywhere."
    )
    max_weight_grams = models.PositiveIntegerField(default=30_000)
    currency = models.CharField(max_length=3)
    base_minor = models.PositiveBigIntegerField("price of a parcel")
    per_kg_minor = models.PositiveBigIntegerField("price of each started kilogram", default=0)
    free_from_minor = models.PositiveBigIntegerField("free from goods worth", null=True, blank=True)
    min_days = models.PositiveSmallIntegerField()
    max_days = models.PositiveSmallIntegerField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], name="one_method_per_name"),
            models.CheckConstraint(condition=Q(max_days__gte=F("min_days")), name="days_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class Shipment(models.Model):
    """One parcel of a seller order."""

    class State(models.TextChoices):
        SHIPPED = "shipped"
        DELIVERED = "delivered"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", on_delete=models.PROTECT, related_name="+"
    )
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, related_name="+")
    tracking_number = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SHIPPED)
    shipped_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)


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
