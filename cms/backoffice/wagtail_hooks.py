"""The back office's place in the admin, closed to sellers."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.selling import policy

from . import menu, panels
from .rights import RIGHTS
from .tables import TABLES

policy.refuse_namespace("backoffice")
for table in TABLES:
    registered = table()
    registered.register_with_wagtail()
    policy.refuse_names(pattern.name for pattern in registered.get_admin_urls_for_registration())


@hooks.register("register_admin_urls")
def staff_screens() -> list[URLPattern | URLResolver]:
    from . import urls

    return [path("office/", include(urls))]


@hooks.register("register_admin_menu_item")
def staff_menu() -> MenuItem:
    return menu.marketplace()


@hooks.register("construct_homepage_panels")
def what_waits(request: HttpRequest, shown: list[Any]) -> None:
    shown.append(panels.WaitingForStaff(request))


@hooks.register("register_permissions")
def rights_of_staff() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="backoffice", codename__in=RIGHTS)
