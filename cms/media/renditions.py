"""Every size and format in which the shop shows its pictures: the one list.

Templates name a use; a use is a stretch of the ladder. All rungs of a picture
are made once, after upload, and never during a visitor's request.
"""

from dataclasses import dataclass

LADDER = (160, 320, 640, 960, 1280, 1920)
"""Widths in pixels. A picture has the rungs below its own width, and its own width."""

FALLBACK_WIDTH = 960
"""The one JPEG, for readers that know neither AVIF nor WebP: old browsers, mails, feeds."""


@dataclass(frozen=True)
class Format:
    """How a format is written. The settings weigh bytes against time, measured on photographs."""

    name: str
    suffix: str
    mime: str
    options: dict[str, int | bool]


AVIF = Format("AVIF", "avif", "image/avif", {"quality": 55, "speed": 9})
WEBP = Format("WEBP", "webp", "image/webp", {"quality": 72, "method": 2})
JPEG = Format("JPEG", "jpg", "image/jpeg", {"quality": 80, "progressive": True})
FORMATS = {"avif": AVIF, "webp": WEBP, "jpeg": JPEG}
BEST_FIRST = ("avif", "webp")

USES = {
    "thumb": (160, 320),
    "card": (160, 640),
    "tile": (320, 640),
    "gallery": (320, 960),
    "half": (320, 1280),
    "hero": (640, 1920),
}
"""The smallest and largest rung a use asks for."""


def rungs(*, width: int) -> list[int]:
    """Return the widths to make of a picture: no enlargements, and its own width at the top."""
    top = min(width, LADDER[-1])
    return [*(rung for rung in LADDER if rung < top * 0.9), top]


def filter_spec(*, width: int, format_name: str) -> str:
    """Return Wagtail's name of a rendition, so that it finds what was made here."""
    return f"width-{width}|format-{format_name}"
