"""Hooks that narrow Wagtail's choosers, menus and home page to a seller's own."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from wagtail import hooks

from . import queries


def _workspace(request: HttpRequest) -> queries.WorkspaceData | None:
    return getattr(request, "seller_workspace", None)


@hooks.register("construct_page_chooser_queryset")
def only_pages_a_seller_may_pick(pages: QuerySet, request: HttpRequest) -> QuerySet:
    workspace = _workspace(request)
    return queries.choosable_pages(workspace=workspace, pages=pages) if workspace else pages


@hooks.register("construct_image_chooser_queryset")
def only_own_images(images: QuerySet, request: HttpRequest) -> QuerySet:
    workspace = _workspace(request)
    return images.filter(collection_id=workspace.collection_id) if workspace else images


@hooks.register("construct_explorer_page_queryset")
def only_own_pages(parent: Any, pages: QuerySet, request: HttpRequest) -> QuerySet:
    workspace = _workspace(request)
    return pages.filter(path__startswith=workspace.page_path) if workspace else pages
