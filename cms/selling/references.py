"""What a seller's page names: own pictures, own pages and categories, nothing else.

Choosers only offer these, but a form can be sent with any id, and the editor
would answer with the title and picture of whatever it names, errors or not.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import Http404
from wagtail.images.models import AbstractImage
from wagtail.models import Page, ReferenceIndex

from . import queries
from .queries import WorkspaceData

Reference = tuple[type[Model], int]


def refuse_foreign(*, form: Any, workspace: WorkspaceData) -> None:
    """Raise Http404 when a page form newly names what is not the seller's.

    What staff put on the page before may stay.
    """
    named: dict[type[Model], set[int]] = defaultdict(set)
    for model, pk in set(_references(form)):
        named[model].add(pk)
    if all(_is_own(model, ids, workspace) for model, ids in named.items()):
        return
    for model, pk in _already_there(form.instance):
        for kind, ids in named.items():
            if issubclass(kind, model):
                ids.discard(pk)
    if not all(_is_own(model, ids, workspace) for model, ids in named.items()):
        raise Http404


def _references(form: Any) -> Iterator[Reference]:
    yield from _of_fields(form)
    for formset in form.formsets.values():
        formset.is_valid()
        for row in formset.forms:
            yield from _of_fields(row)


def _of_fields(form: Any) -> Iterator[Reference]:
    for name, value in getattr(form, "cleaned_data", {}).items():
        try:
            field = form._meta.model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if not getattr(field, "primary_key", False):
            yield from _of_value(field, value)


def _of_value(field: Any, value: Any) -> Iterator[Reference]:
    if isinstance(value, Model):
        yield type(value), int(value.pk)
    elif isinstance(value, QuerySet):
        yield from ((value.model, int(pk)) for pk in value.values_list("pk", flat=True))
    elif value is not None and hasattr(field, "extract_references"):
        for model, pk, *_ in field.extract_references(value):
            yield model, int(pk)


def _already_there(page: Page) -> Iterator[Reference]:
    for kind, pk, *_ in ReferenceIndex._extract_references_from_object(page):
        model = ContentType.objects.get_for_id(kind).model_class()
        if model is not None and pk.isdecimal():
            yield model, int(pk)


def _is_own(model: type[Model], ids: Iterable[int], workspace: WorkspaceData) -> bool:
    wanted = set(ids)
    if not wanted:
        return True
    if issubclass(model, AbstractImage):
        return queries.owns_images(workspace=workspace, image_ids=wanted)
    if issubclass(model, Page):
        pages = Page.objects.filter(pk__in=wanted)
        return queries.choosable_pages(workspace=workspace, pages=pages).count() == len(wanted)
    return False
