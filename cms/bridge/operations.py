"""Pages to listings."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from wagtail.models import Page, Revision

from cms.pages.models import ProductPage, SellerPage
from commerce.catalog import operations as catalog
from commerce.sellers import queries as sellers

from . import queries
from .models import WithheldPage

log = structlog.get_logger(__name__)
BATCH = 200


@dataclass
class Drift:
    """What reconciliation found and mended."""

    published: list[int] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.published or self.withdrawn)


def publish(page: ProductPage) -> None:
    """Copy what a live page says into its product's listing.

    Does nothing for a page that is not live (a first publication planned for
    later), for an alias and for a page without product.
    """
    publish_all([page])


def publish_all(pages: Iterable[ProductPage]) -> None:
    """Copy what live pages say into their listings; see `publish`."""
    for projection in queries.projections(pages=[page for page in pages if _presents(page)]):
        catalog.publish_listing(**projection.as_listing())


def withdraw(page: ProductPage) -> None:
    """Take the page's product off sale, unless another live page presents it."""
    if page.alias_of_id is not None or page.product_id is None:
        return
    if other := queries.other_live_page(page):
        publish(other)
        return
    catalog.withdraw_listing(product_id=page.product_id, locale=page.locale.language_code)


def keep_product(*, source: ProductPage, translation: ProductPage) -> None:
    """Give a translation its original's product: copying drops it, a translation presents the same.

    The draft in the translation's newest revision gets it too.
    """
    ProductPage.objects.filter(pk=translation.pk).update(product_id=source.product_id)
    translation.product_id = source.product_id
    revision = translation.get_latest_revision()
    if revision is not None:
        revision.content["product"] = source.product_id
        Revision.objects.filter(pk=revision.pk).update(content=revision.content)


def reproject_below(*, page_id: int) -> int:
    """Project every live product page of a subtree again; returns how many."""
    page = Page.objects.filter(pk=page_id).first()
    if page is None:
        return 0
    return _reproject(ProductPage.objects.descendant_of(page, inclusive=True))


def reproject_category(*, page_id: int) -> int:
    """Project every live product page of a category and those below it again."""
    page = Page.objects.filter(pk=page_id).first()
    if page is None:
        return 0
    shelves = Page.objects.descendant_of(page, inclusive=True).values("pk")
    return _reproject(ProductPage.objects.filter(categories__in=shelves))


def reproject_image(*, image_id: int) -> int:
    """Project the pages whose tile shows this picture again, so that tiles get its renditions."""
    return _reproject(ProductPage.objects.filter(pk__in=queries.pages_led_by(image_id=image_id)))


def _reproject(pages: "Iterable[ProductPage]") -> int:
    ids = sorted(set(pages.live().filter(alias_of=None).values_list("pk", flat=True)))  # type: ignore[attr-defined]
    for start in range(0, len(ids), BATCH):
        publish_all(queries.product_pages(page_ids=ids[start : start + BATCH]))
    return len(ids)


def reconcile(*, repair: bool = True) -> Drift:
    """Compare every page with its listing, and mend what differs. Repeating it finds nothing."""
    drift = Drift()
    after = 0
    while pages := queries.live_product_pages(after=after, limit=BATCH):
        after = pages[-1].pk
        stale = queries.out_of_date(pages=pages)
        drift.published += [projection.product_id for projection in stale]
        if repair:
            for projection in stale:
                catalog.publish_listing(**projection.as_listing())
    for product_id, locale in queries.listings_without_page():
        drift.withdrawn.append(product_id)
        if repair:
            catalog.withdraw_listing(product_id=product_id, locale=locale)
    return drift


def publish_scheduled() -> tuple[int, int]:
    """Publish what is due and unpublish what expired; returns both counts.

    A page that cannot go live (it lost its price meanwhile) is logged and does
    not hold up the others.
    """
    expired = 0
    for page in queries.expired_pages():
        with transaction.atomic():
            page.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")
        expired += 1
    published = 0
    for revision in queries.due_revisions():
        try:
            with transaction.atomic():
                revision.publish(log_action="wagtail.publish.scheduled")
            published += 1
        except ValidationError as error:
            log.warning(
                "bridge.scheduled_page_refused",
                page_id=revision.object_id,
                problems=error.messages,
            )
    return published, expired


@transaction.atomic
def withhold_seller(*, seller_id: int) -> int:
    """Unpublish a suspended seller's pages and remember what they showed; returns how many."""
    pages = queries.live_pages_of_seller(seller_id=seller_id)
    for page in pages:
        # A page that was written in bulk has no revision yet.
        revision = page.live_revision or page.save_revision(clean=False)
        WithheldPage.objects.update_or_create(
            page_id=page.pk, defaults={"seller_id": seller_id, "revision": revision}
        )
        page.unpublish(log_action="wagtail.unpublish")
    return len(pages)


@transaction.atomic
def restore_seller(*, seller_id: int) -> int:
    """Publish again what was live when the seller was suspended; returns how many.

    A page that can no longer go live stays a draft.
    """
    withheld = WithheldPage.objects.filter(seller_id=seller_id).select_related("revision")
    restored = 0
    for entry in withheld.order_by("page__path"):
        if entry.revision is None:
            continue
        try:
            with transaction.atomic():
                entry.revision.publish()
            restored += 1
        except ValidationError as error:
            log.warning("bridge.page_stays_draft", page_id=entry.page_id, problems=error.messages)
    withheld.delete()
    return restored


@transaction.atomic
def follow_seller(*, seller_id: int) -> None:
    """Give a renamed seller's pages its name and address; the old address redirects.

    Drafts follow too, so that publishing one does not bring the old name back.
    """
    seller = sellers.sellers(seller_ids=[seller_id])[seller_id]
    for page in SellerPage.objects.filter(seller_id=seller_id):
        if (page.title, page.slug) == (seller.name, seller.slug):
            continue
        page.title = page.draft_title = seller.name
        page.slug = seller.slug
        page.save()
        for revision in Revision.objects.filter(
            pk__in=[page.latest_revision_id, page.live_revision_id]
        ):
            revision.content |= {"title": seller.name, "slug": seller.slug}
            revision.save(update_fields=["content"])


def _presents(page: ProductPage) -> bool:
    return page.live and page.alias_of_id is None and page.product_id is not None
