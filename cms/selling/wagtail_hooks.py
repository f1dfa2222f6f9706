"""Hooks that open sellers' own screens and narrow Wagtail's to what is theirs."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from . import menu, panels, queries, references


def _workspace(request: HttpRequest) -> queries.WorkspaceData | None:
    return getattr(request, "seller_workspace", None)


@hooks.register("register_admin_urls")
def sellers_screens() -> list[URLPattern | URLResolver]:
    from . import urls

    return [path("selling/", include(urls))]


for item in menu.ITEMS:
    hooks.register("register_admin_menu_item", lambda item=item: item)


@hooks.register("construct_main_menu", order=1000)
def only_sellers_items(request: HttpRequest, items: list[MenuItem]) -> None:
    if _workspace(request):
        items[:] = [item for item in items if isinstance(item, menu.SellersItem)]


@hooks.register("construct_homepage_panels", order=1000)
def only_sellers_panels(request: HttpRequest, shown: list[Any]) -> None:
    if workspace := _workspace(request):
        shown[:] = panels.panels_for(workspace)


@hooks.register("construct_homepage_summary_items", order=1000)
def no_summary_of_the_site(request: HttpRequest, items: list[Any]) -> None:
    if _workspace(request):
        items.clear()


@hooks.register("register_admin_search_area")
def search_of_own_orders() -> menu.OrderSearch:
    return menu.SEARCH


@hooks.register("construct_search", order=1000)
def no_search_of_the_site(request: HttpRequest, areas: list[Any]) -> None:
    if _workspace(request):
        areas[:] = [area for area in areas if area is menu.SEARCH]


@hooks.register("construct_page_chooser_queryset")
def only_pages_a_seller_may_pick(pages: QuerySet, request: HttpRequest) -> QuerySet:
    workspace = _workspace(request)
    return queries.choosable_pages(workspace=workspace, pages=pages) if workspace else pages


@hooks.register("construct_image_chooser_queryset")
def only_own_images(images: QuerySet, request: HttpRequest) -> QuerySet:
    workspace = _workspace(request)
    return images.filter(collection_id=workspace.collection_id) if workspace else images


@hooks.register("check_sellers_page_form")
def only_own_content(form: Any) -> None:
    workspace = queries.workspace_of(user_id=form.for_user.pk) if form.for_user else None
    if workspace:
        references.refuse_foreign(form=form, workspace=workspace)


@hooks.register("insert_global_admin_css")
def own_styles() -> str:
    return format_html('<link rel="stylesheet" href="{}">', static("admin/stoa.css"))


@hooks.register("register_icons")
def own_icons(icons: list[str]) -> list[str]:
    return [*icons, *(f"admin/icons/{name}.svg" for name in ("coins", "boxes", "truck"))]
