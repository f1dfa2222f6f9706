"""Media on S3 and on local disk: pictures are open to all, private files are not."""

import io
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.core.files.storage import FileSystemStorage, storages
from django.test import Client
from moto.server import ThreadedMotoServer
from PIL import Image

from cms.media.models import ShopDocument, ShopImage, private_storage
from storefront.settings import services
from tests.factories.accounts import make_user

STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"


def get(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        return refused.code, b""


def photograph() -> ImageFile:
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(picture, "JPEG")
    return ImageFile(ContentFile(picture.getvalue()), name="bowl.jpg")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    double = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    double.start()
    host, port = double.get_host_and_port()
    yield f"http://{host}:{port}"
    double.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> str:
    """The shop's storages as the environment makes them when it names a bucket."""
    monkeypatch.setenv("AWS_STORAGE_BUCKET_NAME", "goods")
    monkeypatch.setenv("AWS_S3_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    settings.STORAGES = services.storages(private_root="unused", static_backend=STATIC)
    client = boto3.client(
        "s3",
        endpoint_url=server,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket="goods")
    client.create_bucket(Bucket="goods-private")
    # The model asked for its storage when it was made, long before this test.
    monkeypatch.setattr(ShopDocument._meta.get_field("file"), "storage", private_storage())
    return server


@pytest.mark.django_db
def test_a_picture_and_its_renditions_are_open_to_all_and_keep_their_address(s3: str) -> None:
    image = ShopImage.objects.create(title="Bowl", file=photograph())
    rendition = image.get_rendition("width-160|format-webp")

    for address in (image.file.url, rendition.url):
        status, body = get(address)
        assert (status, len(body) > 0) == (200, True)
        assert urlsplit(address).query == ""
        assert f"{address.partition('/goods/')[0]}" == s3


@pytest.mark.django_db
def test_two_pictures_of_one_name_do_not_overwrite_each_other(s3: str) -> None:
    first, second = (ShopImage.objects.create(title="Bowl", file=photograph()) for _ in "12")

    assert first.file.name != second.file.name


@pytest.mark.django_db
def test_a_private_file_is_refused_without_a_signature_and_signed_for_ten_minutes(s3: str) -> None:
    document = ShopDocument.objects.create(
        title="Terms", file=ContentFile(b"between us", name="terms.txt")
    )

    signed = urlsplit(document.file.url)

    assert get(document.file.url) == (200, b"between us")
    assert get(signed._replace(query="").geturl()) == (403, b"")
    query = parse_qs(signed.query)
    assert query["X-Amz-Expires"] == ["600"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "goods-private" in signed.path


@pytest.mark.django_db
def test_the_address_of_a_document_leads_on_to_a_signed_link(s3: str, client: Client) -> None:
    document = ShopDocument.objects.create(
        title="Terms", file=ContentFile(b"between us", name="terms.txt")
    )

    response = client.get(f"/documents/{document.pk}/{document.filename}")

    assert response.status_code == 302
    assert get(response["Location"]) == (200, b"between us")


@pytest.mark.parametrize(
    ("endpoint", "region"), [("", ""), ("", "eu-central-1"), ("https://objects.example", "")]
)
def test_the_content_policy_names_the_host_that_pictures_come_from(
    monkeypatch: pytest.MonkeyPatch, settings: Any, endpoint: str, region: str
) -> None:
    monkeypatch.setenv("AWS_STORAGE_BUCKET_NAME", "goods")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_S3_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_S3_REGION_NAME", region)
    settings.STORAGES = services.storages(private_root="unused", static_backend=STATIC)

    address = urlsplit(storages["default"].url("bowl.jpg"))

    assert services.media_origins() == [f"{address.scheme}://{address.netloc}"]


def test_without_a_bucket_pictures_lie_on_disk_and_need_no_other_host() -> None:
    assert isinstance(storages["default"], FileSystemStorage)
    assert services.media_origins() == []


@pytest.mark.django_db
def test_private_files_on_disk_have_no_address_and_lie_outside_of_what_is_served(
    client: Client,
) -> None:
    document = ShopDocument.objects.create(
        title="Terms", file=ContentFile(b"between us", name="terms.txt")
    )

    path = Path(document.file.path)

    assert Path(django_settings.MEDIA_ROOT) not in path.parents
    assert Path(django_settings.PRIVATE_MEDIA_ROOT) in path.parents
    with pytest.raises(NotImplementedError):
        _ = document.file.url
    assert client.get(f"/media/{document.file.name}").status_code == 404


@pytest.mark.django_db
def test_a_document_on_disk_is_handed_out_as_a_download(client: Client) -> None:
    document = ShopDocument.objects.create(
        title="Terms", file=ContentFile(b"<script>1</script>", name="terms.html")
    )
    client.force_login(make_user())

    response = client.get(f"/documents/{document.pk}/{document.filename}")

    assert b"".join(response.streaming_content) == b"<script>1</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
