"""A picture as components take it. Reads what is ready; never makes or asks for anything."""

from typing import Any

from django.core.files.storage import default_storage

from .models import ShopImage
from .renditions import BEST_FIRST, FORMATS, USES

Picture = dict[str, Any]


def picture(image: ShopImage | None, *, use: str, alt: str | None = None) -> Picture:
    """Return the image for a use: addresses, size, words. Empty without an image.

    What is not made yet is left out, down to the original alone.
    """
    if image is None:
        return {}
    ladder = _ladder(image)
    width, height = image.sources.get("size") or (image.width, image.height)
    return {
        "src": _fallback(image, ladder, use),
        "width": width,
        "height": height,
        "alt": image.default_alt_text if alt is None else alt,
        **_focus(image, width),
        "sources": [
            {"type": FORMATS[name].mime, "srcset": srcset}
            for name in BEST_FIRST
            if (srcset := _srcset(ladder.get(name, []), use))
        ],
    }


def gallery_picture(image: ShopImage, *, alt: str, key: str = "") -> Picture:
    """Return the image for a gallery, with the large one and the small one."""
    shown = picture(image, use="gallery", alt=alt)
    return {
        **shown,
        "srcset": shown["sources"][-1]["srcset"] if shown["sources"] else "",
        "large": default_storage.url(_largest(image)),
        "thumb": picture(image, use="thumb", alt=alt),
        "key": key,
    }


def _ladder(image: ShopImage) -> dict[str, list[tuple[int, str]]]:
    """Return ready files by format, or none when they were made of an earlier file."""
    if image.sources.get("file") != image.file.name:
        return {}
    ladder: dict[str, list[tuple[int, str]]] = image.sources.get("ladder", {})
    return ladder


def _srcset(files: list[tuple[int, str]], use: str) -> str:
    low, high = USES[use]
    fitting = [(width, name) for width, name in files if low <= width <= high]
    if not fitting and files:
        fitting = [min(files)] if files[0][0] > high else [max(files)]
    return ", ".join(f"{default_storage.url(name)} {width}w" for width, name in fitting)


def _fallback(image: ShopImage, ladder: dict[str, list[tuple[int, str]]], use: str) -> str:
    if use == "thumb" and (webp := ladder.get("webp")):
        return default_storage.url(webp[0][1])
    if jpeg := ladder.get("jpeg"):
        return default_storage.url(jpeg[-1][1])
    return default_storage.url(image.file.name)


def _focus(image: ShopImage, width: int) -> Picture:
    """Return on which side the important part is, where it is not in the middle."""
    if image.focal_point_x is None or not width:
        return {}
    place = image.focal_point_x / width
    if 0.4 <= place <= 0.6:
        return {}
    return {"focus": "start" if place < 0.4 else "end"}


def _largest(image: ShopImage) -> str:
    ladder = _ladder(image)
    files = ladder.get("webp") or ladder.get("jpeg") or []
    return files[-1][1] if files else str(image.file.name)
