from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Letterhead(models.Model):
    """What a seller's documents say of the seller, besides its registered name."""

    seller = models.OneToOneField("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80)
    region = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2)
    vat_id = models.CharField(max_length=20, blank=True)
    tax_number = models.CharField(max_length=30, blank=True)
    footer = models.CharField(max_length=300, blank=True)
    updated_at = models.DateTimeField(db_default=Now())


class Counter(models.Model):
    """The last number given out in a seller's series of a year. It only counts up by one."""

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "year"], name="one_counter_per_series"
            )
        ]


class Document(models.Model):
    """A paper as it was issued: its words and amounts never change. Append-only.

    `parties` holds the buyer's name and addresses; of all columns it alone can be
    emptied, once, after the years for which the law asks for it.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt"
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    kind = models.CharField(max_length=11, choices=Kind.choices)
    business_key = models.CharField(
        max_length=140, unique=True, help_text="The one fact it is issued for."
    )
    number = models.CharField(max_length=40, unique=True)
    seller = models.ForeignKey(
        "sellers.Seller", null=True, on_delete=models.PROTECT, related_name="+"
    )
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField(null=True)
    order = models.ForeignKey("orders.Order", on_delete=models.PROTECT, related_name="+")
    seller_order = models.ForeignKey(
        "orders.SellerOrder", null=True, on_delete=models.PROTECT, related_name="+"
    )
    corrects = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="The invoice."
    )
    currency = models.CharField(max_length=3)
    total_minor = models.PositiveBigIntegerField(help_text="With tax; positive in a credit note.")
    tax_minor = models.PositiveBigIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content; by trigger.")
    parties = models.JSONField(null=True)
    parties_digest = models.CharField(max_length=64, help_text="By trigger.")
    issued_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "kind", "year", "serial"], name="one_document_per_number"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="receipt", seller__isnull=True, serial__isnull=True, corrects__isnull=True
                )
                | Q(
                    kind="invoice",
                    seller__isnull=False,
                    serial__isnull=False,
                    seller_order__isnull=False,
                    corrects__isnull=True,
                )
                | Q(
                    kind="credit_note",
                    seller__isnull=False,
                    serial__isnull=False,
                    seller_order__isnull=False,
                    corrects__isnull=False,
                ),
                name="document_has_what_its_kind_needs",
            ),
            models.CheckConstraint(
                condition=Q(tax_minor__lte=models.F("total_minor")), name="tax_within_total"
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="documents_of_order"),
            models.Index(fields=["seller_order"], name="documents_of_part"),
            models.Index(fields=["seller", "-issued_at"], name="documents_of_seller"),
        ]

    def __str__(self) -> str:
        return self.number


class Rendering(models.Model):
    """The PDF of a document, in the private store."""

    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="rendering")
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    rendered_at = models.DateTimeField(db_default=Now())
