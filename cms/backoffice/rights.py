"""What the marketplace's people may do. Screens name one each; whoever lacks it is refused."""

RIGHTS = {
    "decide_applications": "Can approve and reject applications to sell",
    "manage_sellers": "Can suspend and trust sellers and agree commissions",
    "view_orders": "Can look at every order",
    "manage_payouts": "Can run payouts, set commissions and terms, and correct balances",
    "review_payments": "Can look at payments that need a person",
    "manage_credits": "Can give gift cards and store credit and take them back",
    "view_ledger": "Can look at the ledger",
    "view_audit": "Can read the audit log",
    "check_invariants": "Can check what must always hold",
    "manage_shipping": "Can keep carriers and look at ways to ship",
    "manage_promotions": "Can give promotions that the marketplace bears, and end any",
    "prepare_orders": "Can prepare orders for shoppers, to be paid by a link",
    "manage_tax": "Can keep tax rates",
    "manage_kinds": "Can keep kinds of products and say how they are taxed",
    "decide_requests": "Can decide returns and claims for sellers, and keep return policies",
    "repair_work": "Can see work that failed for good, and have it tried again",
}
EDITORS, MODERATORS, ADMINISTRATORS = "Editors", "Moderators", "Administrators"
MODERATORS_RIGHTS = ("decide_applications", "manage_sellers")
TABLES = {
    "manage_shipping": ("fulfillment", "carrier"),
    "manage_tax": ("pricing", "taxrate"),
    "manage_kinds": ("catalog", "producttype"),
    "decide_requests": ("returns", "policy"),
}
"""Tables whose own permissions come with a right."""


def full(right: str) -> str:
    """Return the permission as Django names it."""
    if right not in RIGHTS:
        raise KeyError(right)
    return f"backoffice.{right}"
