"""Imports whose worker died, or whose task the broker lost."""

import pytest

from cms.importing import operations, tasks
from cms.importing.models import ImportJob

from .conftest import as_file, mug

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch):
    found = []
    monkeypatch.setattr(tasks.run, "delay", lambda **values: found.append(values["job_id"]))
    return found


@pytest.fixture
def job(seller):
    return operations.start(seller_id=seller.pk, data=as_file(mug()), file_name="mugs.csv")


def test_an_import_that_gets_no_further_is_started_anew(job, asked):
    tasks.continue_stalled()
    assert asked == []  # it may be about to begin
    tasks.continue_stalled()
    assert asked == [job.pk]


def test_an_import_that_gets_on_is_left_alone(job, asked):
    tasks.continue_stalled()
    ImportJob.objects.filter(pk=job.pk).update(next_product=1)
    tasks.continue_stalled()
    assert asked == []


def test_an_import_that_ended_is_not_looked_at(job, asked):
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.DONE)
    tasks.continue_stalled()
    tasks.continue_stalled()
    assert asked == []
