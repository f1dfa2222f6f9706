from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Message(models.Model):
    """One mail, owed once per key; sent by a worker and kept as a receipt."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    recipient = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now(), help_text="When to try, or to look, again.")
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(
        null=True, help_text="When a person decided that it is not to be sent any more."
    )

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(sent_at=None), name="messages_by_due_date")
        ]
