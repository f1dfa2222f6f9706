"""Imports whose worker died, or whose task the broker lost."""

import pytest
from wagtail.models import ReferenceIndex
from wagtail.search.models import IndexEntry

from cms.importing import indexing, operations, tasks
from cms.importing.models import ImportJob
from cms.pages.models import ProductPage

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


def test_what_a_dead_worker_left_out_of_the_indexes_is_indexed(import_rows, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(job):
        if job.next_product == 2:
            raise Killed

    rows = [mug(Handle=f"mug-{n}", **{"Variant SKU": f"M-{n}"}) for n in range(3)]
    with monkeypatch.context() as dead:
        dead.setattr(indexing.Waiting, "flush", lambda self: None)  # the dead write nothing
        with pytest.raises(Killed):
            import_rows(*rows, on_progress=kill)
    import_rows(*rows)

    pages = {str(pk) for pk in ProductPage.objects.values_list("pk", flat=True)}
    assert len(pages) == 3
    for index in (IndexEntry, ReferenceIndex):
        assert pages <= set(index.objects.values_list("object_id", flat=True))
