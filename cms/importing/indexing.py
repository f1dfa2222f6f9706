"""Wagtail's index upkeep, once per object instead of once per save.

Wagtail refreshes its search and reference indexes in a task for every save, and
publishing a new page saves it many times. Inside `indexed_once` those tasks are
collected, and run for many objects together; elsewhere they run at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Model
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import TaskResult

_SEARCH = "modelsearch.tasks.insert_or_update_object_task"
_REFERENCES = "wagtail.tasks.update_reference_index_task"
_waiting: ContextVar["Waiting | None"] = ContextVar("waiting_for_index", default=None)


class Waiting:
    """Objects whose indexes are out of date, by model."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[type, set[str]]] = {
            _SEARCH: defaultdict(set),
            _REFERENCES: defaultdict(set),
        }

    def add(self, task: str, app_label: str, model_name: str, pk: str) -> None:
        self.objects[task][apps.get_model(app_label, model_name)].add(pk)

    def search_for(self, instances: Iterable[Model]) -> None:
        """Have instances that were written in bulk found by search."""
        for instance in instances:
            self.objects[_SEARCH][type(instance)].add(str(instance.pk))

    def again(self, instances: Iterable[Model]) -> None:
        """Have both indexes of instances written anew, whatever became of them before."""
        for instance in instances:
            for objects in self.objects.values():
                objects[type(instance)].add(str(instance.pk))

    def flush(self) -> None:
        """Bring the indexes up to date."""
        # Imported here: Wagtail's task modules ask for the backend below while they load.
        from wagtail.models import ReferenceIndex
        from wagtail.search.backends import get_search_backend

        for model, keys in self.objects[_SEARCH].items():
            objects = model.objects.filter(pk__in=keys)  # type: ignore[attr-defined]
            if hasattr(model, "tags"):
                objects = objects.prefetch_related("tags")
            get_search_backend().add_bulk(model, objects)
        for model, keys in self.objects[_REFERENCES].items():
            if not ReferenceIndex.is_indexed(model):
                continue
            for instance in model.objects.filter(pk__in=keys):  # type: ignore[attr-defined]
                with transaction.atomic():
                    ReferenceIndex.create_or_update_for_object(instance)
        self.__init__()  # type: ignore[misc]


@contextmanager
def indexed_once() -> Iterator[Waiting]:
    """Collect index upkeep. Call `flush` now and then; the end does."""
    waiting = Waiting()
    token = _waiting.set(waiting)
    try:
        yield waiting
    finally:
        _waiting.reset(token)
        waiting.flush()


class OnceBackend(ImmediateBackend):
    """Runs tasks at once, except index upkeep inside `indexed_once`."""

    def _execute_task(self, task_result: TaskResult[Any]) -> None:
        waiting = _waiting.get()
        task = task_result.task.module_path
        if waiting is not None and task in waiting.objects:
            waiting.add(task, *task_result.args)
            return
        super()._execute_task(task_result)
