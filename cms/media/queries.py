from django.db.models import F, Q
from django.db.models.fields.json import KT

from .models import ShopImage


def next_incomplete(*, after: int) -> int | None:
    """Return the next picture by id that lacks a format of its present file."""
    lacking = (
        ~Q(sources__has_key="ladder")
        | ~Q(sources__ladder__has_key="avif")
        | ~Q(sources__ladder__has_key="jpeg")
        | ~Q(made_of=F("file"))
    )
    images = ShopImage.objects.annotate(made_of=KT("sources__file"))
    found = images.filter(lacking, pk__gt=after).order_by("pk")
    return found.values_list("pk", flat=True).first()
