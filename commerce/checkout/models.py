from django.db import models
from django.db.models import Value


class Checkout(models.Model):
    """What the shopper has told us so far; survives failure, outage and sign-in."""

    cart = models.OneToOneField("cart.Cart", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(blank=True)
    ship_to = models.JSONField(default=dict, blank=True)
    methods = models.JSONField(
        default=dict, blank=True, help_text="Shipping method by seller, both ids."
    )
    vat_id = models.CharField(
        max_length=20, blank=True, db_default="", help_text="Of a business that buys in the EU."
    )
    vat_check = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), blank=True,
        help_text="What the register of VAT numbers said of it.",
    )  # fmt: skip
    estimate_for = models.JSONField(
        default=dict, db_default=Value({}, models.JSONField()), blank=True,
        help_text="A country and postal code to estimate for, before there is an address.",
    )  # fmt: skip
    gift_cards = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True,
        help_text="Ids of the cards whose codes were typed, in that order.",
    )  # fmt: skip
    use_credit = models.BooleanField(default=False, db_default=False)
    updated_at = models.DateTimeField(auto_now=True)

    # What is asked in the same trip; no columns.
    is_first_order = True
    is_stale = False
