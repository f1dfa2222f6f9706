import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from cms.media import operations, queries
from cms.media.models import ShopImage
from cms.media.pictures import gallery_picture, picture
from cms.media.renditions import LADDER, USES, rungs
from cms.media.signals import renditions_ready
from tests.factories.pages import an_image, photo

pytestmark = pytest.mark.django_db


def test_every_use_stays_on_the_ladder():
    assert {width for use in USES.values() for width in use} <= set(LADDER)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (100, [100]),
        (900, [160, 320, 640, 900]),
        (1000, [160, 320, 640, 1000]),
        (4000, list(LADDER)),
    ],
)
def test_a_picture_is_never_enlarged(width, expected):
    assert rungs(width=width) == expected


def test_all_formats_are_made_and_wagtail_finds_them(django_assert_num_queries):
    image = an_image(width=700)

    assert operations.make_renditions(image_id=image.pk) is True

    image.refresh_from_db()
    made = {name: [width for width, _ in files] for name, files in image.sources["ladder"].items()}
    assert made == {"webp": [160, 320, 700], "avif": [160, 320, 700], "jpeg": [700]}
    for _, name in image.sources["ladder"]["avif"]:
        with default_storage.open(name) as handle:
            assert Image.open(handle).format == "AVIF"
    with django_assert_num_queries(1):
        assert image.get_rendition("width-320|format-avif").width == 320


def test_a_repeat_makes_nothing():
    image = an_image()
    operations.make_renditions(image_id=image.pk)

    assert operations.make_renditions(image_id=image.pk) is False
    assert image.renditions.count() == 9


def test_what_is_missing_is_added_to_what_is_there():
    image = an_image()
    operations.make_renditions(image_id=image.pk, formats=["webp"], up_to=640)

    operations.make_renditions(image_id=image.pk)

    image.refresh_from_db()
    assert {name: len(files) for name, files in image.sources["ladder"].items()} == {
        "webp": 4,
        "avif": 4,
        "jpeg": 1,
    }


def test_pages_are_told_once_pictures_are_ready():
    told = []

    def listen(image_id, **_):
        told.append(image_id)

    renditions_ready.connect(listen)
    image = an_image()
    operations.make_renditions(image_id=image.pk)
    operations.make_renditions(image_id=image.pk)
    renditions_ready.disconnect(listen)

    assert told == [image.pk]


def test_renditions_of_a_replaced_file_are_not_shown():
    image = an_image()
    operations.make_renditions(image_id=image.pk)
    image.refresh_from_db()
    image.file = ContentFile(photo(width=500), name="other.webp")
    image.save()

    assert picture(image, use="card")["sources"] == []
    assert queries.next_incomplete(after=0) == image.pk


def test_a_transparent_picture_is_laid_on_white():
    file = ContentFile(photo(form="PNG", mode="RGBA"), name="cut-out.png")
    image = ShopImage.objects.create(title="Cut-out", file=file)

    operations.make_renditions(image_id=image.pk)

    image.refresh_from_db()
    with default_storage.open(image.sources["ladder"]["jpeg"][-1][1]) as handle:
        assert Image.open(handle).mode == "RGB"


def test_a_picture_names_what_is_ready_and_asks_nothing(django_assert_num_queries):
    image = an_image()
    operations.make_renditions(image_id=image.pk)
    image.refresh_from_db()

    with django_assert_num_queries(0):
        shown = picture(image, use="card", alt="Blue mug")

    assert [source["type"] for source in shown["sources"]] == ["image/avif", "image/webp"]
    assert [part.split(" ")[-1] for part in shown["sources"][0]["srcset"].split(", ")] == [
        "160w",
        "320w",
        "640w",
    ]
    assert shown["src"].endswith(".jpg")
    assert (shown["width"], shown["height"], shown["alt"]) == (900, 900, "Blue mug")


def test_before_renditions_exist_the_original_is_shown(django_assert_num_queries):
    image = an_image()

    with django_assert_num_queries(0):
        shown = gallery_picture(image, alt="Blue mug", key="blue")

    assert shown["src"] == shown["large"] == image.file.url
    assert shown["sources"] == []


def test_the_walk_finds_each_incomplete_picture_once():
    first, second = an_image(), an_image()
    operations.make_renditions(image_id=first.pk)

    assert queries.next_incomplete(after=0) == second.pk
    assert queries.next_incomplete(after=second.pk) is None
