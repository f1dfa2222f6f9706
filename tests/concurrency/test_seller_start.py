"""An application is decided once, and a name borne once, whoever clicks at the same instant."""

import pytest

from commerce.sellers import operations
from commerce.sellers.models import Application, CommissionAgreement, Seller
from tests.factories.accounts import make_user
from tests.support.race import race, race_all

pytestmark = pytest.mark.django_db(transaction=True)


def apply(user, name="Brook"):
    return operations.apply(
        user_id=user.pk, shop_name=name, legal_name="Brook LLC", email="b@brook.example",
        country="US", about="Stoneware.",
    )  # fmt: skip


def test_a_double_submit_is_one_application():
    user = make_user()
    results = race(lambda: apply(user), times=6)
    assert len([result for result in results if isinstance(result, int)]) == 1
    assert Application.objects.count() == 1


def test_two_moderators_open_one_shop():
    application_id, staff = apply(make_user()), make_user(is_staff=True)
    results = race(
        lambda: operations.approve(
            application_id=application_id, decided_by=staff.pk, rate_bps=1000
        ),
        times=6,
    )
    refused = [result for result in results if isinstance(result, operations.AlreadyDecided)]
    assert len(refused) == 5
    assert (Seller.objects.count(), CommissionAgreement.objects.count()) == (1, 1)


def test_one_of_two_shops_gets_the_name():
    first, second = apply(make_user(), "Brook"), apply(make_user(), "BROOK")
    staff = make_user(is_staff=True)
    results = race_all(
        [
            lambda pk=pk: operations.approve(application_id=pk, decided_by=staff.pk, rate_bps=1000)
            for pk in (first, second)
        ]
    )
    assert len([result for result in results if isinstance(result, operations.NameTaken)]) == 1
    assert Seller.objects.count() == 1
