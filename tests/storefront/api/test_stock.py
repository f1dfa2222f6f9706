"""The API as a seller's system sees it: keys, batches, conflicts, limits and clear errors."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from commerce.accounts.models import User
from commerce.hooks import operations as hooks
from commerce.hooks import queries as hook_queries
from commerce.inventory import operations, queries
from commerce.inventory.types import PolicyData
from commerce.kernel.actor import acting_as
from commerce.sellers import operations as sellers
from commerce.sellers.models import Seller
from tests.factories.catalog import make_product, make_variants
from tests.factories.inventory import stock_up
from tests.factories.sellers import make_member, make_seller
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db
BATCHES = "/api/v1/stock/batches"


class System:
    """A seller's warehouse program."""

    def __init__(self) -> None:
        self.seller_id = make_seller().pk
        self.key = hooks.create_key(seller_id=self.seller_id, name="Warehouse")
        self.client = Client()
        self.number = 0

    def send(self, *rows: dict[str, Any], idempotency: str = "", key: str = "") -> Any:
        self.number += 1
        return self.client.post(
            BATCHES,
            json.dumps({"rows": list(rows)}),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Idempotency-Key": idempotency or f"b-{self.number}",
            },
        )

    def read(self, query: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.key}"}
        return self.client.get(f"/api/v1/stock{query}", headers=headers)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def mug(system: System) -> int:
    product_id = make_product(seller_id=system.seller_id)
    variant_id = make_variants(product_id=product_id, skus=["MUG", "CUP"])["MUG"]
    stock_up(variant_id, 10)
    return variant_id


def on_hand(variant_id: int) -> int:
    return queries.available(variant_ids=[variant_id])[variant_id].on_hand


def test_a_system_reads_its_stock(system: System, mug: int) -> None:
    answer = system.read("?sku=MUG")

    assert answer.json() == {
        "stock": [
            {
                "sku": "MUG",
                "location": "Main",
                "on_hand": 10,
                "reserved": 0,
                "version": 1,
                "threshold": None,
            }
        ],
        "next": None,
    }


def test_held_units_count_as_reserved_however_they_are_kept(system: System, mug: int) -> None:
    operations.set_policy(variant_id=mug, policy=PolicyData(by_unit=True))
    operations.reserve(holder="a", quantities={mug: 3})

    assert system.read().json()["stock"][0]["reserved"] == 3


def test_counts_and_differences_are_written_by_its_name(system: System, mug: int) -> None:
    answer = system.send({"sku": "MUG", "set": 12, "version": 1}, {"sku": "CUP", "adjust": 4})

    assert answer.status_code == 200
    assert answer.json() == {
        "applied": 2,
        "refused": 0,
        "rows": [
            {"sku": "MUG", "outcome": "set", "on_hand": 12, "version": 2, "threshold": None},
            {"sku": "CUP", "outcome": "adjusted", "on_hand": 4, "version": 1, "threshold": None},
        ],
    }
    assert queries.movements(variant_ids=[mug])[0].actor == f"key:{system.key[5:13]}"


def test_rows_that_cannot_be_applied_do_not_hold_up_the_others(system: System, mug: int) -> None:
    answer = system.send(
        {"sku": "MUG", "set": 3, "if_on_hand": 99},
        {"sku": "CUP", "set": 5},
        {"sku": "NOPE", "set": 5},
    )

    outcomes = [row["outcome"] for row in answer.json()["rows"]]
    assert outcomes == ["conflict", "set", "unknown-sku"]
    assert on_hand(mug) == 10
    assert [each.outcome for each in queries.conflicts(variant_ids=[mug])] == ["refused"]


def test_the_same_batch_twice_has_one_effect_and_one_answer(system: System, mug: int) -> None:
    first = system.send({"sku": "MUG", "adjust": 5}, idempotency="k")
    second = system.send({"sku": "MUG", "adjust": 5}, idempotency="k")

    assert first.json() == second.json()
    assert on_hand(mug) == 15


def test_a_used_key_with_another_batch_is_refused(system: System, mug: int) -> None:
    system.send({"sku": "MUG", "adjust": 5}, idempotency="k")

    answer = system.send({"sku": "MUG", "adjust": 6}, idempotency="k")

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert on_hand(mug) == 15


def test_two_sellers_may_use_the_same_key_for_a_batch(system: System, mug: int) -> None:
    other = System()
    system.send({"sku": "MUG", "adjust": 5}, idempotency="k")

    assert other.send({"sku": "MUG", "adjust": 5}, idempotency="k").status_code == 200


def test_anothers_sku_does_not_exist(system: System, mug: int) -> None:
    other = System()

    assert other.read("?sku=MUG").status_code == 404
    assert other.read().json() == {"stock": [], "next": None}
    assert other.send({"sku": "MUG", "set": 1}).json()["rows"][0]["outcome"] == "unknown-sku"
    assert on_hand(mug) == 10


@pytest.mark.parametrize("key", ["", "nonsense", "stoa_00000000_x", "Bearer"])
def test_without_a_valid_key_nothing_is_told(system: System, mug: int, key: str) -> None:
    answer = Client().get("/api/v1/stock", headers={"Authorization": f"Bearer {key}"})

    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.json()["detail"]
    assert Client().get("/api/v1/stock").status_code == 401


def test_a_revoked_key_opens_nothing(system: System, mug: int) -> None:
    (row,) = hook_queries.keys_of(seller_id=system.seller_id)
    hooks.revoke_key(seller_id=system.seller_id, key_id=row.id)

    assert system.read().status_code == 401
    assert system.send({"sku": "MUG", "set": 1}).status_code == 401


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"sku": "MUG"}, "rows/0"),
        ({"sku": "MUG", "set": 1, "adjust": 1}, "rows/0"),
        ({"sku": "MUG", "adjust": 1, "version": 1}, "rows/0"),
        ({"sku": "MUG", "set": -1}, "rows/0/set"),
        ({"sku": "MUG", "set": 10**30}, "rows/0/set"),
        ({"sku": "MUG", "set": "7"}, "rows/0/set"),
        ({"sku": "MUG", "set": 1.5}, "rows/0/set"),
        ({"sku": "MUG", "set": True}, "rows/0/set"),
        ({"sku": "", "set": 1}, "rows/0/sku"),
        ({"sku": "M\0G", "set": 1}, "rows/0/sku"),
        ({"sku": 7, "set": 1}, "rows/0/sku"),
        ({"sku": "M" * 81, "set": 1}, "rows/0/sku"),
        ({"sku": "MUG", "set": 1, "location": "\0"}, "rows/0/location"),
        ({"sku": "MUG", "set": 1, "version": -1}, "rows/0/version"),
        ({"sku": "MUG", "set": 1, "colour": "red"}, "rows/0/colour"),
        ({"sku": "MUG", "adjust": 1, "reason": "stolen"}, "rows/0/reason"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(
    system: System, mug: int, row: dict, where: str
) -> None:
    answer = system.send(row)

    assert answer.status_code == 422
    assert where in [error["where"] for error in answer.json()["errors"]]
    assert on_hand(mug) == 10


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"rows": []}', b'{"rows": 1}', b"null", b"\xff\xfe", b'"\\u0000"']
)
def test_a_body_that_is_no_batch_is_explained(system: System, body: bytes) -> None:
    answer = system.client.post(
        BATCHES,
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {system.key}", "Idempotency-Key": "k"},
    )

    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_more_than_a_thousand_rows_are_too_many(system: System) -> None:
    rows = [{"sku": str(number), "set": 1} for number in range(1001)]

    assert system.send(*rows).status_code == 422


@pytest.mark.parametrize("name", ["", " ", "k" * 81, "ü"])
def test_a_batch_needs_a_key_of_its_own(system: System, mug: int, name: str) -> None:
    answer = system.client.post(
        BATCHES,
        json.dumps({"rows": [{"sku": "MUG", "set": 1}]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {system.key}", "Idempotency-Key": name},
    )

    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["?after=-1", "?after=x", "?after=" + "9" * 40, "?sku=%00"])
def test_a_page_that_cannot_be_is_refused(system: System, query: str) -> None:
    assert system.read(query).status_code in (400, 422)


def test_a_key_may_ask_so_often_and_no_more(system: System, monkeypatch) -> None:
    monkeypatch.setattr("storefront.api.keys.PER_MINUTE", 3)

    statuses = [system.read().status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]


def test_who_tries_keys_is_slowed_down(system: System, monkeypatch) -> None:
    monkeypatch.setattr("storefront.api.keys.WRONG_PER_MINUTE", 3)
    wrong = {"Authorization": "Bearer stoa_00000000_x"}

    statuses = [Client().get("/api/v1/stock", headers=wrong).status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 429, 429]


def test_pages_follow_each_other(system: System, mug: int, monkeypatch) -> None:
    monkeypatch.setattr("storefront.api.stock.PAGE", 1)
    system.send({"sku": "CUP", "set": 5})

    first = system.read().json()
    second = system.read(f"?after={first['next']}").json()

    assert [row["sku"] for row in first["stock"] + second["stock"]] == ["MUG", "CUP"]
    assert second["next"] is None


@pytest.fixture
def made(system: System) -> Any:
    """The owner who made the system's key; there is another one."""
    seller = Seller.objects.get(pk=system.seller_id)
    owner, _ = make_member(seller), make_member(seller)
    with acting_as(f"user:{owner.user_id}"):
        system.key = hooks.create_key(seller_id=system.seller_id, name="Warehouse")
    assert system.read().status_code == 200
    return owner


def refused(system: System) -> tuple[int, str]:
    """Both ways in are shut; returns how."""
    read, written = system.read(), system.send({"sku": "MUG", "set": 1})
    assert (read.status_code, read.json()) == (written.status_code, written.json())
    assert read["Content-Type"] == "application/problem+json"
    return read.status_code, read.json()["title"]


def test_a_key_ends_when_its_maker_is_let_go(system: System, made: Any, mug: int) -> None:
    sellers.remove_member(seller_id=system.seller_id, user_id=made.user_id)

    assert refused(system) == (401, "This key has ended")
    assert on_hand(mug) == 10
    assert hook_queries.keys_of(seller_id=system.seller_id)[0].revoked_at is not None


def test_a_key_ends_when_its_maker_is_owner_no_more(system: System, made: Any, mug: int) -> None:
    sellers.change_role(seller_id=system.seller_id, user_id=made.user_id, role="packer")
    sellers.change_role(seller_id=system.seller_id, user_id=made.user_id, role="owner")

    assert refused(system) == (401, "This key has ended")


def test_a_key_rests_while_its_makers_account_is_closed(system: System, made: Any) -> None:
    User.objects.filter(pk=made.user_id).update(is_active=False)

    assert refused(system) == (401, "This key has ended")


def test_plain_sql_ends_the_keys_of_who_leaves(system: System, made: Any) -> None:
    run_sql(f"DELETE FROM sellers_member WHERE id = {made.pk}")  # noqa: S608

    assert hook_queries.keys_of(seller_id=system.seller_id)[0].revoked_at is not None


def test_a_suspended_shops_keys_rest_until_it_sells_again(system: System, mug: int) -> None:
    sellers.suspend(seller_id=system.seller_id, reason="Checks")

    assert refused(system) == (403, "The shop is suspended")
    assert on_hand(mug) == 10

    sellers.reinstate(seller_id=system.seller_id)
    assert system.read().status_code == 200


def test_a_closed_shops_keys_open_nothing(system: System, mug: int) -> None:
    Seller.objects.update(state="closed")

    assert refused(system) == (403, "The shop is closed")


def test_a_key_that_ended_is_slowed_down_like_any(system: System, monkeypatch) -> None:
    monkeypatch.setattr("storefront.api.keys.PER_MINUTE", 3)
    (row,) = hook_queries.keys_of(seller_id=system.seller_id)
    hooks.revoke_key(seller_id=system.seller_id, key_id=row.id)

    assert [system.read().status_code for _ in range(5)] == [401, 401, 401, 429, 429]


def threshold(variant_id: int) -> int | None:
    return queries.levels(variant_ids=[variant_id])[variant_id][0].low_here


def test_a_threshold_is_set_alone_or_with_a_count_read_and_taken_away(
    system: System, mug: int
) -> None:
    answer = system.send({"sku": "MUG", "threshold": 4, "if_threshold": None})
    assert answer.json()["rows"] == [
        {"sku": "MUG", "outcome": "set", "on_hand": 10, "version": 1, "threshold": 4}
    ]
    assert system.read("?sku=MUG").json()["stock"][0]["threshold"] == 4

    system.send({"sku": "MUG", "set": 12, "threshold": 6, "if_threshold": 4})
    assert (on_hand(mug), threshold(mug)) == (12, 6)

    system.send({"sku": "MUG", "adjust": 1})
    assert (on_hand(mug), threshold(mug)) == (13, 6)

    system.send({"sku": "MUG", "threshold": None})
    assert threshold(mug) is None


def test_a_threshold_that_changed_meanwhile_stands_and_its_row_is_refused(
    system: System, mug: int
) -> None:
    system.send({"sku": "MUG", "threshold": 4})

    answer = system.send({"sku": "MUG", "set": 30, "threshold": 9, "if_threshold": None})

    assert answer.json()["rows"][0]["outcome"] == "threshold-conflict"
    assert (on_hand(mug), threshold(mug)) == (10, 4)


def test_a_batch_of_thresholds_has_one_effect_per_key(system: System, mug: int) -> None:
    first = system.send({"sku": "MUG", "threshold": 4}, idempotency="once")
    system.send({"sku": "MUG", "threshold": 5})

    again = system.send({"sku": "MUG", "threshold": 4}, idempotency="once")
    other = system.send({"sku": "MUG", "threshold": None}, idempotency="once")

    assert (again.status_code, again.json()) == (200, first.json())
    assert other.status_code == 409
    assert threshold(mug) == 5


@pytest.mark.parametrize(
    "row",
    [
        {"threshold": -1},
        {"threshold": 1_000_001},
        {"threshold": "4"},
        {"threshold": True},
        {"if_threshold": 4},
        {"set": 1, "if_threshold": 4},
        {"threshold": 4, "version": 1},
    ],
)
def test_a_threshold_that_cannot_be_is_refused(
    system: System, mug: int, row: dict[str, Any]
) -> None:
    answer = system.send({"sku": "MUG", **row})

    assert answer.status_code == 422
    assert answer.json()["errors"]
    assert threshold(mug) is None
