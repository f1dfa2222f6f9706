"""Everything that a stream names, read in one statement for pictures and one for pages.

Wagtail reads per field of a block: a page of ten kinds of blocks would cost a dozen
statements. Around `read`, choosers take what was read together instead. Pages come
as plain pages then: their title, address and state, not what their type adds.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

Known = dict[type, dict[int, Any]]
_known: ContextVar[Known | None] = ContextVar("references_read_together", default=None)


class _ReadTogether:
    reads: type

    def bulk_to_python(self, values: Iterable[int | None]) -> list[Any]:
        known = _known.get()
        if known is None:
            return super().bulk_to_python(values)  # type: ignore[misc]
        found = known[self.reads]
        return [found.get(value) if value else None for value in values]


class ImageBlock(_ReadTogether, ImageChooserBlock):
    reads = ImageChooserBlock


class PageBlock(_ReadTogether, blocks.PageChooserBlock):
    reads = blocks.PageChooserBlock


@contextmanager
def read(*streams: blocks.StreamValue) -> Iterator[None]:
    """Read what these streams name, and let their blocks take it from there."""
    named: dict[type, set[int]] = {ImageChooserBlock: set(), blocks.PageChooserBlock: set()}
    for stream in streams:
        for kind, number in _named(stream.stream_block, list(stream.raw_data)):
            named[kind].add(number)
    token = _known.set(
        {
            ImageChooserBlock: _in_bulk(ImageBlock().model_class, named[ImageChooserBlock]),
            blocks.PageChooserBlock: _in_bulk(Page, named[blocks.PageChooserBlock]),
        }
    )
    try:
        yield
    finally:
        _known.reset(token)


def _in_bulk(model: Any, ids: set[int]) -> dict[int, Any]:
    return dict(model.objects.in_bulk(ids)) if ids else {}


def _named(block: blocks.Block, raw: Any) -> Iterator[tuple[type, int]]:
    match block:
        case _ReadTogether():
            if raw:
                yield block.reads, int(raw)
        case blocks.StreamBlock():
            for item in raw or ():
                if item["type"] in block.child_blocks:
                    yield from _named(block.child_blocks[item["type"]], item["value"])
        case blocks.StructBlock():
            for name, child in block.child_blocks.items():
                yield from _named(child, (raw or {}).get(name))
        case blocks.ListBlock():
            for item in raw or ():
                wrapped = isinstance(item, dict) and item.get("type") == "item"
                yield from _named(block.child_block, item["value"] if wrapped else item)
