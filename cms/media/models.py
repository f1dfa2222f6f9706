from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.db import models
from django.db.models import ProtectedError
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, Image


class ShopImage(AbstractImage):
    """A photograph of the shop; belongs to a seller through its collection.

    `sources` holds the addresses of the renditions that exist, so that a page
    shows pictures without asking for renditions and never makes one.
    """

    sources = models.JSONField(default=dict, blank=True, editable=False)

    admin_form_fields = (*Image.admin_form_fields, "description")

    class Meta(AbstractImage.Meta):
        verbose_name = "image"
        verbose_name_plural = "images"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the picture. Raises PermissionDenied while a product page shows it."""
        try:
            return super().delete(*args, **kwargs)
        except ProtectedError as error:
            raise PermissionDenied("A product page shows this picture.") from error

    @property
    def default_alt_text(self) -> str:
        return self.description or self.title


class ShopRendition(AbstractRendition):
    image = models.ForeignKey(ShopImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "filter_spec", "focal_point_key"], name="unique_rendition"
            )
        ]


def private_storage() -> Any:
    return storages["private"]


class ShopDocument(AbstractDocument):
    """A file behind a link that lapses; never public by its address."""

    file = models.FileField(upload_to="documents", storage=private_storage)

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = "document"
        verbose_name_plural = "documents"
