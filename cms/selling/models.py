from django.db import models


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
