"""A form can be sent with any id; the editor must not answer with what it names."""

import json

import pytest

from tests.support.admin_worlds import seat

pytestmark = pytest.mark.django_db

MARK = "Xqzmark"
NO_TEXT = '{"blocks": [], "entityMap": {}}'


@pytest.fixture
def worlds(db):
    return seat("Acme"), seat(MARK)


def product_form(**changes):
    return {
        "title": "Blue mug", "slug": "blue-mug", "summary": "", "description": NO_TEXT,
        "body-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
        "gallery-TOTAL_FORMS": "0", "gallery-INITIAL_FORMS": "0", **changes,
    }  # fmt: skip


def picture(image_id):
    return {
        "gallery-TOTAL_FORMS": "1", "gallery-0-image": str(image_id), "gallery-0-alt": "A mug",
        "gallery-0-ORDER": "1",
    }  # fmt: skip


def link_to(page_id):
    text = {
        "blocks": [{
            "key": "a", "text": "here", "type": "unstyled", "depth": 0, "inlineStyleRanges": [],
            "entityRanges": [{"key": 0, "offset": 0, "length": 4}],
        }],
        "entityMap": {"0": {"type": "LINK", "mutability": "MUTABLE", "data": {"id": page_id}}},
    }  # fmt: skip
    return {"description": json.dumps(text)}


@pytest.mark.parametrize("view", ["edit", "edit/preview"])
def test_a_foreign_picture_in_the_gallery_does_not_exist(worlds, view):
    own, other = worlds
    address = f"/admin/pages/{own.ids['page_id']}/{view}/"

    answer = own.shop.client().post(address, product_form(**picture(other.ids["image_id"])))

    assert answer.status_code == 404
    assert MARK not in own.shop.client().get(address).content.decode()


@pytest.mark.parametrize("view", ["edit", "edit/preview"])
def test_a_link_to_a_foreign_draft_does_not_exist(worlds, view):
    own, other = worlds
    address = f"/admin/pages/{own.ids['page_id']}/{view}/"

    answer = own.shop.client().post(address, product_form(**link_to(other.ids["page_id"])))

    assert answer.status_code == 404
    assert MARK not in own.shop.client().get(address).content.decode()


def test_a_foreign_logo_on_the_store_page_does_not_exist(worlds):
    own, other = worlds
    address = f"/admin/pages/{own.shop.workspace.page_id}/edit/"
    form = {
        "title": "Acme", "slug": "acme", "about": NO_TEXT, "body-count": "0",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip

    refused = own.shop.client().post(address, {**form, "logo": str(other.ids["image_id"])})
    taken = own.shop.client().post(address, {**form, "logo": str(own.ids["image_id"])})

    assert (refused.status_code, taken.status_code) == (404, 302)


def test_a_foreign_product_in_a_stream_does_not_exist(worlds):
    own, other = worlds
    address = f"/admin/pages/{own.shop.workspace.page_id}/edit/"

    def form(page_id):
        return {
            "title": "Acme", "slug": "acme", "about": NO_TEXT,
            "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
            "body-count": "1", "body-0-type": "rail", "body-0-order": "0", "body-0-deleted": "",
            "body-0-id": "", "body-0-value-title": "Mine", "body-0-value-rule": "hand",
            "body-0-value-category": "", "body-0-value-seller": "", "body-0-value-count": "8",
            "body-0-value-products-count": "1", "body-0-value-products-0-deleted": "",
            "body-0-value-products-0-order": "0", "body-0-value-products-0-value": str(page_id),
            "body-0-value-products-0-id": "",
        }  # fmt: skip

    refused = own.shop.client().post(address, form(other.ids["page_id"]))
    taken = own.shop.client().post(address, form(own.ids["page_id"]))

    assert (refused.status_code, taken.status_code) == (404, 302)


def test_own_pictures_and_links_are_taken(worlds):
    own, _ = worlds
    address = f"/admin/pages/{own.ids['page_to_move_id']}/edit/"
    form = product_form(**picture(own.ids["image_id"]), **link_to(own.ids["page_id"]))

    assert own.shop.client().post(address, form).status_code == 302


def test_what_staff_put_there_may_stay(worlds):
    own, other = worlds
    page = own.shop.workspace.page.get_children().get(pk=own.ids["page_to_move_id"]).specific
    entry = page.gallery.first()
    entry.image_id = other.ids["image_id"]
    page.gallery = [entry]
    page.save_revision()
    form = product_form(
        **{**picture(other.ids["image_id"]), "gallery-INITIAL_FORMS": "1",
           "gallery-0-id": str(entry.pk)}
    )  # fmt: skip

    answer = own.shop.client().post(f"/admin/pages/{page.pk}/edit/", form)

    assert answer.status_code == 302


def test_staff_choose_what_they_like(worlds, django_user_model):
    own, other = worlds
    staff = django_user_model.objects.create_superuser("staff@example.com", "a-long-Passw0rd")
    from tests.factories.selling import signed_in

    answer = signed_in(staff).post(
        f"/admin/pages/{own.ids['page_to_move_id']}/edit/",
        product_form(**picture(other.ids["image_id"])),
    )

    assert answer.status_code == 302


def test_where_a_page_or_picture_is_used_is_shown_without_naming_others(worlds):
    own, other = worlds
    client = own.shop.client()

    for kind, name in (("pages/{page_id}/usage/", "page"), ("images/usage/{image_id}/", "image")):
        shown = client.get(f"/admin/{kind}".format(**own.ids))
        assert (name, shown.status_code) == (name, 200)
        assert MARK not in shown.content.decode()
        assert client.get(f"/admin/{kind}".format(**other.ids)).status_code == 404


def test_the_chooser_of_links_offers_no_kind_that_leads_nowhere(worlds):
    own, _ = worlds
    asked = {f"allow_{kind}_link": "true" for kind in ("external", "email", "phone", "anchor")}

    first = own.shop.client().get("/admin/choose-page/", asked)
    modal = own.shop.client().get(first["Location"]).json()["html"]

    assert "allow_" not in first["Location"]
    for kind in ("external-link", "email-link", "phone-link", "anchor-link"):
        assert f"choose-{kind}" not in modal
