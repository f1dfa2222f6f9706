from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

LENGTH = 32
"""Of a token."""


class Purchase(models.Model):
    """A gift card that somebody buys for somebody: asked for, paid, perhaps given back."""

    class State(models.TextChoices):
        PENDING = "pending"
        PAID = "paid"
        CANCELED = "canceled"
        REFUNDED = "refunded"

    token = models.CharField(max_length=LENGTH, unique=True)
    fingerprint = models.CharField(
        max_length=64, help_text="Of the form and what was typed: a second press finds the first."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    currency = models.CharField(max_length=3)
    amount_minor = models.PositiveBigIntegerField()
    refunded_minor = models.PositiveBigIntegerField(default=0)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    principal = models.CharField(max_length=80, blank=True)
    sender_name = models.CharField(max_length=80)
    sender_email = models.EmailField()
    recipient_name = models.CharField(max_length=80)
    recipient_email = models.EmailField()
    message = models.CharField(max_length=500, blank=True)
    deliver_on = models.DateField(null=True, help_text="Empty for as soon as it is paid.")
    credit = models.OneToOneField(
        "credits.Credit", null=True, on_delete=models.PROTECT, related_name="+"
    )
    deliveries = models.PositiveSmallIntegerField(default=0, help_text="How often it was mailed.")
    created_at = models.DateTimeField(db_default=Now())
    paid_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it ended.")
    reported_at = models.DateTimeField(
        null=True, help_text="When its recipient told us that the mail was not meant kindly."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="gift_is_positive"),
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=~Q(state="canceled"),
                name="one_living_gift_per_form",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["pending", "canceled"], credit=None, paid_at=None, delivered_at=None
                )
                | Q(state__in=["paid", "refunded"], credit__isnull=False, paid_at__isnull=False),
                name="gift_has_a_card_once_paid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "paid"], ended_at=None, refunded_minor=0)
                | Q(state="canceled", ended_at__isnull=False, refunded_minor=0)
                | Q(
                    state="refunded",
                    ended_at__isnull=False,
                    refunded_minor__gt=0,
                    refunded_minor__lte=F("amount_minor"),
                ),
                name="gift_is_refunded_once",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="gifts_by_age"),
            models.Index(
                fields=["reported_at"],
                condition=Q(reported_at__isnull=False),
                name="gifts_reported",
            ),
            models.Index(
                fields=["deliver_on"],
                condition=Q(state="paid", delivered_at=None),
                name="gifts_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"G-{self.pk:06}"


class PurchaseMove(models.Model):
    """One change of a purchase's state; written by trigger, append-only."""

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="moves")
    from_state = models.CharField(max_length=8, blank=True)
    to_state = models.CharField(max_length=8)
    actor = models.CharField(max_length=80)
    cause = models.CharField(max_length=80, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(db_default=Now())
