"""A picture tells nothing of who took it and where."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import ExifTags, Image

from cms.importing.pictures import PictureRefused, plain_picture
from cms.media.metadata import without_metadata
from cms.media.models import ShopImage
from tests.factories.pages import photo
from tests.factories.selling import open_shop

GPS = ExifTags.IFD.GPSInfo
FORMS = ["JPEG", "PNG", "WEBP", "AVIF"]


def taken_at_home(form: str) -> bytes:
    """A photograph with its orientation, its place and its author."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "Ada Brook"
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0)}
    buffer = io.BytesIO()
    more = {} if form == "PNG" else {"xmp": b"<x:xmpmeta>Ada Brook</x:xmpmeta>"}
    Image.open(io.BytesIO(photo(300, 200, "PNG"))).save(buffer, form, exif=exif.tobytes(), **more)
    return buffer.getvalue()


def told(data: bytes) -> dict[int, object]:
    with Image.open(io.BytesIO(data)) as picture:
        exif = picture.getexif()
        return {**exif, **exif.get_ifd(GPS)}


@pytest.mark.parametrize("form", FORMS)
def test_place_and_author_go_and_which_side_is_up_stays(form):
    given = taken_at_home(form)

    plain = without_metadata(given)

    assert b"Ada" in given
    assert b"Ada" not in plain
    assert told(plain) == {ExifTags.Base.Orientation: 6}
    assert Image.open(io.BytesIO(plain)).size == (300, 200)


@pytest.mark.parametrize("form", [*FORMS, "GIF"])
def test_a_picture_that_tells_nothing_keeps_its_bytes(form):
    plain = photo(300, 200, form)

    assert without_metadata(plain) == plain


def test_a_jpeg_keeps_its_quality():
    given = taken_at_home("JPEG")
    before, after = (Image.open(io.BytesIO(data)) for data in (given, without_metadata(given)))

    assert before.quantization == after.quantization


@pytest.mark.django_db
def test_an_uploaded_picture_is_stored_without_its_place():
    shop = open_shop("Acme")
    file = SimpleUploadedFile("home.jpg", taken_at_home("JPEG"), content_type="image/jpeg")

    shop.client().post(
        reverse("wagtailimages:add_multiple"),
        {"files[]": file},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )

    image = ShopImage.objects.get()
    with image.file.open() as stored:
        assert told(stored.read()) == {ExifTags.Base.Orientation: 6}
    assert (image.width, image.height) == (300, 200)


def test_an_imported_picture_is_taken_without_its_place_and_a_damaged_one_is_refused():
    whole = taken_at_home("JPEG")

    assert told(plain_picture(whole)) == {ExifTags.Base.Orientation: 6}
    with pytest.raises(PictureRefused, match="damaged"):
        plain_picture(whole[: len(whole) // 2])
