import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Card(models.Model):
    """One tile. Fed by facts, rebuilt by `rebuild_discovery`, never authoritative."""

    product_id = models.PositiveBigIntegerField()
    locale = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=100)
    path = models.CharField(max_length=255)
    image = models.JSONField(default=dict)
    seller_id = models.PositiveBigIntegerField()
    seller_name = models.CharField(max_length=80)
    seller_path = models.CharField(max_length=255)
    brand = models.CharField(max_length=80, blank=True)
    price_minor = models.PositiveBigIntegerField()
    price_varies = models.BooleanField(default=False)
    compare_at_minor = models.PositiveBigIntegerField(null=True)
    in_stock = models.BooleanField(default=True)
    variants_summary = models.CharField(max_length=80, blank=True)
    category_keys = ArrayField(models.UUIDField(default=uuid.uuid4), default=list)
    published_at = models.DateTimeField()
    popularity = models.PositiveIntegerField(default=0)
    search = SearchVectorField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product_id", "locale", "currency"], name="one_card_per_product"
            )
        ]
        indexes = [
            GinIndex(fields=["category_keys"], name="card_categories"),
            GinIndex(fields=["search"], name="card_search"),
            models.Index(fields=["locale", "currency", "-published_at", "-id"], name="card_newest"),
            models.Index(fields=["locale", "currency", "price_minor", "id"], name="card_cheapest"),
            models.Index(fields=["locale", "currency", "-popularity", "-id"], name="card_popular"),
            models.Index(fields=["seller_id"], name="card_seller"),
        ]


ONLY = 1
"""The key of the one row below."""


class Built(models.Model):
    """In which currencies the cards of all products are, since they were last rebuilt."""

    currencies = models.CharField(max_length=400, blank=True)
    begun_at = models.DateTimeField(null=True, help_text="Since when somebody rebuilds them.")
