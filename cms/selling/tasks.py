"""Doors of workers into the workspace; they act as the system."""

from celery import shared_task

from . import order_exports


@shared_task
def make_export(*, export_id: int, **_: object) -> None:
    """Write a table of orders that somebody waits for."""
    order_exports.make(export_id=export_id)


@shared_task
def tend_exports(**_: object) -> None:
    """Begin tables that wait and forget old ones; runs every five minutes."""
    order_exports.tend()
