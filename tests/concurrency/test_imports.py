"""One file in the hands of several workers, and a worker killed in the middle."""

import os
import signal
import subprocess
import sys
from threading import get_ident

import pytest
from django.conf import settings

from cms.importing import operations, running
from cms.importing.models import ImportJob
from cms.media.models import ShopImage
from cms.pages.models import ProductPage
from commerce.catalog.models import Product
from commerce.discovery.models import Card
from tests.cms.bridge.shelf import a_seller
from tests.cms.importing.conftest import as_file, mug
from tests.factories.pages import a_category, photo
from tests.support.race import meeting, race

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = 12


@pytest.fixture
def waiting(tmp_path, monkeypatch):
    """A job with a dozen products, and the folder of their pictures."""
    monkeypatch.setattr(operations.make_missing, "delay", lambda **_: None)
    a_category("Mugs", parent=a_category("Kitchen"))
    seller = a_seller(trusted=True)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "mug.webp").write_bytes(photo(width=160))
    rows = [mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(PRODUCTS)]
    path = tmp_path / "products.csv"
    path.write_bytes(as_file(*rows))
    job, pictures = operations.take_up(path=path, seller_id=seller.pk)
    return job, pictures, path


def test_control_without_taking_turns_products_are_counted_twice(waiting, monkeypatch):
    job, pictures, _ = waiting
    operations.run(job_id=job.pk, pictures=pictures, at_most=1)
    all_have_looked, looked = meeting(3), set()

    def take_anyway(job, index, outcome):
        if get_ident() not in looked:
            looked.add(get_ident())
            all_have_looked()
        return bool(ImportJob.objects.filter(pk=job.pk).update(next_product=index + 1))

    monkeypatch.setattr(running, "_take", take_anyway)
    race(lambda: operations.run(job_id=job.pk, pictures=pictures), times=3)

    assert ImportJob.objects.get().problems.exists() or Product.objects.count() < PRODUCTS


def test_three_workers_import_every_product_once(waiting):
    job, pictures, _ = waiting
    operations.run(job_id=job.pk, pictures=pictures, at_most=1)

    race(lambda: operations.run(job_id=job.pk, pictures=pictures), times=3)
    finished = operations.run(job_id=job.pk, pictures=pictures)

    assert (finished.state, finished.created, finished.failed) == ("done", PRODUCTS, 0)
    assert Product.objects.count() == ProductPage.objects.count() == PRODUCTS
    assert not finished.problems.exists()


def test_a_killed_import_goes_on_without_doubles(waiting):
    job, _, path = waiting
    database = settings.DATABASES["default"]
    script = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        f"connection.settings_dict['NAME'] = {database['NAME']!r}\n"
        "from pathlib import Path\n"
        "from cms.importing import operations\n"
        f"operations.import_file(path=Path({str(path)!r}), seller_id={job.seller_id})\n"
    )
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "storefront.settings.test",
        "STOA_FAILPOINTS": "inside_import=die@3",
    }
    command = [sys.executable, "-c", script]
    worker = subprocess.run(command, env=environment, cwd=settings.ROOT, timeout=120, check=False)
    assert worker.returncode == -signal.SIGKILL
    assert ImportJob.objects.get(pk=job.pk).next_product == 2
    assert ImportJob.objects.get(pk=job.pk).state == ImportJob.State.RUNNING

    finished = operations.import_file(path=path, seller_id=job.seller_id)

    assert (finished.pk, finished.state) == (job.pk, "done")
    assert (finished.created, finished.failed) == (PRODUCTS, 0)
    assert Product.objects.count() == ProductPage.objects.count() == PRODUCTS
    assert ShopImage.objects.count() == 1
    assert Card.objects.count() <= PRODUCTS
