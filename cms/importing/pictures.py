"""Pictures of an import: from a folder, our own media or an address; checked; stored once."""

import hashlib
import io
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.text import slugify
from PIL import Image

from cms.media.metadata import without_metadata
from cms.media.models import ShopImage

from .fetching import FetchRefused, fetch
from .models import ImportedImage

SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif"}


class PictureRefused(Exception):
    """The picture cannot be used; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """Where an import may take pictures from. Addresses are fetched only when it says so."""

    folder: Path | None = None
    fetch: bool = False
    library: bool = False
    """Names without an address are looked up among the seller's pictures."""

    def check(self, source: str) -> None:
        """Raise PictureRefused when it is plain that the picture cannot be had."""
        if _own_name(source) is not None:
            return
        if source.startswith(("http://", "https://")):
            if not self.fetch:
                raise PictureRefused(
                    "Pictures are not fetched from other sites in this import. Allow fetching,"
                    " or upload the pictures."
                )
        elif self._path(source) is None:
            raise PictureRefused(self._missing(source))

    def _missing(self, source: str) -> str:
        if self.library:
            return (
                f"There is no picture “{source[:80]}” among your pictures. Upload it under"
                " Pictures with this name, and import the file again."
            )
        return f"There is no picture “{source[:80]}” in the folder. Check its name."

    def read(self, source: str) -> bytes:
        """Return the checked picture's file. Raises PictureRefused."""
        self.check(source)
        if source.startswith(("http://", "https://")):
            try:
                data = fetch(source)
            except FetchRefused as error:
                raise PictureRefused(str(error)) from error
            return plain_picture(data)
        path = self._path(source)
        if path is None:
            raise PictureRefused(self._missing(source))
        if path.stat().st_size > settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE:
            raise PictureRefused("The picture is larger than 5 MB. Make it smaller.")
        data = path.read_bytes()
        return plain_picture(data)

    def _path(self, source: str) -> Path | None:
        if self.folder is None:
            return None
        root = self.folder.resolve()
        path = (root / source).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None


def stored(
    *, sources: Iterable[str], seller_id: int, collection_id: int, library: bool = False
) -> dict[str, ShopImage]:
    """Return pictures that are here already, by source.

    They came with an earlier import, or the source is an address of our own media, or,
    with `library`, the name of a picture that the seller uploaded.
    """
    sources = list(sources)
    rows = ImportedImage.objects.filter(seller_id=seller_id, source__in=sources)
    found = {row.source: row.image for row in rows.select_related("image")}
    own = {source: name for source in sources if (name := _own_name(source)) is not None}
    if own:
        images = ShopImage.objects.filter(file__in=set(own.values()), collection_id=collection_id)
        by_name = {image.file.name: image for image in images}
        found |= {source: by_name[name] for source, name in own.items() if name in by_name}
    if library:
        missing = [source for source in sources if source not in found and "/" not in source]
        found |= _uploaded(missing, collection_id)
    return found


def _uploaded(names: list[str], collection_id: int) -> dict[str, ShopImage]:
    """Return uploaded pictures by the file name they had; the newest where several had it."""
    titles = {title: name for name in names for title in (name, PurePosixPath(name).stem)}
    images = ShopImage.objects.filter(title__in=titles, collection_id=collection_id)
    return {titles[image.title]: image for image in images.order_by("pk")}


def store(
    files: Mapping[str, bytes], *, titles: Mapping[str, str], seller_id: int, collection_id: int
) -> dict[str, ShopImage]:
    """Add checked pictures to the seller's collection, once per content; returns them by source.

    Written in bulk: the caller sees to the search index and to renditions.
    """
    hashes = {
        source: hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for source, data in files.items()
    }
    known = {
        image.file_hash: image
        for image in ShopImage.objects.filter(
            file_hash__in=set(hashes.values()), collection_id=collection_id
        )
    }
    new = {
        digest: _unsaved(files[source], source, titles[source], digest, collection_id)
        for source, digest in hashes.items()
        if digest not in known
    }
    ShopImage.objects.bulk_create(new.values())
    found = {source: known.get(digest) or new[digest] for source, digest in hashes.items()}
    ImportedImage.objects.bulk_create(
        [
            ImportedImage(seller_id=seller_id, source=source[:500], image=image)
            for source, image in found.items()
        ],
        update_conflicts=True,
        unique_fields=["seller", "source"],
        update_fields=["image"],
    )
    return found


def _unsaved(data: bytes, source: str, title: str, digest: str, collection_id: int) -> ShopImage:
    with Image.open(io.BytesIO(data)) as picture:
        suffix, (width, height) = SUFFIXES[picture.format or ""], picture.size
    stem = slugify(PurePosixPath(unquote(urlsplit(source).path)).stem)[:60] or "picture"
    name = default_storage.save(f"original_images/{stem}.{suffix}", ContentFile(data))
    return ShopImage(
        title=title[:255] or stem,
        collection_id=collection_id,
        file=name,
        width=width,
        height=height,
        file_size=len(data),
        file_hash=digest,
    )


def plain_picture(data: bytes) -> bytes:
    """Return a picture without its camera's words. Raises PictureRefused when it is none."""
    check_picture(data)
    try:
        return without_metadata(data)
    except Exception as error:
        raise PictureRefused("The picture is damaged. Save it anew.") from error


def check_picture(data: bytes) -> str:
    """Return the suffix a picture should have. Raises PictureRefused when it is none."""
    if len(data) > settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE:
        raise PictureRefused("The picture is larger than 5 MB. Make it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                form, (width, height) = picture.format or "", picture.size
                picture.verify()
    except Exception as error:
        raise PictureRefused(
            "The file is not a picture we can read. Use JPEG, PNG, WebP or AVIF."
        ) from error
    if form not in SUFFIXES:
        raise PictureRefused(f"{form} pictures are not taken. Use JPEG, PNG, WebP or AVIF.")
    if width * height > settings.WAGTAILIMAGES_MAX_IMAGE_PIXELS:
        raise PictureRefused(f"The picture has {width} × {height} pixels. Make it smaller.")
    return SUFFIXES[form]


def _own_name(source: str) -> str | None:
    """Return the stored name when an address is one of our own media."""
    base = default_storage.url("")
    for prefix in (base, f"{settings.SITE_URL}{base}"):
        if source.startswith(prefix):
            return unquote(source.removeprefix(prefix))
    return None


def own_address(image: ShopImage) -> str:
    """Return the address that `stored` recognises in this shop."""
    url = default_storage.url(image.file.name)
    return url if url.startswith(("http://", "https://")) else f"{settings.SITE_URL}{url}"
