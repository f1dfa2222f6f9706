from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class ApiKey(models.Model):
    """By this a seller's system calls us. The key itself is known to nobody but the seller."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12, unique=True, help_text="How the key begins.")
    secret_hash = models.CharField(max_length=64)
    scope = models.CharField(max_length=10, default="stock")
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Endpoint(models.Model):
    """Where a seller's system listens."""

    class State(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"
        REMOVED = "removed"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=500)
    secret = models.TextField(help_text="Signs what is sent there; sealed.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(db_default=Now())
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(db_default=0, default=0, help_text="In a row.")
    rests_until = models.DateTimeField(null=True, help_text="It is not called before.")
    busy_until = models.DateTimeField(null=True, help_text="A worker calls it at the moment.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "url"],
                condition=~Q(state="removed"),
                name="one_endpoint_per_address",
            )
        ]


class Delivery(models.Model):
    """One notice to one endpoint: as it was worded then, and what became of it."""

    class State(models.TextChoices):
        DUE = "due"
        SENT = "sent"
        FAILED = "failed"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=40)
    body = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), help_text="When to try, or to look, again.")
    last_status = models.PositiveSmallIntegerField(null=True)
    last_answer = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="due"), name="hook_deliveries_by_due_date"
            ),
            models.Index(fields=["endpoint", "-id"], name="hook_deliveries_by_endpoint"),
        ]
