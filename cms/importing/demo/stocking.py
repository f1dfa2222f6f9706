"""Filling the shops, two at a time: an import waits for the database half of its time."""

import multiprocessing
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections

from .. import operations as importing
from ..models import ImportJob

Shop = dict[str, Any]
Say = Callable[[str], None]
PORTION = 5
TOLD_EVERY = 50


class StockingFailed(Exception):
    """A shop's goods could not be imported; what went wrong was printed by its process."""


def stock_side_by_side(shops: list[Shop], ids: dict[str, int], folder: Path, say: Say) -> None:
    """Import every shop's goods, two at a time where the system can fork. Raises StockingFailed."""
    by_size = sorted(shops, key=lambda shop: -(folder / shop["products_file"]).stat().st_size)
    if sys.platform != "linux" or (os.cpu_count() or 1) < 2:
        stock_in_turn(by_size, ids, folder, say)
        return
    # The largest shop is about half of all; the others take as long together.
    connections.close_all()
    context = multiprocessing.get_context("fork")
    processes = [
        context.Process(target=stock_in_turn, args=(share, ids, folder, say))
        for share in (by_size[:1], by_size[1:])
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise StockingFailed


def stock_in_turn(shops: list[Shop], ids: dict[str, int], folder: Path, say: Say) -> None:
    """Import every shop's goods a few at a time, so that all are filled at the same time.

    What is new in the marketplace is then new in every shop.
    """
    imports = {}
    for shop in shops:
        job, pictures = importing.take_up(
            path=folder / shop["products_file"], seller_id=ids[shop["slug"]]
        )
        imports[shop["name"]] = importing.portions(job_id=job.pk, size=PORTION, pictures=pictures)
    left = dict.fromkeys(imports, 1.0)
    while left:
        name = max(left, key=lambda name: left[name])
        job = next(imports[name])
        if job.is_open:
            left[name] = 1 - job.done / job.total
            if job.done % TOLD_EVERY < PORTION <= job.done:
                say(f"  {name}: {job.done} of {job.total} products")
        else:
            _report(name, job, say)
            del left[name]


def _report(name: str, job: ImportJob, say: Say) -> None:
    """Say what came of a shop's file, as its importer would read it."""
    problems = list(job.problems.order_by("row")[:20])
    say(f"  {name}: {job.created} products, {len(problems)} problems")
    for problem in problems:
        say(f"    row {problem.row}, {problem.column or 'row'}: {problem.message}")
    if job.refusal:
        say(f"    {job.refusal}")
