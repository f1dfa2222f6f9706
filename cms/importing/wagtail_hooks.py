"""The import screen's place in the admin."""

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.selling.menu import SellersItem
from cms.selling.policy import Work

from .views import PERMISSION


class StaffItem(MenuItem):
    """Shown to those of the marketplace's people who may import."""

    def is_shown(self, request: HttpRequest) -> bool:
        if getattr(request, "seller_workspace", None) is not None:
            return False
        return bool(request.user.has_perm(PERMISSION))


@hooks.register("register_admin_urls")
def screens() -> list[URLPattern | URLResolver]:
    from . import urls

    return [path("importing/", include(urls))]


@hooks.register("register_admin_menu_item")
def sellers_entry() -> MenuItem:
    return SellersItem(
        "Import",
        reverse_lazy("importing:jobs"),
        work=Work.CONTENT,
        icon_name="upload",
        order=125,
    )


@hooks.register("register_admin_menu_item")
def staff_entry() -> MenuItem:
    return StaffItem(
        "Import products", reverse_lazy("importing:jobs"), icon_name="upload", order=850
    )
