from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now


class CustomerGroup(models.Model):
    """Shoppers for whom some prices and promotions are meant."""

    name = models.CharField(max_length=60, unique=True)

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    group = models.ForeignKey(CustomerGroup, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="in_a_group_once")]


class Promotion(models.Model):
    """What is taken off, of which items, when, for whom, and who bears it.

    Lists that are empty mean everything or everybody. A seller's promotion is about the
    seller's own items and borne by the seller; the marketplace bears its own.
    """

    class Kind(models.TextChoices):
        PERCENTAGE = "percentage", "A percentage off"
        FIXED = "fixed", "A fixed amount off"
        BUY_GET = "buy-get", "Buy some, get some"
        FREE_SHIPPING = "free-shipping", "Free shipping"

    seller = models.ForeignKey(
        "sellers.Seller", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    label = models.CharField(max_length=60)
    code = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=14, choices=Kind.choices)
    percent_bps = models.PositiveIntegerField(default=0)
    amount_minor = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    buy = models.PositiveIntegerField(default=0)
    get = models.PositiveIntegerField(default=0)
    least_minor = models.PositiveBigIntegerField(default=0)
    first_order = models.BooleanField(default=False)
    seller_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    product_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    category_keys = ArrayField(models.UUIDField(), default=list, blank=True)
    group_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    starts_at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    max_per_customer = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(
        db_default=0, help_text="Orders that hold it; counted while there is a limit."
    )
    priority = models.SmallIntegerField(default=0)
    stackable = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="one_promotion_per_code"
            ),
            models.CheckConstraint(
                condition=Q(code="") | Q(code__regex=r"^[A-Z0-9][A-Z0-9-]*$"),
                name="code_is_plain",
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(used__lte=F("max_uses")),
                name="never_used_more_than_allowed",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="promotion_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(currency__gt="") | Q(amount_minor=0, least_minor=0),
                name="promotions_amount_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(kind="percentage", percent_bps__gte=1, percent_bps__lte=10_000)
                | Q(kind="fixed", amount_minor__gte=1)
                | Q(
                    kind="buy-get", buy__gte=1, get__gte=1,
                    percent_bps__gte=1, percent_bps__lte=10_000,
                )
                | Q(kind="free-shipping"),
                name="promotion_takes_something_off",
            ),
            models.CheckConstraint(
                condition=Q(seller=None) | Q(seller_ids=[], group_ids=[]),
                name="sellers_promotion_is_about_its_items",
            ),
            models.CheckConstraint(
                condition=(Q(max_uses=None) | Q(max_uses__gte=1))
                & (Q(max_per_customer=None) | Q(max_per_customer__gte=1)),
                name="limits_allow_one_use",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["starts_at"],
                condition=Q(is_active=True, code=""),
                name="promotions_by_start",
            )
        ]

    def __str__(self) -> str:
        return self.label


class PromotionChange(models.Model):
    """Every way a promotion ever was, and from when on; append-only.

    Written by trigger, for the lowest price of the days before a reduction.
    """

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField(
        help_text="Switched on, and taken off one piece for everybody who buys it."
    )
    terms = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()


class Redemption(models.Model):
    """One order's use of a promotion; released when the order comes to nothing."""

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="redemptions")
    order_token = models.CharField(max_length=40)
    customer_key = models.CharField(max_length=64)
    user_id = models.BigIntegerField(null=True)
    slot = models.PositiveIntegerField(
        null=True, help_text="Which of the customer's allowed uses; the database picks it."
    )
    amount_minor = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    claimed_at = models.DateTimeField(db_default=Now())
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["promotion", "order_token"], name="one_redemption_per_order"
            ),
            models.UniqueConstraint(
                fields=["promotion", "customer_key", "slot"],
                condition=Q(released_at=None),
                name="one_redemption_per_customers_slot",
            ),
            models.UniqueConstraint(
                fields=["promotion", "user_id", "slot"],
                condition=Q(released_at=None),
                name="one_redemption_per_users_slot",
            ),
        ]
        indexes = [models.Index(fields=["order_token"])]
