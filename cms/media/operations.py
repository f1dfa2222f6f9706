"""Making renditions ahead of the first visitor."""

import io
import os
from collections.abc import Iterable
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image, ImageOps
from wagtail.images.models import SourceImageIOError

from commerce.kernel.failpoints import failpoint

from .models import ShopImage, ShopRendition
from .renditions import FALLBACK_WIDTH, FORMATS, Format, filter_spec, rungs
from .signals import renditions_ready

log = structlog.get_logger(__name__)

Made = list[tuple[str, int, int, str]]
"""Format, width, height, file name."""


def make_renditions(
    *, image_id: int, formats: Iterable[str] = ("webp", "avif", "jpeg"), up_to: int | None = None
) -> bool:
    """Make what is missing of a picture's renditions, and tell the pages that show it.

    Returns whether anything was made. Repeating it costs one read. Raises
    SourceImageIOError when the file is gone.
    """
    image = ShopImage.objects.filter(pk=image_id).first()
    if image is None:
        return False
    made = encode(image, formats=formats, up_to=up_to)
    if made is None:
        return False
    failpoint("renditions_written")
    record(image, made=made)
    renditions_ready.send(sender=ShopImage, image_id=image_id)
    return True


def encode(
    image: ShopImage, *, formats: Iterable[str], up_to: int | None = None
) -> tuple[tuple[int, int], Made] | None:
    """Write the missing files and return what was written; touches no database.

    Safe in a thread: the encoders let go of the interpreter.
    """
    have = _present(image)
    try:
        with image.file.storage.open(image.file.name) as handle, Image.open(handle) as opened:
            opened.load()
            picture = ImageOps.exif_transpose(opened)
    except OSError as error:
        raise SourceImageIOError(str(error)) from error
    wanted = [
        (name, width)
        for width in reversed(rungs(width=picture.width))
        for name in formats
        if (name, width) not in have
        and (up_to is None or width <= up_to)
        and (name != "jpeg" or width == _fallback_width(picture.width))
    ]
    if not wanted:
        return None
    made: Made = []
    picture = _flat(picture)
    for name, width in wanted:
        if picture.width > width:
            height = max(1, round(picture.height * width / picture.width))
            scaled = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
        else:
            scaled = picture
        made.append((name, scaled.width, scaled.height, _write(image, scaled, FORMATS[name])))
    return (picture.width, picture.height), made


@transaction.atomic
def record(image: ShopImage, *, made: tuple[tuple[int, int], Made]) -> None:
    """Enter the written files, unless the picture's own file was replaced meanwhile."""
    size, files = made
    row = ShopImage.objects.select_for_update().filter(pk=image.pk).first()
    if row is None or row.file.name != image.file.name:
        for _, _, _, name in files:
            default_storage.delete(name)
        return
    ShopRendition.objects.bulk_create(
        [
            ShopRendition(
                image=row,
                filter_spec=filter_spec(width=width, format_name=name),
                focal_point_key="",
                file=file_name,
                width=width,
                height=height,
            )
            for name, width, height, file_name in files
        ],
        ignore_conflicts=True,
    )
    row.sources = _merged(row, size, files)
    ShopImage.objects.filter(pk=row.pk).update(sources=row.sources)
    image.sources = row.sources


def _merged(image: ShopImage, size: tuple[int, int], made: Made) -> dict[str, Any]:
    same_file = image.sources.get("file") == image.file.name
    ladder = dict(image.sources.get("ladder", {})) if same_file else {}
    for name, width, _, file_name in made:
        files = [entry for entry in ladder.get(name, []) if entry[0] != width]
        ladder[name] = sorted([*files, [width, file_name]])
    return {"file": image.file.name, "size": list(size), "ladder": ladder}


def _present(image: ShopImage) -> set[tuple[str, int]]:
    if image.sources.get("file") != image.file.name:
        return set()
    ladder = image.sources.get("ladder", {})
    return {(name, entry[0]) for name, files in ladder.items() for entry in files}


def _fallback_width(width: int) -> int:
    return max(
        rung for rung in rungs(width=width) if rung <= max(FALLBACK_WIDTH, rungs(width=width)[0])
    )


def _flat(picture: Image.Image) -> Image.Image:
    """Lay a transparent picture on white: the shop's plates are drawn for white grounds."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        ground = Image.new("RGB", rgba.size, "white")
        ground.paste(rgba, mask=rgba.getchannel("A"))
        return ground
    return picture.convert("RGB")


def _write(image: ShopImage, picture: Image.Image, form: Format) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, form.name, **form.options)
    stem = os.path.splitext(os.path.basename(image.file.name))[0]
    name = f"images/{stem[:60]}.{picture.width}.{form.suffix}"
    return default_storage.save(name, ContentFile(buffer.getvalue()))
