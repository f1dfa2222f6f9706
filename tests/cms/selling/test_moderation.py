"""From a seller's draft to a live product, and what a moderator sees on the way."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from wagtail.models import GroupPagePermission

from cms.pages.models import ProductPage, SellerIndexPage
from commerce.offers import queries as offers
from tests.factories.accounts import make_user
from tests.factories.cart import make_sellable, product_of
from tests.factories.pages import a_category, a_draft, an_image
from tests.factories.selling import open_shop, signed_in
from tests.factories.staff import staff_groups

pytestmark = pytest.mark.django_db

NO_TEXT = '{"blocks": [], "entityMap": {}}'
WORDS = (
    '{"blocks": [{"key": "a", "text": "Turned by hand.", "type": "unstyled", "depth": 0,'
    ' "inlineStyleRanges": [], "entityRanges": []}], "entityMap": {}}'
)


@pytest.fixture
def shop():
    return open_shop("Acme")


@pytest.fixture
def moderator():
    group = staff_groups()["Moderators"]
    for codename in ("change_page", "publish_page"):
        GroupPagePermission.objects.create(
            group=group,
            page=SellerIndexPage.objects.get(),
            permission=Permission.objects.get(codename=codename),
        )
    user = make_user(email="mona@stoa.example")
    user.groups.add(group)
    return signed_in(user)


@pytest.fixture
def draft(shop):
    product_id = product_of(make_sellable(seller_id=shop.seller.pk))
    shop.workspace.page.refresh_from_db()
    image = an_image(collection=shop.workspace.collection)
    return a_draft(product_id, parent=shop.workspace.page, image=image, owner=shop.people["editor"])


def submitted_form(page, **changes):
    entry = page.gallery.first()
    return {
        "title": page.title, "slug": page.slug, "summary": page.summary, "description": WORDS,
        "categories": [str(category.pk) for category in page.categories.all()],
        "body-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
        "gallery-TOTAL_FORMS": "1", "gallery-INITIAL_FORMS": "1", "gallery-0-id": str(entry.pk),
        "gallery-0-image": str(entry.image_id), "gallery-0-alt": "A mug", "gallery-0-ORDER": "1",
        **changes,
    }  # fmt: skip


def submit(shop, page, **changes):
    form = submitted_form(page, **{"action-submit": "1", **changes})
    return shop.client("editor").post(f"/admin/pages/{page.pk}/edit/", form)


def decide(moderator, page, action, **form):
    page = ProductPage.objects.get(pk=page.pk)
    state = page.current_workflow_task_state
    return moderator.post(
        f"/admin/pages/workflow/action/{page.pk}/{action}/{state.pk}/",
        {"workflow-comment": "", "comment": "", **form},
    )


def test_a_draft_is_previewed_as_it_is_typed(shop, draft):
    client = shop.client("editor")
    address = f"/admin/pages/{draft.pk}/edit/preview/"

    assert client.post(address, submitted_form(draft, title="Night blue mug")).json()["is_valid"]
    preview = client.get(address)
    assert "Night blue mug" in preview.content.decode()
    assert preview.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in preview.headers["Content-Security-Policy"]
    assert not ProductPage.objects.get(pk=draft.pk).live


def test_a_seller_that_is_not_trusted_cannot_publish(shop, draft):
    submit(shop, draft, **{"action-publish": "1", "action-submit": ""})

    assert not ProductPage.objects.live().exists()


def test_a_submitted_page_goes_live_when_a_moderator_approves(shop, draft, moderator):
    answer = submit(shop, draft)
    followed = shop.client("editor").get(answer.url, follow=True)
    assert followed.redirect_chain[-1][0] == "/admin/selling/products/"
    assert [row.page_state for row in followed.context["object_list"]] == ["waiting"]

    home = moderator.get("/admin/").content.decode()
    assert "Blue mug" in home
    assert f"/admin/pages/workflow/action/{draft.pk}/approve/" in home

    decide(moderator, draft, "approve")

    (offer,) = offers.of_product(product_id=draft.product_id, currency="USD")
    assert ProductPage.objects.get(pk=draft.pk).live
    assert offer.refusal is None


def test_changes_are_compared_with_what_is_live(shop, draft, moderator):
    draft.get_latest_revision().publish()
    draft.refresh_from_db()
    submit(shop, draft, title="Night blue mug")

    home = moderator.get("/admin/").content.decode()
    (address,) = re.findall(rf"/admin/pages/{draft.pk}/revisions/compare/live[^\"]+", home)
    comparison = moderator.get(address).content.decode()

    assert "Night" in re.sub(r"<[^>]+>", "", comparison)
    assert "addition" in comparison
    assert ProductPage.objects.get(pk=draft.pk).title == "Blue mug"


def test_who_submitted_hears_of_approval_and_rejection_and_nobody_else(shop, draft, moderator):
    other = open_shop("Borealis")
    submit(shop, draft)
    asked = {address for message in mail.outbox for address in message.to}
    assert asked == {"mona@stoa.example"}

    mail.outbox.clear()
    decide(moderator, draft, "reject", comment="Show the handle.", **{"workflow-comment": "x"})
    told = {address for message in mail.outbox for address in message.to}
    assert told == {shop.people["editor"].email}
    assert other.people["owner"].email not in told

    mail.outbox.clear()
    submit(shop, draft, **{"action-restart-workflow": "1", "action-submit": ""})
    mail.outbox.clear()
    decide(moderator, draft, "approve")
    assert {address for message in mail.outbox for address in message.to} == {
        shop.people["editor"].email
    }


def test_a_seller_does_not_approve_itself(shop, draft):
    submit(shop, draft)

    assert decide(shop.client("owner"), draft, "approve").status_code == 404
    assert not ProductPage.objects.live().exists()


def test_a_page_that_lacks_something_is_not_submitted(shop, draft):
    answer = submit(shop, draft, categories=[])

    assert answer.status_code == 200
    assert "Choose at least one category before publishing." in answer.content.decode()
    assert ProductPage.objects.get(pk=draft.pk).current_workflow_state is None


def test_a_trusted_seller_publishes_by_itself():
    shop = open_shop("Acme", trusted=True)
    product_id = product_of(make_sellable(seller_id=shop.seller.pk))
    shop.workspace.page.refresh_from_db()
    page = a_draft(
        product_id, parent=shop.workspace.page, categories=[a_category()],
        image=an_image(collection=shop.workspace.collection),
    )  # fmt: skip

    submit(shop, page, **{"action-publish": "1", "action-submit": ""})

    assert ProductPage.objects.get(pk=page.pk).live


def test_the_editor_offers_nothing_that_is_closed_to_sellers(shop, draft):
    page = shop.client("owner").get(f"/admin/pages/{draft.pk}/edit/").content.decode()
    store = shop.client("owner").get(f"/admin/pages/{shop.workspace.page_id}/edit/")

    for closed in ("copy", "move", "add_subpage"):
        assert f"/admin/pages/{draft.pk}/{closed}/" not in page
        assert f"/admin/pages/{shop.workspace.page_id}/{closed}/" not in store.content.decode()
    assert f"/admin/pages/{shop.workspace.page_id}/delete/" not in store.content.decode()
