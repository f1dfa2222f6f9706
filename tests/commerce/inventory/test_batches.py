"""Bulk changes: the rule for counts that meet a change, keys that are used twice, dry runs."""

import pytest
from django.db import DatabaseError

from commerce.catalog import queries as catalog
from commerce.inventory import operations, queries
from commerce.inventory.types import RowAnswer, StockWrite
from tests.factories.catalog import make_product, make_variant, make_variants
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_seller
from tests.support.query_budget import counted
from tests.support.race import meeting, race_all
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def variant_id() -> int:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 10)
    return variant_id


def seller_of(variant_id: int) -> int:
    return catalog.variants(variant_ids=[variant_id])[variant_id].seller_id


def level(variant_id: int):
    return queries.levels(variant_ids=[variant_id])[variant_id][0]


def send(variant_id: int, **row: object) -> RowAnswer:
    (answer,) = operations.write_rows(
        seller_id=seller_of(variant_id),
        source="api",
        rows=[StockWrite(**{"sku": "MUG", **row})],  # type: ignore[arg-type]
    )
    return answer


def sell(variant_id: int, units: int) -> None:
    operations.reserve(holder="order", quantities={variant_id: units})
    operations.claim(holder="order")


def test_a_count_without_a_word_of_what_was_seen_is_written(variant_id: int) -> None:
    answer = send(variant_id, on_hand=7)

    assert (answer.outcome, answer.on_hand) == ("set", 7)
    assert answer.version == level(variant_id).version == 2


def test_a_count_that_is_true_already_changes_nothing(variant_id: int) -> None:
    assert send(variant_id, on_hand=10).outcome == "unchanged"


def test_a_difference_is_added_to_what_is_there(variant_id: int) -> None:
    answer = send(variant_id, delta=5, kind="received")

    assert (answer.outcome, answer.on_hand) == ("adjusted", 15)
    assert queries.movements(variant_ids=[variant_id])[0].kind == "received"


def test_sales_between_look_and_count_are_carried_along(variant_id: int) -> None:
    seen = level(variant_id).version
    sell(variant_id, 3)

    answer = send(variant_id, on_hand=12, version=seen)

    assert (answer.outcome, answer.on_hand) == ("carried", 9)
    (conflict,) = queries.conflicts(variant_ids=[variant_id])
    assert (conflict.outcome, conflict.wanted, conflict.found) == ("carried", 12, 7)


def test_a_count_that_somebody_else_made_first_stands(variant_id: int) -> None:
    seen = level(variant_id).version
    send(variant_id, on_hand=4)

    answer = send(variant_id, on_hand=12, version=seen)

    assert (answer.outcome, answer.on_hand) == ("conflict", 4)
    (conflict,) = queries.conflicts(variant_ids=[variant_id])
    assert (conflict.outcome, conflict.source) == ("refused", "api")


def test_a_count_for_another_number_than_is_there_is_refused(variant_id: int) -> None:
    assert send(variant_id, on_hand=12, if_on_hand=9).outcome == "conflict"
    assert send(variant_id, on_hand=12, if_on_hand=10).outcome == "set"


def test_a_version_that_never_was_is_a_conflict(variant_id: int) -> None:
    assert send(variant_id, on_hand=12, version=99).outcome == "conflict"


def test_what_is_promised_cannot_be_counted_away(variant_id: int) -> None:
    operations.reserve(holder="a", quantities={variant_id: 4})

    assert send(variant_id, on_hand=3).outcome == "below-reserved"
    assert send(variant_id, delta=-7).outcome == "below-reserved"
    assert level(variant_id).on_hand == 10


@pytest.mark.parametrize("row", [{"delta": -11}, {"on_hand": 2_000_000_001}])
def test_a_count_out_of_range_is_refused(variant_id: int, row: dict) -> None:
    assert send(variant_id, **row).outcome in ("out-of-range", "below-reserved")


def test_another_sellers_sku_is_unknown_and_so_is_another_place(variant_id: int) -> None:
    answers = operations.write_rows(
        seller_id=make_seller().pk, source="api", rows=[StockWrite(sku="MUG", on_hand=1)]
    )
    assert [answer.outcome for answer in answers] == ["unknown-sku"]
    assert send(variant_id, on_hand=1, location="Moon").outcome == "unknown-location"


def test_one_place_is_written_once_in_a_batch(variant_id: int) -> None:
    answers = operations.write_rows(
        seller_id=seller_of(variant_id),
        source="api",
        rows=[StockWrite(sku="MUG", on_hand=1), StockWrite(sku="MUG", on_hand=2)],
    )

    assert [answer.outcome for answer in answers] == ["set", "duplicate"]


def test_a_dry_run_answers_and_changes_nothing(variant_id: int) -> None:
    answers = operations.write_rows(
        seller_id=seller_of(variant_id), source="csv", dry_run=True,
        rows=[StockWrite(sku="MUG", on_hand=1)],
    )  # fmt: skip

    assert [(answer.outcome, answer.on_hand) for answer in answers] == [("set", 1)]
    assert level(variant_id).on_hand == 10


def test_a_long_batch_takes_as_few_statements_as_a_short_one() -> None:
    product_id = make_product()
    skus = [f"S{n}" for n in range(60)]
    variants = make_variants(product_id=product_id, skus=skus)
    seller_id = seller_of(variants["S0"])
    stock_up(variants["S0"], 1)

    def statements(rows: list[str]) -> int:
        with counted() as made:
            operations.write_rows(
                seller_id=seller_id, source="api",
                rows=[StockWrite(sku=sku, on_hand=3, version=0) for sku in rows],
            )  # fmt: skip
        return len([text for text in made if "outbox_" not in text])

    assert statements(skus[1:2]) == statements(skus[2:])


def test_too_long_a_batch_is_refused(variant_id: int) -> None:
    with pytest.raises(operations.BatchTooLong):
        operations.write_rows(
            seller_id=seller_of(variant_id), source="api",
            rows=[StockWrite(sku=str(n), on_hand=1) for n in range(1001)],
        )  # fmt: skip


def keyed(variant_id: int, body_hash: str = "a", delta: int = 1) -> list[dict]:
    return operations.apply_batch(
        seller_id=seller_of(variant_id), key="k-1", body_hash=body_hash, source="api",
        rows=[StockWrite(sku="MUG", delta=delta)],
    )  # fmt: skip


def test_the_same_key_and_body_have_one_effect_and_one_answer(variant_id: int) -> None:
    assert keyed(variant_id) == keyed(variant_id)
    assert level(variant_id).on_hand == 11


def test_the_same_key_for_another_body_is_refused(variant_id: int) -> None:
    keyed(variant_id)

    with pytest.raises(operations.KeyReused):
        keyed(variant_id, body_hash="b", delta=5)

    assert level(variant_id).on_hand == 11


def test_an_answer_and_a_conflict_are_kept_as_they_were(variant_id: int) -> None:
    keyed(variant_id)
    send(variant_id, on_hand=1, if_on_hand=3)

    with pytest.raises(DatabaseError, match="answered once"):
        run_sql("UPDATE inventory_stockbatch SET answer = '[]'")
    with pytest.raises(DatabaseError, match="append-only"):
        run_sql("UPDATE inventory_stockconflict SET outcome = 'carried'")


@pytest.mark.django_db(transaction=True)
def test_the_same_batch_in_sixteen_sessions_has_one_effect() -> None:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 10)

    results = race_all([lambda: keyed(variant_id)] * 16)

    assert all(result == results[0] for result in results)
    assert level(variant_id).on_hand == 11


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_saw_the_same_count_one_writes_it() -> None:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 10)

    answers = race_all(
        [lambda count=count: send(variant_id, on_hand=count, version=1) for count in range(20, 28)]
    )

    outcomes = sorted(answer.outcome for answer in answers)
    assert outcomes == ["conflict"] * 7 + ["set"]
    assert len(queries.conflicts(variant_ids=[variant_id])) == 7


@pytest.mark.django_db(transaction=True)
def test_control_who_does_not_say_what_they_saw_overwrites() -> None:
    variant_id = make_variant(sku="MUG")
    stock_up(variant_id, 10)

    answers = race_all(
        [lambda count=count: send(variant_id, on_hand=count) for count in range(20, 28)]
    )

    assert {answer.outcome for answer in answers} == {"set"}
    assert level(variant_id).version == 9


@pytest.mark.django_db(transaction=True)
def test_control_a_key_that_is_looked_up_first_lets_two_through() -> None:
    """Look for the key, then act, then keep it: what claiming after the effect would be."""
    kept: set[str] = set()
    done: list[int] = []

    all_have_looked = meeting(8)

    def carelessly() -> None:
        if "k-1" in kept:
            return
        all_have_looked()
        done.append(1)
        kept.add("k-1")

    race_all([carelessly] * 8)

    assert len(done) > 1


def test_a_row_whose_count_is_refused_leaves_its_threshold_too(variant_id: int) -> None:
    answer = send(variant_id, on_hand=3, if_on_hand=99, low_here=4)

    assert answer.outcome == "conflict"
    assert level(variant_id).low_here is None


def test_a_threshold_that_is_as_wanted_changes_nothing_whatever_was_seen(variant_id: int) -> None:
    assert send(variant_id, low_here=4).outcome == "set"
    assert send(variant_id, low_here=4, if_low_here=None).outcome == "unchanged"
    assert send(variant_id, low_here=None, if_low_here=4).outcome == "set"
    assert level(variant_id).low_here is None


def test_a_threshold_out_of_range_is_refused(variant_id: int) -> None:
    answer = send(variant_id, on_hand=3, low_here=1_000_001)

    assert (answer.outcome, answer.on_hand) == ("out-of-range", 10)
    assert level(variant_id).on_hand == 10


def test_a_dry_run_sets_no_threshold(variant_id: int) -> None:
    operations.write_rows(
        seller_id=seller_of(variant_id),
        source="csv",
        rows=[StockWrite(sku="MUG", low_here=4)],
        dry_run=True,
    )

    assert level(variant_id).low_here is None
