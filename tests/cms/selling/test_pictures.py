"""A seller's pictures: uploaded by its people, into its own collection, and kept as they are."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.media.models import ShopImage
from tests.factories.accounts import make_user
from tests.factories.cart import make_sellable, product_of
from tests.factories.pages import a_live_page, an_image, photo
from tests.factories.selling import open_shop, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return open_shop("Acme")


def a_file(name="mug.webp", width=300):
    return SimpleUploadedFile(name, photo(width=width), content_type="image/webp")


def upload(client):
    return client.post(
        reverse("wagtailimages:add_multiple"),
        {"files[]": a_file()},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )


@pytest.mark.parametrize("role", ["owner", "editor"])
def test_a_picture_is_uploaded_into_the_sellers_own_collection(shop, role):
    answer = upload(shop.client(role))

    assert answer.json()["success"]
    assert ShopImage.objects.get().collection_id == shop.workspace.collection_id


def test_a_packer_uploads_nothing(shop):
    assert upload(shop.client("packer")).status_code == 404
    assert not ShopImage.objects.exists()


def test_a_picture_is_described_anew_and_its_file_stays(shop):
    image = an_image(collection=shop.workspace.collection)
    before = image.file.name
    address = reverse("wagtailimages:edit", args=[image.pk])
    form = {"title": "A red mug", "description": "", "tags": "", "collection": image.collection_id}

    page = shop.client().get(address)
    shop.client().post(address, {**form, "file": a_file("other.webp", width=400)})

    image.refresh_from_db()
    assert 'type="file"' not in page.content.decode()
    assert (image.title, image.file.name, image.width) == ("A red mug", before, 900)


def test_staff_replace_a_file_where_it_is_wrong(shop):
    image = an_image(collection=shop.workspace.collection)
    form = {"title": "A mug", "description": "", "tags": "", "collection": image.collection_id}
    staff = signed_in(make_user(is_superuser=True))

    staff.post(
        reverse("wagtailimages:edit", args=[image.pk]),
        {**form, "file": a_file("other.webp", width=400)},
    )

    image.refresh_from_db()
    assert image.width == 400


@pytest.mark.parametrize("view", ["wagtailimages:delete", "wagtailimages:delete_multiple"])
def test_a_picture_that_a_product_shows_stays(shop, view):
    image = an_image(collection=shop.workspace.collection)
    product_id = product_of(make_sellable(seller_id=shop.seller.pk))
    a_live_page(product_id, parent=shop.workspace.page, image=image)

    answer = shop.client().post(
        reverse(view, args=[image.pk]), headers={"X-Requested-With": "XMLHttpRequest"}
    )

    assert answer.status_code in (302, 403)
    assert ShopImage.objects.filter(pk=image.pk).exists()


def test_pictures_of_impossible_numbers_do_not_exist(shop):
    address = reverse("wagtailimages_chooser:chosen_multiple")

    assert shop.client().get(address, {"id": "9" * 5000}).status_code == 404
