from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Payout(models.Model):
    """What a seller is sent at once, through the connected account."""

    class State(models.TextChoices):
        CREATED = "created"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    period = models.CharField(max_length=40, help_text="What it is for, such as 2026-11-20.")
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    provider_payout = models.CharField(max_length=120, null=True, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(null=True, help_text="When the provider was first asked.")
    refusals = models.PositiveIntegerField(
        default=0, help_text="How often it said no; part of the key."
    )
    due_at = models.DateTimeField(db_default=Now(), help_text="When to try, or to look, again.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "currency", "period"], name="one_payout_per_period"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payout_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="sent")
                | Q(provider_payout__isnull=False, sent_at__isnull=False),
                name="sent_payout_has_its_receipt",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=~Q(state="sent"), name="payouts_by_due_date"),
            models.Index(fields=["seller", "-created_at"], name="payouts_of_seller"),
        ]


class PayoutMove(models.Model):
    """One change of a payout's state; written by trigger, append-only."""

    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())


class Earning(models.Model):
    """A seller's net share of one seller order; paid by at most one payout."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    seller_order = models.OneToOneField(
        "orders.SellerOrder", on_delete=models.PROTECT, related_name="+"
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    charge = models.CharField(max_length=120)
    available_at = models.DateTimeField(null=True, help_text="Set when the parcel is delivered.")
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="earnings")
    asked_at = models.DateTimeField(null=True, help_text="When the provider was first asked.")
    refusals = models.PositiveIntegerField(default=0)
    provider_transfer = models.CharField(max_length=120, null=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(provider_transfer__isnull=True) | Q(payout__isnull=False),
                name="transferred_by_a_payout",
            ),
            models.CheckConstraint(
                condition=Q(payout__isnull=True) | Q(available_at__isnull=False),
                name="paid_out_when_available",
            ),
        ]
        indexes = [
            models.Index(
                fields=["seller", "available_at"],
                condition=Q(payout__isnull=True),
                name="earnings_waiting",
            ),
            models.Index(fields=["charge"], name="earnings_of_charge"),
        ]
