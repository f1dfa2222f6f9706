from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from commerce.kernel.tokens import new_token


class Cart(models.Model):
    """What somebody means to buy."""

    class State(models.TextChoices):
        OPEN = "open"
        ORDERED = "ordered"
        MERGED = "merged"
        EXPIRED = "expired"

    token = models.CharField(max_length=40, unique=True, default=new_token)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    currency = models.CharField(max_length=3)
    codes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=Value([], ArrayField(models.CharField(max_length=40))),
        help_text="Promotion codes as they were entered.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="open"), name="one_open_cart_per_user"
            )
        ]
        indexes = [
            models.Index(
                fields=["touched_at"],
                condition=Q(state="open", user=None),
                name="guest_carts_by_last_touch",
            )
        ]


class Line(models.Model):
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey("catalog.Variant", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="one_line_per_variant"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=999), name="line_quantity_is_sane"
            ),
        ]
