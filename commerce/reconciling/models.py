from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Movement(models.Model):
    """One entry of our balance at the provider, as it told us last."""

    provider_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    source = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    moved_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["source"]), models.Index(fields=["moved_at"])]


class Run(models.Model):
    """One comparison: from when on, what was seen, and what did not fit."""

    since = models.DateTimeField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    movements = models.PositiveIntegerField(default=0)
    healed = models.PositiveIntegerField(default=0)
    breaks = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=80)


class Break(models.Model):
    """A difference between two of the three: what, how much, whose it is, since when."""

    class Kind(models.TextChoices):
        NOT_BOOKED = "not-booked", "moved at the provider, not in the ledger"
        AMOUNT = "amount", "another amount than in the ledger"
        FEE = "fee", "another fee than in the ledger"
        NOT_MOVED = "not-moved", "in the ledger, not at the provider"
        ORDER = "order", "an order and its payment differ"
        REFUND = "refund", "refunded at the provider beyond what was left"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    reference = models.CharField(max_length=160)
    amount_minor = models.BigIntegerField(help_text="Provider less ledger.")
    currency = models.CharField(max_length=3)
    detail = models.CharField(max_length=300)
    found_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.CharField(max_length=500, blank=True)
    resolved_by = models.CharField(max_length=80, blank=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="one_break_per_difference"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolution="")
                | (Q(resolved_at__isnull=False) & ~Q(resolution="")),
                name="break_is_open_or_explained",
            ),
        ]
        indexes = [
            models.Index(
                fields=["found_at"], condition=Q(resolved_at=None), name="open_breaks_by_age"
            )
        ]
