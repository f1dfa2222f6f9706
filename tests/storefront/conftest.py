"""The kinds of people whose sessions differ."""

import pytest

from commerce.accounts.models import User
from tests.factories.accounts import make_user
from tests.factories.selling import open_shop
from tests.support.signing_in import confirmed


@pytest.fixture
def staff() -> User:
    return confirmed(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def seller() -> User:
    return confirmed(open_shop().people["owner"])


@pytest.fixture
def shopper() -> User:
    return confirmed(make_user())
