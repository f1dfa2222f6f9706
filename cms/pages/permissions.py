"""Where the rights of editors end."""

from typing import Any

from wagtail.models import Page, PagePermissionTester

HOME_DEPTH = 2


class SellersGroundTester(PagePermissionTester):
    """Rights over a seller's pages.

    A right given at the home page lets editors shape the shop, and stops here:
    sellers' pages are theirs, their moderators' and the administrators'.
    """

    def __init__(self, user: Any, page: Page) -> None:
        super().__init__(user, page)
        if user.is_active and not user.is_superuser:
            granted = self.permission_policy.get_cached_permissions_for_user(user)
            self.permissions = {
                grant.permission.codename.rsplit("_", maxsplit=1)[0]
                for grant in granted
                if page.path.startswith(grant.page.path) and grant.page.depth != HOME_DEPTH
            }
