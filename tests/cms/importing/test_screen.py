"""The import screen, as staff and as a seller's people see it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from cms.importing import operations, running, tasks
from cms.importing.models import ImportJob
from cms.media.models import ShopImage
from cms.pages.models import ProductPage
from cms.selling.operations import open_workspace, trust
from commerce.accounts.models import User
from commerce.catalog.models import Product
from commerce.catalog.queries import variants_of
from commerce.inventory.queries import available
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


@pytest.fixture
def live_mug(open_shop, send):
    """A live product of a seller that is not trusted any more."""
    seller_id = open_shop("Acme", trusted=True)
    an_image("mug", collection=open_workspace(seller_id=seller_id).collection)
    send(mug(Vendor="Acme"), ending="publish")
    trust(seller_id=seller_id, trusted=False)
    product = Product.objects.get()
    assert page_of(product).live
    return product


def approve(page):
    page.current_workflow_task_state.approve(user=a_person("mona@example.com", is_superuser=True))


MATERIAL = "Material (product.metafields.specs.material)"


def test_brand_and_facts_of_a_live_product_wait_and_its_price_does_not(live_mug, send):
    send(mug(**{"Vendor": "Rude brand", MATERIAL: "Rude fact", "Variant Price": "13.00"}))

    live_mug.refresh_from_db()
    assert (live_mug.brand, live_mug.specifications) == ("Acme", [["Material", "Clay"]])
    assert Price.objects.get().amount_minor == 1300

    approve(page_of(live_mug))
    live_mug.refresh_from_db()
    assert (live_mug.brand, live_mug.specifications) == ("Rude brand", [["Material", "Rude fact"]])


def test_new_options_of_a_live_product_wait_while_stock_of_the_known_sku_does_not(live_mug, send):
    send(
        mug(**{"Vendor": "Acme", "Option1 Name": "Color", "Option1 Value": "Rude",
               "Variant Inventory Qty": "3", "Variant Compare At Price": "15.00"}),
        mug(**{"Vendor": "Acme", "Option1 Value": "Blue", "Variant SKU": "M-2",
               "Variant Compare At Price": "19.00"}),
    )  # fmt: skip

    (known,) = variants_of(product_ids=[live_mug.pk])[live_mug.pk]
    assert list(known.option_values) == []
    assert available(variant_ids=[known.id])[known.id].on_hand == 3

    approve(page_of(live_mug))
    found = {
        v.sku: tuple(v.option_values) for v in variants_of(product_ids=[live_mug.pk])[live_mug.pk]
    }
    assert found == {"M-1": ("Rude",), "M-2": ("Blue",)}
    assert sorted(Price.objects.values_list("amount_minor", "compare_at_minor")) == [
        (1200, 1500), (1200, 1900),
    ]  # fmt: skip


def test_a_file_that_takes_the_words_back_leaves_nothing_waiting(live_mug, send):
    send(mug(Vendor="Rude brand"), ending="draft")
    send(mug(Vendor="Acme", **{"Variant Price": "14.00"}), ending="draft")

    page_of(live_mug).get_latest_revision().publish()

    live_mug.refresh_from_db()
    assert live_mug.brand == "Acme"


# What is kept, and how much at once


def test_a_seller_has_few_imports_under_way_at_once(open_shop, client):
    open_shop("Acme")
    for number in range(operations.MOST_OPEN):
        upload(client, f"mug-{number}")

    refused = upload(client, "one-more")

    assert "under way" in refused.content.decode()
    assert ImportJob.objects.count() == operations.MOST_OPEN
    open_shop("Other")
    assert upload(client, "one-more").status_code == 302


def upload(client, handle):
    """Take a file in without working on it: what follows the commit is left out."""
    file = SimpleUploadedFile("mugs.csv", as_file(mug(Handle=handle)))
    fields = {"dry_run": "import", "ending": "submit", "file": file}
    return client.post(reverse("importing:new"), fields)


def test_files_are_deleted_after_thirty_days_and_what_became_of_them_is_kept(
    open_shop, send, client
):
    open_shop("Acme")
    send(mug())
    send(mug(Handle="cup"))
    old, new = ImportJob.objects.order_by("pk")
    ImportJob.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=31), finished_at=timezone.now()
    )
    name, storage = old.file.name, old.file.storage

    assert operations.delete_old_files() == 1
    assert operations.delete_old_files() == 0

    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.file.name, storage.exists(name)) == ("", False)
    assert new.file.storage.exists(new.file.name)
    assert client.get(reverse("importing:job", args=[old.pk])).status_code == 200


def test_a_file_that_is_still_worked_on_is_kept_however_old(open_shop, client):
    open_shop("Acme")
    upload(client, "mug")
    ImportJob.objects.update(created_at=timezone.now() - timedelta(days=90))

    assert operations.delete_old_files() == 0


def test_a_checked_file_that_is_gone_cannot_be_imported_and_says_so(open_shop, send, client):
    open_shop("Acme")
    send(mug(), dry_run="check")
    job = ImportJob.objects.get()
    ImportJob.objects.update(created_at=timezone.now() - timedelta(days=31))
    operations.delete_old_files()

    answer = client.post(reverse("importing:import", args=[job.pk]), follow=True)

    assert answer.status_code == 200
    assert "30 days" in answer.content.decode()
    assert not Product.objects.exists()


def test_a_large_file_is_checked_once_a_task_and_not_once_a_portion(open_shop, client, monkeypatch):
    open_shop("Acme")
    checks = []
    check = running.checked_file
    monkeypatch.setattr(running, "checked_file", lambda *a: checks.append(1) or check(*a))
    monkeypatch.setattr(tasks, "PORTION", 2)
    rows = [mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(7)]
    file = SimpleUploadedFile("mugs.csv", as_file(*rows))
    client.post(reverse("importing:new"), {"dry_run": "import", "ending": "submit", "file": file})

    tasks.run(job_id=ImportJob.objects.get().pk)

    assert ImportJob.objects.get().created == 7
    assert len(checks) == 1
