from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from commerce.kernel.tokens import new_token


class Draft(models.Model):
    """What a shopper is offered to pay: a cart of its own, filled by a seller or by staff."""

    token = models.CharField(max_length=40, unique=True, default=new_token)
    cart = models.OneToOneField("cart.Cart", on_delete=models.PROTECT, related_name="+")
    seller = models.ForeignKey(
        "sellers.Seller",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose people made it; none for staff.",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    adds_to = models.ForeignKey(
        "orders.SellerOrder",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The part of an order that it supplements.",
    )
    email = models.EmailField()
    note = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="draft_can_be_paid_for_a_while"
            )
        ]
        indexes = [models.Index(fields=["seller", "-created_at"], name="drafts_of_seller")]
