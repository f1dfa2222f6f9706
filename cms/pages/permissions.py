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

    def can_copy(self) -> bool:
        return not self._is_sellers and bool(super().can_copy())

    def can_move(self) -> bool:
        return not self._is_sellers and bool(super().can_move())

    def can_add_subpage(self) -> bool:
        return not self._is_sellers and bool(super().can_add_subpage())

    def can_reorder_children(self) -> bool:
        return not self._is_sellers and bool(super().can_reorder_children())

    def can_set_view_restrictions(self) -> bool:
        return not self._is_sellers and bool(super().can_set_view_restrictions())

    def can_delete(self, ignore_bulk: bool = False) -> bool:
        is_store = self.page._meta.model_name == "sellerpage"
        return not (self._is_sellers and is_store) and bool(super().can_delete(ignore_bulk))

    @property
    def _is_sellers(self) -> bool:
        """Whether one of a seller's people is at work, whose screens do these things elsewhere."""
        return getattr(self.user, "works_for_seller", None) is not None
