"""Two workers refresh one card: the slower must not write what it read before."""

from threading import Event

import pytest
from django.db import transaction

from commerce.discovery import operations, queries
from commerce.discovery.projection import CardRow
from commerce.pricing.models import Price
from tests.factories.discovery import make_card
from tests.support.race import PATIENCE, race_all, until_done_or_waiting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def product_id() -> int:
    return make_card(minor=100)


def price_race(product_id: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """A worker has read and is slow to write; meanwhile the price changes and a second
    worker refreshes. Return the price that the card says in the end."""
    write, has_read, slow, done = operations._write, Event(), Event(), Event()

    def write_slowly(rows: list[CardRow], locale: str, currency: str) -> None:
        if not slow.is_set():
            slow.set()
            has_read.set()
            until_done_or_waiting(done)
        write(rows, locale, currency)

    def change_and_refresh() -> None:
        assert has_read.wait(timeout=PATIENCE)
        Price.objects.update(amount_minor=200)
        operations.refresh(product_ids=[product_id])
        done.set()

    monkeypatch.setattr(operations, "_write", write_slowly)
    results = race_all([lambda: operations.refresh(product_ids=[product_id]), change_and_refresh])

    assert results == [None, None]
    return queries.cards(product_ids=[product_id])[product_id].price.minor


def test_control_without_the_lock_the_old_price_wins(
    product_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations.statements, "LOCK", "SELECT %s")

    assert price_race(product_id, monkeypatch) == 100


def test_the_new_price_wins(product_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert price_race(product_id, monkeypatch) == 200


def test_many_refreshes_of_many_products_do_not_deadlock() -> None:
    ids = [make_card() for _ in range(6)]

    def refresh(order: list[int]) -> None:
        for _ in range(3):
            with transaction.atomic():
                operations.refresh(product_ids=order)

    results = race_all([lambda order=order: refresh(order) for order in (ids, ids[::-1]) * 4])

    assert results == [None] * 8
