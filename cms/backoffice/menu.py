"""The staff's menu: what a person has the right to."""

from django.http import HttpRequest
from django.urls import reverse_lazy
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from .rights import full


class StaffItem(MenuItem):
    """Shown to staff with the right, never to sellers."""

    def __init__(self, label: str, name: str, *, permission: str, icon: str, order: int) -> None:
        super().__init__(label, reverse_lazy(name), icon_name=icon, order=order)
        self.permission = permission

    def is_shown(self, request: HttpRequest) -> bool:
        if getattr(request, "seller_workspace", None) is not None:
            return False
        return bool(request.user.has_perm(self.permission))


def _item(label: str, name: str, right: str, icon: str, order: int) -> StaffItem:
    return StaffItem(label, f"backoffice:{name}", permission=full(right), icon=icon, order=order)


ITEMS = [
    _item("Applications", "applications", "decide_applications", "clipboard-list", 10),
    _item("Sellers", "sellers", "manage_sellers", "group", 20),
    _item("Orders", "orders", "view_orders", "clipboard-list", 30),
    _item("Returns and requests", "requests", "view_orders", "rotate", 35),
    _item("Prepared orders", "drafts", "prepare_orders", "link", 36),
    _item("Payouts", "payouts", "manage_payouts", "coins", 40),
    _item("Commissions", "commissions", "manage_payouts", "coins", 45),
    _item("Payments to review", "payments", "review_payments", "warning", 50),
    _item("Disputes", "disputes", "review_payments", "warning", 52),
    _item("Reconciliation", "breaks", "review_payments", "warning", 53),
    _item("Gift cards and credit", "credits", "manage_credits", "tag", 55),
    _item("Gift cards sold", "gifts", "manage_credits", "tag", 56),
    _item("Promotions", "promotions", "manage_promotions", "tag", 57),
    _item("Groups of customers", "groups", "manage_promotions", "group", 58),
    _item("Ledger", "journals", "view_ledger", "list-ol", 60),
    _item("Audit log", "audit", "view_audit", "history", 65),
    _item("Failed work", "failures", "repair_work", "warning", 68),
    _item("Invariants", "invariants", "check_invariants", "circle-check", 70),
    _item("Ways to ship", "shipping", "manage_shipping", "truck", 80),
    StaffItem(
        "Carriers", "fulfillment_carrier_modeladmin_index",
        permission="fulfillment.view_carrier", icon="truck", order=90,
    ),
    StaffItem(
        "Return policies", "returns_policy_modeladmin_index",
        permission="returns.view_policy", icon="rotate", order=105,
    ),
    StaffItem(
        "Kinds of products", "catalog_producttype_modeladmin_index",
        permission="catalog.view_producttype", icon="tag", order=98,
    ),
    StaffItem(
        "Tax rates", "pricing_taxrate_modeladmin_index",
        permission="pricing.view_taxrate", icon="table", order=100,
    ),
]  # fmt: skip


def marketplace() -> SubmenuMenuItem:
    """Return the submenu that holds all of them; Wagtail hides it when it is empty."""
    return SubmenuMenuItem(
        "Marketplace", Menu(items=ITEMS), name="marketplace", icon_name="boxes", order=90
    )
