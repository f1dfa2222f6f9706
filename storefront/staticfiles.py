"""Static files: one joined stylesheet without a build step, hashed names in production.

`static/css/shop.css` is a table of contents of `@import … layer(…)` lines. A browser would
fetch them one after another, so the finder below answers `css/shop.css` with all of them
joined, in development and for collectstatic alike.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

ENTRY = "css/shop.css"
_IMPORT = re.compile(r'@import url\("(?P<path>[^"]+)"\) layer\((?P<layer>[a-z]+)\);\n?')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class BadStylesheet(ValueError):
    """A stylesheet cannot be joined; the message names the file and the reason."""


def join(entry: Path) -> str:
    """Return the stylesheet with every import replaced by a block of its layer.

    Raises BadStylesheet for an import inside an import, and for a relative address in a
    subfolder, which would point elsewhere once joined.
    """

    def inline(match: re.Match[str]) -> str:
        source = (entry.parent / match["path"]).read_text(encoding="utf-8")
        if "@import" in source:
            raise BadStylesheet(f"{match['path']}: only {entry.name} imports")
        if "/" in match["path"] and re.search(r'url\("(?!data:)', source):
            raise BadStylesheet(f"{match['path']}: files in a subfolder cannot use url()")
        return f"@layer {match['layer']} {{ {source} }}\n"

    return _squeeze(_IMPORT.sub(inline, entry.read_text(encoding="utf-8")))


def _squeeze(css: str) -> str:
    css = re.sub(r"\s+", " ", _COMMENT.sub("", css))
    css = re.sub(r"\s*([{};])\s*", r"\1", css).replace(";}", "}")
    css = re.sub(r"\s*([>:,])\s+", r"\1", css)
    css = re.sub(r"(?<![\w.])0\.(?=\d)", ".", css)
    return css.replace("@layer", "\n@layer").strip() + "\n"


class JoinedStylesheetFinder(BaseFinder):
    """Finds `css/shop.css` as one joined file, rewritten whenever a source is newer."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.source = settings.ROOT / "static" / ENTRY
        self.storage = FileSystemStorage(location=settings.ROOT / "var" / "joined")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != ENTRY:
            return []
        found = str(self._current())
        return [found] if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        self._current()
        yield ENTRY, self.storage

    def _current(self) -> Path:
        target = Path(self.storage.path(ENTRY))
        sources = [Path(__file__), *self.source.parent.rglob("*.css")]
        newest = max(source.stat().st_mtime_ns for source in sources)
        if not target.exists() or target.stat().st_mtime_ns < newest:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".new")
            draft.write_text(join(self.source), encoding="utf-8")
            draft.replace(target)  # a reader sees the old file or the new one, never half
        return target


class ShopStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names and compressed copies, for production.

    Imports between scripts are not rewritten (Django's support for it stumbles over
    htmx), so our script modules stand alone; a test holds them to it.
    """
