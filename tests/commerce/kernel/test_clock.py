import pytest

from commerce.kernel import clock


@pytest.mark.django_db
def test_time_goes_on_inside_a_transaction() -> None:
    assert clock.now() < clock.now()
