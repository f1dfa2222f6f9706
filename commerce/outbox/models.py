import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Event(models.Model):
    """A fact, written in the transaction that made it true."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    payload = models.JSONField()
    actor = models.CharField(max_length=80)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["name", "occurred_at"])]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One subscriber's copy of an event: queue entry, retry counter and receipt in one row."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    subscriber = models.CharField(max_length=200)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(
        null=True, help_text="When a person decided that it is not to be heard any more."
    )
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["event", "subscriber"], name="one_delivery_per_subscriber"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(delivered_at=None), name="deliveries_by_due_date"
            )
        ]
