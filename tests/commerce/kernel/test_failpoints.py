import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from commerce.kernel import failpoints
from commerce.kernel.failpoints import OrderedToFail, failpoint


@pytest.fixture(autouse=True)
def disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def test_nothing_happens_where_nothing_was_ordered() -> None:
    failpoints.arm("elsewhere=raise")

    failpoint("here")


def test_a_place_can_be_told_to_raise() -> None:
    failpoints.arm("here=raise")

    with pytest.raises(OrderedToFail, match="here"):
        failpoint("here")


def test_an_order_for_the_second_passing_spares_the_others() -> None:
    failpoints.arm("here=raise@2")

    failpoint("here")
    with pytest.raises(OrderedToFail):
        failpoint("here")
    failpoint("here")


def test_a_place_can_be_told_to_wait() -> None:
    failpoints.arm("here=wait:0.05")
    began = time.monotonic()

    failpoint("here")

    assert time.monotonic() - began >= 0.05


def test_a_place_can_be_told_to_die_as_by_kill_9() -> None:
    code = "from commerce.kernel.failpoints import failpoint; failpoint('here')"

    died = subprocess.run(
        [sys.executable, "-c", code],
        env={"STOA_FAILPOINTS": "here=die"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert died.returncode == -9
    assert died.stderr == "failpoint here\n"


@pytest.mark.parametrize("order", ["here", "here=explode", "=die", "here=wait:long"])
def test_an_order_that_cannot_be_read_is_refused(order: str) -> None:
    with pytest.raises(ValueError):
        failpoints.arm(order)
