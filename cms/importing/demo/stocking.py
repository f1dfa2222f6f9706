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
    """Import every shop's goods, one after the other."""
    for shop in shops:
        stock_shop(ids[shop["slug"]], shop, folder, say)


def stock_shop(seller_id: int, shop: Shop, folder: Path, say: Say) -> None:
    """Import a shop's goods, as the shop itself would."""

    def progress(job: ImportJob) -> None:
        if job.next_product % 50 == 0:
            say(f"  {shop['name']}: {job.next_product} of {job.total} products")

    job = importing.import_file(
        path=folder / shop["products_file"], seller_id=seller_id, on_progress=progress
    )
    problems = list(job.problems.order_by("row")[:20])
    say(f"  {shop['name']}: {job.created} products, {len(problems)} problems")
    for problem in problems:
        say(f"    row {problem.row}, {problem.column or 'row'}: {problem.message}")
    if job.state == ImportJob.State.REFUSED:
        say(f"    {job.refusal}")
