"""What cameras and programs write into a picture beside the picture."""

import io
from typing import Any

from PIL import ExifTags, Image

ORIENTATION = ExifTags.Base.Orientation
TOLD = ("exif", "xmp", "XML:com.adobe.xmp", "comment", "photoshop")
WRITTEN: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": "keep"},
    "MPO": {"quality": 95},
    "PNG": {},
    "WEBP": {"quality": 95, "method": 2},
    "AVIF": {"quality": 90, "speed": 8},
}


def without_metadata(data: bytes) -> bytes:
    """Return a picture's file without what tells of people and places, such as where it was taken.

    Which side is up stays. A file that tells nothing, or that moves, comes back as it is.
    """
    with Image.open(io.BytesIO(data)) as picture:
        form = picture.format or ""
        exif = picture.getexif()
        words = any(picture.info.get(name) for name in TOLD[1:]) or getattr(picture, "text", None)
        is_moving = form != "MPO" and getattr(picture, "n_frames", 1) > 1
        if not (words or set(exif) - {ORIENTATION}) or form not in WRITTEN or is_moving:
            return data
        kept = Image.Exif()
        if ORIENTATION in exif:
            kept[ORIENTATION] = exif[ORIENTATION]
        for name in TOLD:
            picture.info.pop(name, None)
        buffer = io.BytesIO()
        picture.save(
            buffer,
            "JPEG" if form == "MPO" else form,
            exif=kept.tobytes(),
            icc_profile=picture.info.get("icc_profile"),
            **WRITTEN[form],
        )
    return buffer.getvalue()
