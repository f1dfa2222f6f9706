"""A product's page: written as a draft, and published, submitted or taken down as asked."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.coreutils import find_available_slug
from wagtail.log_actions import log
from wagtail.models import Page
from wagtail.signals import page_published

from cms.media.models import ShopImage
from cms.pages.models import ProductImage, ProductPage
from commerce.catalog import operations as catalog

from .target import Applied, Target
from .types import PictureRow, Problem, ProductRows

Images = list[tuple[PictureRow, ShopImage]]


def write(
    product: ProductRows,
    applied: Applied,
    target: Target,
    images: Images,
    *,
    before_publishing: Callable[[], None] | None = None,
) -> int:
    """Bring the product's page up to date and return its id.

    A page that should go live but lacks something stays a draft, and the problem
    says what it lacks. One that a moderator looks at, or that is locked, stays as it is.
    """
    existing = ProductPage.objects.filter(
        product_id=applied.product_id, alias_of=None, locale_id=target.page.locale_id
    ).first()
    page = existing.get_latest_revision_as_object() if existing else ProductPage(live=False)
    page.product_id = applied.product_id
    is_changed = _describe(page, product, target, images) or existing is None
    if target.words_wait and page.proposed != applied.proposed:
        page.proposed = applied.proposed
        is_changed = True
    is_locked = existing is not None and _is_locked(existing, target)
    goes_live = not is_locked and _may_go_live(page, product, applied, target)
    if before_publishing is not None:
        before_publishing()
    if is_locked:
        if is_changed:
            _leave(product, applied)
    elif existing is None:
        _add(page, product, target, live=goes_live and target.ending == "publish")
    else:
        if is_changed:
            page.save_revision(user=target.user, clean=False, log_action=True)
        if goes_live and target.ending == "publish" and (is_changed or not existing.live):
            page.get_latest_revision().publish(user=target.user)
    if goes_live and target.ending == "submit" and not page.workflow_in_progress:
        page.get_workflow().start(page, target.user)
    _follow_status(page, product, applied, target, is_new=existing is None)
    return int(page.pk)


def _is_locked(page: ProductPage, target: Target) -> bool:
    """Whether the editor would refuse this person, too; the command line is nobody's."""
    lock = page.get_lock() if target.user else None
    return lock is not None and bool(lock.for_user(target.user))


def _leave(product: ProductRows, applied: Applied) -> None:
    applied.page_was_left = True
    applied.problems.append(
        Problem(
            row=product.row,
            handle=product.handle,
            message="The page waits for approval or is locked, so its words and pictures were"
            " not changed. Import the file again afterwards.",
            stops=False,
        )
    )


def _describe(page: ProductPage, product: ProductRows, target: Target, images: Images) -> bool:
    """Write the file's words and pictures onto the page; returns whether anything changed."""
    words = {
        "title": product.title,
        "draft_title": product.title,
        "summary": product.summary,
        "description": product.description,
        "seo_title": product.seo_title,
        "search_description": product.seo_description,
    }
    is_changed = any(getattr(page, name) != value for name, value in words.items())
    for name, value in words.items():
        setattr(page, name, value)
    if product.category_id is not None:
        shelves = [product.category_id]
        if [category.pk for category in page.categories.all()] != shelves:
            page.categories = [target.categories[product.category_id]]
            is_changed = True
    wanted = [(image.pk, picture.alt, picture.option_value) for picture, image in images]
    if wanted != [(row.image_id, row.alt, row.option_value) for row in page.gallery.all()]:
        page.gallery = [
            ProductImage(
                image=image, alt=picture.alt, option_value=picture.option_value, sort_order=at
            )
            for at, (picture, image) in enumerate(images)
        ]
        is_changed = True
    return is_changed


def _may_go_live(page: ProductPage, product: ProductRows, applied: Applied, target: Target) -> bool:
    if product.status != "active" or target.ending == "draft":
        return False
    try:
        page.check_complete()
    except ValidationError as error:
        applied.problems.append(
            Problem(
                row=product.row,
                handle=product.handle,
                message=f"Kept as a draft. {' '.join(error.messages)}",
                stops=False,
            )
        )
        return False
    return True


def _add(page: ProductPage, product: ProductRows, target: Target, *, live: bool) -> None:
    """Add a new page. One that goes live is born live: Wagtail's way there saves it three times."""
    page.slug = find_available_slug(target.page, product.handle)
    page.owner = target.user
    if live:
        page.live = True
        page.first_published_at = page.last_published_at = timezone.now()
    target.page.add_child(instance=page)
    log(instance=page, action="wagtail.create", user=target.user, content_changed=True)
    revision = page.save_revision(user=target.user, clean=False)
    if live:
        Page.objects.filter(pk=page.pk).update(
            live_revision=revision, has_unpublished_changes=False
        )
        page.live_revision, page.has_unpublished_changes = revision, False
        page_published.send(sender=ProductPage, instance=page, revision=revision)
        log(instance=page, action="wagtail.publish", user=target.user, revision=revision)


def _follow_status(
    page: ProductPage,
    product: ProductRows,
    applied: Applied,
    target: Target,
    *,
    is_new: bool,
) -> None:
    if product.status == "archived":
        catalog.archive_product(product_id=applied.product_id)
    elif product.status == "active" and not is_new:
        catalog.restore_product(product_id=applied.product_id)
    if product.status != "active" and page.live:
        page.unpublish(user=target.user)
