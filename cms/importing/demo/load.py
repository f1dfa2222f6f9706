"""The whole demo marketplace, step by step, each of which may be repeated."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings

from cms.media.receivers import left_for_later
from cms.media.tasks import make_missing
from cms.pages.operations import ensure_site
from commerce.discovery import operations as discovery
from commerce.kernel import clock
from commerce.kernel.actor import acting_as
from commerce.outbox import bus
from commerce.outbox import operations as outbox
from commerce.sellers import queries as sellers_queries

from ..indexing import indexed_once
from . import accounts, categories, reference, sellers, stocking
from .content import Content
from .pictures import PageImages

FOLDER = Path(settings.ROOT) / "demo"
Say = Callable[[str], None]
log = structlog.get_logger(__name__)


def is_loaded() -> bool:
    """Tell whether anybody sells here."""
    return bool(sellers_queries.all_sellers())


def load(*, say: Say, folder: Path = FOLDER, side_by_side: bool = True) -> None:
    """Load the demo: reference data, categories, people, shops, goods, pages and menus.

    `side_by_side` imports two shops at a time, in processes of their own.
    """
    images = PageImages(folder / "images")
    shops = json.loads((folder / "sellers.json").read_text())
    with acting_as("demo"), left_for_later(), indexed_once(), bus.quietly():
        with _step(say, "Carriers, taxes, categories, people"):
            reference.load(folder / "reference")
            ensure_site()
            categories.load(json.loads((folder / "categories.json").read_text()), images)
            accounts.ensure_groups()
            for account in accounts.STAFF:
                accounts.ensure_user(account)
        with _step(say, "Shops and their goods"):
            ids = {shop["slug"]: sellers.open_shop(shop, images) for shop in shops}
            stock = stocking.stock_side_by_side if side_by_side else stocking.stock_in_turn
            stock(shops, ids, folder, say)
        with _step(say, "Pages and menus"):
            content = json.loads((folder / "content.json").read_text())
            Content(content, ids, images).load()
        with _step(say, "Tiles and search"):
            began = clock.now()
            for _ in discovery.rebuild():
                pass
            outbox.settle(subscribers="commerce.discovery.", before=began)
    make_pictures_later()


def make_pictures_later() -> None:
    """Leave the remaining renditions to the workers; pages show what exists meanwhile."""
    try:
        make_missing.delay()
    except Exception as error:
        log.warning("demo.renditions_not_scheduled", error=repr(error))


@contextmanager
def _step(say: Say, name: str) -> Iterator[None]:
    began = time.monotonic()
    say(f"{name} ...")
    yield
    say(f"  {name}: {time.monotonic() - began:.1f} s")


def accounts_table() -> list[tuple[str, str, str]]:
    """Return role, email and password of everybody in the demo."""
    people = list(accounts.STAFF)
    for shop in json.loads((FOLDER / "sellers.json").read_text())[:2]:
        people += [
            accounts.seller_account(shop["slug"], shop["name"], role)
            for role in accounts.SELLER_ROLES
        ]
    return [(person.role, person.email, accounts.PASSWORD) for person in people]
