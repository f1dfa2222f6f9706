"""The import screen, as staff and as a seller's people see it."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.importing import operations, tasks
from cms.importing.models import ImportJob
from cms.media.models import ShopImage
from cms.pages.models import ProductPage
from cms.selling.operations import open_workspace, trust
from commerce.accounts.models import User
from commerce.catalog.models import Product
from commerce.pricing.models import Price
from commerce.sellers.operations import add_member, register
from tests.factories.pages import a_category, an_image

from .conftest import as_file, mug

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_renditions(monkeypatch):
    monkeypatch.setattr(operations.make_missing, "delay", lambda **_: None)


def a_person(email, **fields):
    return User.objects.create_user(email=email, password="a-long-Passw0rd", **fields)


@pytest.fixture
def open_shop(client):
    """Return a function that opens a shop and signs its owner in."""
    a_category("Mugs", parent=a_category("Kitchen"))

    def opened(name, *, trusted=False):
        owner = a_person(f"{name.lower()}@example.com")
        seller_id = register(
            name=name, owner_id=owner.pk, legal_name=name, email=owner.email,
            country="US", rate_bps=1000, trusted=trusted,
        )  # fmt: skip
        open_workspace(seller_id=seller_id)
        client.force_login(owner)
        return seller_id

    return opened


@pytest.fixture
def send(client, django_capture_on_commit_callbacks):
    """Return a function that uploads rows, and runs what follows."""

    def sent(*rows, data=None, **fields):
        fields = {"dry_run": "import", "ending": "submit", **fields}
        fields["file"] = SimpleUploadedFile("mugs.csv", data or as_file(*rows))
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse("importing:new"), fields)

    return sent


def test_a_seller_checks_a_file_reads_what_is_wrong_and_imports_it(
    open_shop, send, client, django_capture_on_commit_callbacks
):
    open_shop("Acme")
    response = send(mug(), mug(Handle="cup", **{"Variant Price": "-1"}), dry_run="check")
    checked = ImportJob.objects.get()

    page = client.get(response.url).content.decode()
    assert "Would be new" in page
    assert "negative" in page
    assert "Import now, without the faulty products" in page
    assert Product.objects.count() == 0

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("importing:import", args=[checked.pk]))

    assert Product.objects.get().handle == "mug"


def test_a_new_sellers_products_go_to_the_moderators(open_shop, send):
    seller_id = open_shop("Acme")
    an_image("mug", collection=open_workspace(seller_id=seller_id).collection)

    send(mug())

    product = page_of(Product.objects.get())
    assert (product.live, product.workflow_in_progress) == (False, True)


def page_of(product):
    return ProductPage.objects.get(product_id=product.pk)


def test_a_new_seller_cannot_publish_by_asking_to(open_shop, send):
    open_shop("Acme")

    response = send(mug(), ending="publish")

    assert response.status_code == 200
    assert not ImportJob.objects.exists()


def test_a_seller_that_lost_its_trust_after_the_check_is_moderated(
    open_shop, send, client, django_capture_on_commit_callbacks
):
    seller_id = open_shop("Acme", trusted=True)
    an_image("mug", collection=open_workspace(seller_id=seller_id).collection)
    send(mug(), ending="publish", dry_run="check")
    trust(seller_id=seller_id, trusted=False)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("importing:import", args=[ImportJob.objects.get().pk]))

    page = page_of(Product.objects.get())
    assert (page.live, page.workflow_in_progress) == (False, True)


def test_what_the_moderators_look_at_does_not_change_under_them(open_shop, send):
    seller_id = open_shop("Acme")
    an_image("mug", collection=open_workspace(seller_id=seller_id).collection)
    send(mug())
    before = page_of(Product.objects.get())

    send(mug(**{"Title": "Another mug", "Variant Price": "13.00"}))

    after = page_of(Product.objects.get())
    assert after.latest_revision_id == before.latest_revision_id
    assert Price.objects.get().amount_minor == 1300
    assert "waits for approval" in ImportJob.objects.last().problems.get().message

    after.current_workflow_state.cancel()
    send(mug(**{"Title": "Another mug", "Variant Price": "13.00"}))
    assert page_of(Product.objects.get()).get_latest_revision_as_object().title == "Another mug"


def test_a_locked_page_is_not_published_over(open_shop, send):
    seller_id = open_shop("Acme", trusted=True)
    an_image("mug", collection=open_workspace(seller_id=seller_id).collection)
    send(mug(), ending="publish")
    ProductPage.objects.update(locked=True, locked_by=a_person("staff@example.com"))

    send(mug(Title="Another mug"), ending="publish")

    assert page_of(Product.objects.get()).title == "Blue mug"


def test_pictures_are_found_among_the_uploaded_ones_by_name(open_shop, send):
    seller_id = open_shop("Acme", trusted=True)
    mine = an_image("mug", collection=open_workspace(seller_id=seller_id).collection)
    an_image("mug")

    send(mug(), ending="publish")

    page = page_of(Product.objects.get())
    assert page.live
    assert [entry.image_id for entry in page.gallery.all()] == [mine.pk]
    assert ShopImage.objects.count() == 2


def test_a_file_that_is_no_table_says_so(open_shop, send, client):
    open_shop("Acme")

    response = send(data=b"PK\x03\x04 workbook")

    assert "workbook" in client.get(response.url).content.decode()


def test_another_sellers_import_does_not_exist(open_shop, send, client):
    open_shop("Other")
    send(mug())
    theirs = ImportJob.objects.get()
    open_shop("Acme")

    assert "mugs.csv" not in client.get(reverse("importing:jobs")).content.decode()
    for name, method in (
        ("job", client.get),
        ("problems", client.get),
        ("import", client.post),
        ("go_on", client.post),
    ):
        assert method(reverse(f"importing:{name}", args=[theirs.pk])).status_code == 404


def test_a_seller_exports_its_own_products_whatever_it_asks_for(open_shop, send, client):
    other_id = open_shop("Other")
    send(mug(Handle="theirs"))
    open_shop("Acme")
    send(mug(Handle="mine", **{"Variant SKU": "M-2"}))

    text = client.get(reverse("importing:export"), {"seller": other_id}).content.decode()

    assert "mine" in text
    assert "theirs" not in text


def test_a_packer_does_not_import(open_shop, client):
    seller_id = open_shop("Acme")
    packer = a_person("packer@example.com")
    add_member(seller_id=seller_id, user_id=packer.pk, role="packer")
    client.force_login(packer)

    assert client.get(reverse("importing:jobs")).status_code == 404


def test_staff_import_for_the_seller_they_choose(open_shop, send, client):
    seller_id = open_shop("Acme")
    client.force_login(a_person("admin@example.com", is_superuser=True, is_staff=True))

    send(mug(), seller=seller_id, ending="draft")

    assert Product.objects.get().seller_id == seller_id
    assert "Acme" in client.get(reverse("importing:jobs")).content.decode()


def test_an_editor_of_content_does_not_import(client):
    editor = a_person("editor@example.com")
    editor.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(editor)

    response = client.get(reverse("importing:jobs"))

    assert response.status_code == 302
    assert reverse("importing:jobs") not in response.url


def test_the_list_of_problems_can_be_downloaded(open_shop, send, client):
    open_shop("Acme")
    send(mug(Title="=cmd|x"))

    text = client.get(reverse("importing:problems", args=[ImportJob.objects.get().pk]))

    assert text.content.decode().splitlines()[0] == "Row,Column,Handle,Imported,Problem"
    assert "formula" in text.content.decode()


def test_a_large_file_is_imported_in_portions(open_shop, send, monkeypatch):
    monkeypatch.setattr(tasks, "PORTION", 2)
    open_shop("Acme")

    send(*[mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(5)])

    assert (ImportJob.objects.get().state, Product.objects.count()) == ("done", 5)
