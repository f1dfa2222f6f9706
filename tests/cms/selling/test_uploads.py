"""Pictures that sellers bring along."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.media.models import ShopImage
from tests.factories.pages import photo
from tests.factories.selling import open_shop

pytestmark = pytest.mark.django_db

CREATE = reverse("wagtailimages_chooser:create")


@pytest.fixture
def shop():
    return open_shop("Acme")


def upload(client, **fields):
    file = SimpleUploadedFile("mug.webp", photo(width=320), content_type="image/webp")
    return client.post(
        CREATE, {"image-chooser-upload-title": "Mug", "image-chooser-upload-file": file, **fields}
    )


@pytest.mark.parametrize("role", ["owner", "editor"])
def test_a_picture_chosen_for_a_page_can_be_uploaded_on_the_spot(shop, role):
    answer = shop.client(role).get(reverse("wagtailimages_chooser:choose"))
    assert "image-chooser-upload-file" in answer.json()["html"]

    assert upload(shop.client(role)).status_code == 200

    assert ShopImage.objects.get().collection_id == shop.workspace.collection_id


def test_a_picture_cannot_be_put_among_those_of_others(shop):
    other = open_shop("Borealis").workspace.collection_id

    upload(shop.client(), **{"image-chooser-upload-collection": str(other)})

    assert not ShopImage.objects.filter(collection_id=other).exists()


def test_what_is_no_picture_is_refused_with_a_reason(shop):
    file = SimpleUploadedFile("mug.webp", b"not a picture")

    answer = upload(shop.client(), **{"image-chooser-upload-file": file})

    page = answer.content.decode()
    # Wagtail says the one or the other, depending on what it looks at first.
    assert "Upload a valid image" in page or "Not a supported image format" in page
    assert not ShopImage.objects.exists()


def test_packers_upload_nothing(shop):
    assert upload(shop.client("packer")).status_code == 404
