"""Filters the components and the base template need."""

import json

from django import template
from django.utils.safestring import SafeString, mark_safe

from commerce.kernel.money import Money
from storefront import amounts

register = template.Library()

# What could end a script element or start a comment inside one.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def shown(amount: Money | str | None) -> str:
    """Show an amount; text that is already formatted stays as it is."""
    if amount is None or isinstance(amount, str):
        return amount or ""
    return amounts.shown(amount)


@register.filter
def json_ld(data: object) -> SafeString:
    """Write structured data so that no value in it can leave its script element."""
    return mark_safe(json.dumps(data, ensure_ascii=False, default=str).translate(_ESCAPES))
