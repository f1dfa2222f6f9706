"""Words of a product that a moderator reads before shoppers do.

Price and stock take effect at once. Brand, facts, options and their values of a
product that shoppers can see travel with a version of its page: they are compared,
approved or rejected along with it, and take effect when it goes live.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cms.pages.models import ProductPage
from commerce.catalog import queries as catalog
from commerce.sellers import queries as sellers


class WaitsAlready(Exception):
    """A moderator looks at the page, or it is locked: nothing new may come along meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            "The page waits for approval or is locked, so brand, options and their names"
            " stay as they are. Change them when that is done. Price and stock can be changed."
        )


def moderated_page(*, product_id: int, seller_id: int) -> ProductPage | None:
    """Return the page whose readers must not see unapproved words; None where there is none.

    A trusted seller has none, nor has a product that is neither live nor about to be.
    """
    if sellers.sellers(seller_ids=[seller_id])[seller_id].trusted:
        return None
    pages = ProductPage.objects.filter(product_id=product_id, alias_of=None).order_by("-live", "pk")
    return next((page for page in pages if page.live or page.workflow_in_progress), None)


def says_something_new(
    *, product_id: int, options: Sequence[str], combinations: Sequence[Sequence[str]]
) -> bool:
    """Tell whether options or values would appear that are not on sale already."""
    product = catalog.products(product_ids=[product_id])[product_id]
    on_sale = [
        variant.option_values
        for variant in catalog.variants_of(product_ids=[product_id]).get(product_id, [])
    ]
    if list(options) != list(product.options):
        return True
    known = {(at, value) for values in on_sale for at, value in enumerate(values)}
    return any(
        (at, value) not in known for values in combinations for at, value in enumerate(values)
    )


def propose(*, page: ProductPage, user: Any, words: Mapping[str, Any]) -> bool:
    """Add words to the newest version of a page; returns whether a moderator has been asked.

    A version that its author has not submitted yet is left to be submitted. Raises
    WaitsAlready.
    """
    lock = page.get_lock()
    if lock is not None and (user is None or lock.for_user(user)):
        raise WaitsAlready
    is_drafted = page.has_unpublished_changes
    latest = page.get_latest_revision_as_object()
    latest.proposed = {**latest.proposed, **words}
    latest.save_revision(user=user, clean=False, log_action=True)
    workflow = latest.get_workflow()
    if is_drafted or workflow is None or latest.workflow_in_progress:
        return False
    workflow.start(latest, user)
    return True


def waiting(*, product_id: int) -> dict[str, Any]:
    """Return what waits for approval for a product, as `propose` was given it."""
    page = ProductPage.objects.filter(product_id=product_id, alias_of=None).order_by("-live", "pk")
    found = page.select_related("latest_revision").first()
    if found is None or found.latest_revision is None:
        return {}
    return dict(found.latest_revision.content.get("proposed") or {})
