"""From a kind and its context to a mail: `templates/email/<kind>.html` and `.txt`."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static

# The shop's design tokens as mail clients can read them: light, then dark.
COLORS = {
    "canvas": "#fcfcfa", "stone": "#f2f1ed", "line": "#d8d5d0", "ink": "#1d1913",
    "soft": "#5b564e", "accent": "#1a46a8", "on_accent": "#fcfcfa", "wash": "#e8f0fd",
}  # fmt: skip
DARK = {
    "canvas": "#141210", "stone": "#1f1c19", "line": "#3c3934", "ink": "#f2f0ec",
    "soft": "#b3afa7", "accent": "#8db6ff", "on_accent": "#0d1421", "wash": "#1a2743",
}  # fmt: skip
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


def absolute(path: str) -> str:
    """Return an address that works outside the shop; what is absolute stays as it is."""
    return urljoin(f"{settings.SITE_URL.rstrip('/')}/", path)


def render(*, kind: str, subject: str, context: dict[str, Any]) -> Rendered:
    """Render both forms of a mail. The subject is one line whatever titles contain."""
    subject = " ".join(subject.split())[:200]
    everything = {
        **context,
        "subject": subject,
        "site": settings.SITE_URL.rstrip("/"),
        "icon": absolute(static("img/icon-192.png")),
        "color": COLORS,
        "dark": DARK,
        "font": FONT,
    }
    text = render_to_string(f"email/{kind}.txt", everything)
    return Rendered(
        subject=subject,
        text=_tidy(text),
        html=render_to_string(f"email/{kind}.html", everything),
    )


def _tidy(text: str) -> str:
    """Leave at most one empty line in a row, and no blanks at the ends of lines."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"
