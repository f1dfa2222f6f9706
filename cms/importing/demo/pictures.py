"""Pictures of the demo's own pages, each stored once."""

from collections.abc import Sequence
from pathlib import Path

from django.core.files.base import ContentFile

from cms.media.collections import shop_collection
from cms.media.models import ShopImage

from ..pictures import check_picture


class PageImages:
    """Gives out images by their file's name below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.collection = shop_collection()
        self._known: dict[str, ShopImage] = {}

    def get(
        self, name: str | None, alt: str = "", focus: Sequence[float] | None = None
    ) -> ShopImage | None:
        """Return the image of that name, stored on first use; None without a name.

        `focus` is where its important part is, as shares of width and height.
        """
        if not name:
            return None
        if name not in self._known:
            self._known[name] = self._stored(name, alt, focus)
        return self._known[name]

    def _stored(self, name: str, alt: str, focus: Sequence[float] | None) -> ShopImage:
        data = (self.folder / name).read_bytes()
        title = name.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("-", " ").capitalize()
        existing = ShopImage.objects.filter(title=title, collection=self.collection)
        if (image := existing.filter(file_size=len(data)).first()) is not None:
            return image
        stem = name.replace("/", "-").rsplit(".", 1)[0]
        image = ShopImage(
            title=title,
            description=alt[:255],
            collection=self.collection,
            file=ContentFile(data, name=f"{stem}.{check_picture(data)}"),
            file_size=len(data),
        )
        if focus is not None:
            wide, high = image.file.width, image.file.height
            image.focal_point_x, image.focal_point_y = (
                round(focus[0] * wide),
                round(focus[1] * high),
            )
            image.focal_point_width = image.focal_point_height = min(wide, high) // 3
        image.save()
        return image
