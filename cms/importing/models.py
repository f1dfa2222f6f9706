from django.conf import settings
from django.db import models
from django.db.models import Q

from cms.media.models import private_storage


class ImportJob(models.Model):
    """One file of products on its way into a seller's catalog.

    `next_product` is where work goes on after an interruption.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        REFUSED = "refused"

    class Ending(models.TextChoices):
        """What becomes of pages that are complete."""

        DRAFT = "draft", "Leave them as drafts"
        SUBMIT = "submit", "Submit them for moderation"
        PUBLISH = "publish", "Publish them"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    file = models.FileField(upload_to="imports", storage=private_storage, blank=True)
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the file.")
    dry_run = models.BooleanField(default=False)
    ending = models.CharField(max_length=10, choices=Ending.choices, default=Ending.DRAFT)
    fetch_images = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    refusal = models.TextField(blank=True)
    total = models.PositiveIntegerField("products in the file", default=0)
    next_product = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "digest", "dry_run"],
                condition=Q(state__in=["waiting", "running"]),
                name="one_open_import_per_file",
            )
        ]
        indexes = [models.Index(fields=["seller", "-created_at"])]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def done(self) -> int:
        """How many products were dealt with, good and bad ones."""
        return self.created + self.updated + self.unchanged + self.failed


class ImportProblem(models.Model):
    """What is wrong with one row, and what to do about it."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=120, blank=True)
    handle = models.CharField(max_length=120, blank=True)
    message = models.TextField()
    stops_product = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["job", "row"])]

    def __str__(self) -> str:
        return self.message


class ImportedProduct(models.Model):
    """What a product's rows looked like when they were last imported."""

    product = models.OneToOneField(
        "catalog.Product", on_delete=models.PROTECT, related_name="+", primary_key=True
    )
    digest = models.CharField(max_length=64)
    imported_at = models.DateTimeField(auto_now=True)


class ImportedImage(models.Model):
    """Which picture of ours came from which source, so that a repeat adds none."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=500)
    image = models.ForeignKey("media.ShopImage", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "source"], name="one_picture_per_seller_and_source"
            )
        ]
