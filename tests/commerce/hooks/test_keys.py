import pytest
from django.db import DatabaseError

from commerce.hooks import operations, queries
from commerce.hooks.models import ApiKey
from tests.factories.sellers import make_seller
from tests.support.sql import run_sql

pytestmark = pytest.mark.django_db


def test_a_key_opens_its_sellers_stock_and_nothing_else() -> None:
    seller_id = make_seller().pk
    key = operations.create_key(seller_id=seller_id, name="Warehouse")

    seller, name = operations.authenticate(key=key, scope="stock")

    assert seller == seller_id
    assert name.startswith("key:")
    with pytest.raises(operations.KeyRefused):
        operations.authenticate(key=key, scope="money")


def test_the_key_itself_is_kept_nowhere() -> None:
    key = operations.create_key(seller_id=make_seller().pk, name="Warehouse")

    row = ApiKey.objects.values().get()

    assert key not in str(row)
    assert key.split("_")[2] not in str(row)


def test_a_revoked_key_is_refused_at_once() -> None:
    seller_id = make_seller().pk
    key = operations.create_key(seller_id=seller_id, name="Warehouse")
    (row,) = queries.keys_of(seller_id=seller_id)

    assert operations.revoke_key(seller_id=seller_id, key_id=row.id)
    assert not operations.revoke_key(seller_id=seller_id, key_id=row.id)
    with pytest.raises(operations.KeyRefused):
        operations.authenticate(key=key, scope="stock")


def test_nobody_revokes_anothers_key() -> None:
    seller_id = make_seller().pk
    operations.create_key(seller_id=seller_id, name="Warehouse")
    (row,) = queries.keys_of(seller_id=seller_id)

    assert not operations.revoke_key(seller_id=make_seller().pk, key_id=row.id)


@pytest.mark.parametrize(
    "key", ["", "stoa_", "stoa_12345678_", "x" * 5000, "stoa_ü2345678_x", "stoa_%%%%%%%%_x"]
)
def test_nonsense_is_refused(key: str) -> None:
    operations.create_key(seller_id=make_seller().pk, name="Warehouse")

    with pytest.raises(operations.KeyRefused):
        operations.authenticate(key=key, scope="stock")


def test_a_key_with_one_wrong_letter_is_refused() -> None:
    key = operations.create_key(seller_id=make_seller().pk, name="Warehouse")

    with pytest.raises(operations.KeyRefused):
        operations.authenticate(key=key[:-1] + ("a" if key[-1] != "a" else "b"), scope="stock")


def test_a_seller_has_at_most_twenty_keys() -> None:
    seller_id = make_seller().pk
    for _ in range(20):
        operations.create_key(seller_id=seller_id, name="Warehouse")

    with pytest.raises(operations.TooMany):
        operations.create_key(seller_id=seller_id, name="One more")


def test_plain_sql_cannot_bring_a_key_back() -> None:
    seller_id = make_seller().pk
    operations.create_key(seller_id=seller_id, name="Warehouse")
    operations.revoke_key(seller_id=seller_id, key_id=ApiKey.objects.get().pk)

    with pytest.raises(DatabaseError, match="revoked once"):
        run_sql("UPDATE hooks_apikey SET revoked_at = NULL")
