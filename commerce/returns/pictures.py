"""Shoppers' pictures: looked at before they are kept, and kept without what cameras add."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from .models import CasePicture

MOST = 5
MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 50_000_000
SIDE = 2000
FORMATS = ("JPEG", "PNG", "WEBP")


class InvalidPicture(ValueError):
    """A file is no picture that can be taken; the message says which and what to do."""


@contextmanager
def stored(pictures: Sequence[bytes]) -> Iterator[list[str]]:
    """Keep pictures in the private store, and only for what comes of the block; gives their names.

    To be entered outside a transaction. Raises InvalidPicture.
    """
    names = _store(pictures)
    try:
        yield names
    except BaseException:
        for name in names:
            CasePicture._meta.get_field("file").storage.delete(name)
        raise


def _store(pictures: Sequence[bytes]) -> list[str]:
    if len(pictures) > MOST:
        raise InvalidPicture(f"Choose at most {MOST} pictures.")
    checked = [_checked(data, place) for place, data in enumerate(pictures, start=1)]
    field = CasePicture._meta.get_field("file")
    return [
        field.storage.save(field.generate_filename(CasePicture(), "picture.jpg"), ContentFile(data))
        for data in checked
    ]


def _checked(data: bytes, place: int) -> bytes:
    if len(data) > MAX_BYTES:
        raise InvalidPicture(f"Picture {place} is larger than 8 MB. Choose a smaller one.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise InvalidPicture(f"Picture {place} has too many pixels. Choose a smaller one.")
            # First of all: a JPEG is then never unpacked at its full size.
            opened.thumbnail((SIDE, SIDE))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except InvalidPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidPicture(
            f"File {place} is not a JPEG, PNG or WebP picture. Choose another one."
        ) from None
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
