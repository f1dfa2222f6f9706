from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cms.media.models import private_storage


class Workspace(models.Model):
    """A seller's place in the admin: the page it owns, its people's group, its pictures."""

    seller = models.OneToOneField("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    page = models.OneToOneField("pages.SellerPage", on_delete=models.PROTECT, related_name="+")
    group = models.OneToOneField("auth.Group", on_delete=models.PROTECT, related_name="+")
    collection = models.OneToOneField(
        "wagtailcore.Collection", on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return self.group.name


class OrderExport(models.Model):
    """A table of orders that a worker writes, for the one person who asked for it.

    Which parts it holds was settled when it was asked for; the list is forgotten with the
    file. Without a seller it is of staff.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        EXPIRED = "expired"

    seller = models.ForeignKey(
        "sellers.Seller", null=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    format = models.CharField(max_length=4, help_text="csv or xlsx")
    part_ids = ArrayField(models.BigIntegerField(), default=list)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was asked for.")
    lines = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    file = models.FileField(upload_to="exports", storage=private_storage, blank=True)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    due_at = models.DateTimeField(db_default=Now(), help_text="When a worker may take it next.")
    last_error = models.TextField(db_default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "digest"],
                condition=Q(state="waiting"),
                name="one_open_export_of_the_same",
            ),
            models.CheckConstraint(
                condition=Q(state="ready", expires_at__isnull=False) & ~Q(file="")
                | ~Q(state="ready") & Q(file=""),
                name="an_export_has_its_file_while_it_is_ready",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="exports_to_be_made"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state="ready"), name="exports_to_be_forgotten"
            ),
        ]

    def __str__(self) -> str:
        return f"orders.{self.format}"
