from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """Somebody looked at what is personal, or did something that has to be answered for.

    It names the actor by key and the thing by number, never a person by name: who an
    actor was is told by the accounts, until that person is forgotten. Append-only.
    """

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["-at"], name="audit_by_time"),
            models.Index(fields=["actor", "-at"], name="audit_of_actor"),
            models.Index(fields=["subject", "-at"], name="audit_of_subject"),
            models.Index(fields=["action", "-at"], name="audit_of_action"),
        ]


class Seal(models.Model):
    """The digest of a day's entries and of the seal before: what is sealed cannot be rewritten."""

    day = models.DateField(primary_key=True)
    entries = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())
