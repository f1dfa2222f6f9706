"""Drafts may be incomplete; what goes live may not, through whatever door."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text

from cms.pages.models import ProductImage, ProductPage
from commerce.accounts.models import User
from commerce.pricing.models import Price
from tests.cms.bridge.shelf import a_product, a_seller, listing
from tests.factories.pages import a_category, a_draft, a_seller_page, an_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller():
    return a_seller()


@pytest.fixture
def draft(seller):
    return a_draft(a_product(seller), parent=a_seller_page(seller.pk))


def refusal(page):
    with pytest.raises(ValidationError) as caught:
        page.save_revision(clean=False).publish()
    return " ".join(caught.value.messages)


def test_a_complete_page_goes_live(draft):
    draft.get_latest_revision().publish()

    assert ProductPage.objects.get().live


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda page: setattr(page, "description", "<p> </p>"), "Write a description"),
        (lambda page: setattr(page, "gallery", []), "at least one picture"),
        (lambda page: setattr(page, "categories", []), "at least one category"),
        (lambda page: setattr(page, "product_id", None), "no product"),
        (lambda page: setattr(page, "title", "x" * 101), "Shorten the title"),
        (lambda page: setattr(page, "description", "x" * 2001), "Shorten the description"),
        (
            lambda page: setattr(page, "gallery", [ProductImage(image=an_image(), alt=" ")]),
            "Describe every picture",
        ),
        (
            lambda page: setattr(
                page, "gallery", [ProductImage(image=an_image(), alt="x") for _ in range(11)]
            ),
            "at most 10 pictures",
        ),
    ],
)
def test_an_incomplete_page_is_refused_and_told_why(draft, spoil, words):
    spoil(draft)

    assert words in refusal(draft)
    assert not ProductPage.objects.get().live


def test_a_product_without_a_price_is_refused(seller):
    page = a_draft(a_product(seller, price=None), parent=a_seller_page(seller.pk))

    assert "price" in refusal(page)
    assert not Price.objects.exists()


def test_a_product_has_one_live_page_in_a_language(seller, draft):
    draft.get_latest_revision().publish()
    second = a_draft(draft.product_id, parent=draft.get_parent().specific, title="Again")

    assert "Another page" in refusal(second)


def posted(page, **fields):
    entries = [
        {"id": entry.pk or "", "image": entry.image_id, "alt": entry.alt, "option_value": ""}
        for entry in page.gallery.all()
    ]
    data = {
        "title": page.title,
        "slug": page.slug,
        "summary": page.summary,
        "description": rich_text(page.description),
        "gallery": inline_formset(entries, initial=len(entries)),
        "body-count": 0,
        "seo_title": "",
        "search_description": "",
        "go_live_at": "",
        "expire_at": "",
        "comments": inline_formset([]),
    }
    categories = fields.pop("categories", [category.pk for category in page.categories.all()])
    return {**nested_form_data({**data, **fields}), "categories": categories}


@pytest.fixture
def edit(client, draft):
    """Return a function that posts the editor's form as a super-administrator."""
    client.force_login(
        User.objects.create_superuser(email="root@example.com", password="a-long-Passw0rd")
    )

    def post(**fields):
        return client.post(
            reverse("wagtailadmin_pages:edit", args=[draft.pk]), posted(draft, **fields)
        )

    return post


def test_the_editor_publishes_what_is_complete(edit, draft):
    assert edit(**{"action-publish": "1"}).status_code == 302
    assert listing(draft.product_id).is_live


def test_the_editor_saves_an_incomplete_draft(edit, draft):
    response = edit(description=rich_text(""), categories=[])

    assert response.status_code == 302
    assert "Turned" not in ProductPage.objects.get().get_latest_revision_as_object().description


def test_the_editor_says_what_is_missing_instead_of_publishing(edit, draft):
    response = edit(description=rich_text(""), categories=[], **{"action-publish": "1"})

    assert response.status_code == 200
    text = response.content.decode()
    assert "Write a description before publishing." in text
    assert "Choose at least one category before publishing." in text
    assert listing(draft.product_id) is None


def test_the_product_cannot_be_changed_in_the_editor(edit, draft, seller):
    other = a_product(seller, handle="cup")

    edit(product=other, **{"action-publish": "1"})

    assert ProductPage.objects.get().product_id == draft.product_id


def test_a_category_that_is_chosen_stays_chosen(edit, draft):
    table = a_category("Table")

    edit(categories=[table.pk], **{"action-publish": "1"})

    assert set(listing(draft.product_id).category_keys) == {table.key}


def test_categories_are_offered_with_their_way_through_the_tree(client, edit, draft):
    a_category("Jugs", parent=a_category("Table"))

    page = client.get(reverse("wagtailadmin_pages:edit", args=[draft.pk]))

    labels = [label for _, label in page.context["form"]["categories"].field.choices]
    assert labels == ["Mugs", "Table", "Table > Jugs"]
