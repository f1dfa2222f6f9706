from django.db import models


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
    updated_at = models.DateTimeField(auto_now=True)
