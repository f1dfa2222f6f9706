from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from commerce.accounts import operations, queries
from commerce.accounts.models import Address
from tests.factories.accounts import BERLIN, SAN_FRANCISCO, make_user

pytestmark = pytest.mark.django_db


def save(user, address=BERLIN, **flags):
    return operations.save_address(user_id=user.pk, address=address, **flags)


def test_the_first_address_is_the_default_for_both():
    user = make_user()
    save(user)

    (only,) = queries.addresses_of(user_id=user.pk)
    assert (only.is_default_shipping, only.is_default_billing) == (True, True)
    assert only.as_dict() == BERLIN.as_dict()


def test_a_default_passes_to_the_address_that_asks_for_it():
    user = make_user()
    first = save(user)
    second = save(user, SAN_FRANCISCO, make_default_shipping=True)

    book = {entry.id: entry for entry in queries.addresses_of(user_id=user.pk)}
    assert book[second].is_default_shipping
    assert not book[first].is_default_shipping
    assert book[first].is_default_billing


def test_deleting_the_default_leaves_another_default():
    user = make_user()
    first, second = save(user), save(user, SAN_FRANCISCO)
    operations.delete_address(user_id=user.pk, address_id=first)

    (left,) = queries.addresses_of(user_id=user.pk)
    assert (left.id, left.is_default_shipping, left.is_default_billing) == (second, True, True)


def test_an_address_can_be_corrected_in_place():
    user = make_user()
    address_id = save(user)
    assert save(user, replace(BERLIN, line1="Torstraße 13"), address_id=address_id) == address_id
    assert [entry.line1 for entry in queries.addresses_of(user_id=user.pk)] == ["Torstraße 13"]


def change(user, address_id):
    save(user, SAN_FRANCISCO, address_id=address_id)


def delete(user, address_id):
    operations.delete_address(user_id=user.pk, address_id=address_id)


@pytest.mark.parametrize("touch", [change, delete])
def test_another_persons_address_does_not_exist(touch):
    owner, stranger = make_user(), make_user()
    address_id = save(owner)
    with pytest.raises(operations.AddressNotFound):
        touch(stranger, address_id)
    assert queries.addresses_of(user_id=owner.pk)[0].as_dict() == BERLIN.as_dict()


def test_a_wrong_address_is_not_saved():
    user = make_user()
    with pytest.raises(operations.InvalidAddress):
        save(user, replace(BERLIN, postal_code="1"))
    assert queries.addresses_of(user_id=user.pk) == []


def test_a_book_is_not_endless(monkeypatch):
    monkeypatch.setattr(operations, "MAX_ADDRESSES", 2)
    user = make_user()
    save(user), save(user)
    with pytest.raises(operations.AddressBookFull, match="holds 2 addresses"):
        save(user)


def test_the_database_refuses_two_defaults():
    user = make_user()
    save(user), save(user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.filter(user=user).update(is_default_shipping=True)


def test_the_address_book_takes_one_statement(django_assert_num_queries):
    user = make_user()
    for _ in range(3):
        save(user)
    with django_assert_num_queries(1):
        queries.addresses_of(user_id=user.pk)


def test_mail_addresses_are_found_for_many_people_at_once(django_assert_num_queries):
    ada, eve = make_user(email="ada@example.com"), make_user(email="eve@example.com")
    with django_assert_num_queries(1):
        emails = queries.user_emails(user_ids=[ada.pk, eve.pk, 0])
    assert emails == {ada.pk: "ada@example.com", eve.pk: "eve@example.com"}
