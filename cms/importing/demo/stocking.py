"""Filling the shops, two at a time: an import waits for the database half of its time."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.db import connections

from .. import operations as importing
from ..models import ImportJob

Shop = dict[str, Any]
Say = Callable[[str], None]
ROUNDS = 24
"""In how many portions every shop is filled."""


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
    """Import every shop's goods a little at a time, so that what is new is new in all of them."""
    imports = {shop["name"]: _portions(ids[shop["slug"]], shop, folder) for shop in shops}
    round_number = 0
    while imports:
        round_number += 1
        for name, portions in list(imports.items()):
            job = next(portions)
            if not job.is_open:
                _report(name, job, say)
                del imports[name]
            elif round_number % 6 == 0:
                say(f"  {name}: {job.done} of {job.total} products")


def _portions(seller_id: int, shop: Shop, folder: Path) -> Iterator[ImportJob]:
    path = folder / shop["products_file"]
    job, pictures = importing.take_up(path=path, seller_id=seller_id)
    count = len({row.split(",", 1)[0] for row in path.read_text("utf-8-sig").splitlines()})
    size = -(-count // ROUNDS)
    return importing.portions(job_id=job.pk, size=size, pictures=pictures)


def _report(name: str, job: ImportJob, say: Say) -> None:
    """Say what came of a shop's file, as its importer would read it."""
    problems = list(job.problems.order_by("row")[:20])
    say(f"  {name}: {job.created} products, {len(problems)} problems")
    for problem in problems:
        say(f"    row {problem.row}, {problem.column or 'row'}: {problem.message}")
    if job.refusal:
        say(f"    {job.refusal}")
