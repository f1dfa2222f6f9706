import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .types import TAX_CLASSES


class ProductType(models.Model):
    """What a product is: its specifications and how it is taxed."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    tax_class = models.CharField(
        max_length=20, default="standard", choices=list(TAX_CLASSES.items())
    )
    attributes = models.JSONField(default=list, blank=True)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """What is sold, of one seller. Its words and pictures belong to the page."""

    class State(models.TextChoices):
        ACTIVE = "active"
        ARCHIVED = "archived"

    seller = models.ForeignKey("sellers.Seller", on_delete=models.PROTECT, related_name="+")
    type = models.ForeignKey(ProductType, on_delete=models.PROTECT, related_name="+")
    handle = models.SlugField(max_length=120)
    name = models.CharField("working name", max_length=100)
    brand = models.CharField(max_length=80, blank=True)
    options = models.JSONField(
        default=list, blank=True, help_text='Names in order, such as ["Color", "Size"].'
    )
    specifications = models.JSONField(
        default=list, blank=True, help_text='Pairs in order, such as [["Material", "Linen"]].'
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "handle"], name="one_handle_per_seller")
        ]

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """One SKU: the unit of price, stock, cart and order lines."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True)
    option_values = models.JSONField(default=list, blank=True)
    position = models.PositiveIntegerField(default=0)
    barcode = models.CharField(max_length=40, blank=True)
    weight_grams = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "option_values"],
                condition=Q(is_active=True),
                name="one_variant_per_combination",
            )
        ]
        indexes = [models.Index(fields=["product", "position"])]

    def __str__(self) -> str:
        return self.sku


class Listing(models.Model):
    """What the live page says of a product, copied when it is published."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="listings")
    locale = models.CharField(max_length=12, default="en")
    page_id = models.PositiveBigIntegerField()
    title = models.CharField(max_length=100)
    summary = models.CharField(max_length=300, blank=True)
    path = models.CharField(max_length=255)
    image = models.JSONField(
        default=dict, blank=True, help_text="Ready addresses of the tile picture."
    )
    category_keys = ArrayField(models.UUIDField(default=uuid.uuid4), default=list, blank=True)
    is_live = models.BooleanField(default=True)
    first_published_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "locale"], name="one_listing_per_language")
        ]

    def __str__(self) -> str:
        return self.title
