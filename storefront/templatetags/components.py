"""Components that show what they are given and nothing else are written once for each of it."""

from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django_cotton.templatetags import UnprocessableDynamicAttr
from django_cotton.templatetags._component import (
    AttrKind,
    CottonComponentNode,
    cotton_component,
)
from django_cotton.templatetags._slot import CottonSlotNode

from cms.pages import memory

register = template.Library()

KEPT = {
    "arrow-link", "badge", "breadcrumb", "button", "button-link", "choice", "field", "icon",
    "link-button", "notice", "picture", "price", "quantity", "rating", "steps", "stock-state",
}  # fmt: skip
"""None of them asks who is visiting, what is in a cart, or what time it is."""
LONGEST = 2_000
"""Characters of what one shows, of each text of it, that are worth remembering it for."""
_PLAIN = {str, SafeString, int, bool, type(None)}


class _Unlike(Exception):
    """A value that cannot be told from another by its looks, such as a form's field; or is long."""


class KeptComponent(CottonComponentNode):
    """Recalls its markup by its place in a template, what it is given and what stands in it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._given = [
            attr
            for attr in self._prepared_attrs
            if attr.kind not in (AttrKind.BOOLEAN, AttrKind.STATIC) and attr.compiled is not None
        ]
        self._has_parts = bool(self.nodelist.get_nodes_by_type(CottonSlotNode))

    def render(self, context: Context) -> SafeString:
        if self._has_parts:
            return self._written(context)
        try:
            given = [_looks(_value(attr, context)) for attr in self._given]
        except (_Unlike, UnprocessableDynamicAttr):
            return self._written(context)
        inside = self.nodelist.render(context) if self.nodelist else ""
        if len(inside) > LONGEST:
            return self._written(context)
        key = (self, get_language(), inside, *given)
        return memory.components.recall(key, lambda: self._written(context))

    def _written(self, context: Context) -> SafeString:
        written: SafeString = super().render(context)
        return written


def _value(attr: Any, context: Context) -> Any:
    if attr.kind == AttrKind.ESCAPED:
        return attr.compiled.render(context)
    return attr.compiled.resolve(context)


def _looks(value: Any) -> Any:
    """Return what tells a value from all that would be shown otherwise: 1 is not True."""
    kind = value.__class__
    if kind in _PLAIN:
        if isinstance(value, str) and len(value) > LONGEST:
            raise _Unlike
        return kind, value
    if kind is dict:
        return kind, tuple((key, _looks(inner)) for key, inner in value.items())
    if kind in (list, tuple):
        return kind, tuple(map(_looks, value))
    raise _Unlike


@register.tag("cotton")
def component(parser: Parser, token: Token) -> CottonComponentNode:
    """Take the place of the component tag for those that are kept."""
    node = cotton_component(parser, token)
    if node.component_name not in KEPT or node.only:
        return node
    return KeptComponent(
        node.component_name, node.nodelist, node.attrs, node.only, node.active_library
    )
