"""The drills' own parts: what they look for is there, and their judges can tell good from bad."""

import json
import os
import random
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

from commerce.invariants.rules import RULES
from commerce.notifications import queries as mails
from commerce.outbox import queries as facts
from commerce.payments import receiving
from devtools.embedded.places import CHECKOUT
from devtools.prove import controls, drills, holds, nights, report, written
from devtools.prove.buyers import one_of
from devtools.prove.drill import DRILLS, Drill, Result, Stage
from devtools.prove.drills import limits as too_often
from devtools.prove.drills import raced
from devtools.prove.figures import NAMES, Figures
from devtools.prove.written import Good
from storefront import limits
from storefront.settings.accounts import ACCOUNT_RATE_LIMITS

PLACES = [
    "checkout_held",
    "before_hold",
    "after_hold",
    "after_intent_row",
    "before_provider",
    "after_provider",
    "inside_finalise",
    "after_finalise_commit",
    "before_response",
    "relay_before_send",
    "relay_after_send",
    "refund_before_provider",
    "refund_after_provider",
    "payout_after_lock",
    "payout_after_provider",
    "inside_import",
    "after_import",
    "renditions_written",
]

_REMOVE_EACH = """
import os, sys, traceback
import django
django.setup()
from devtools.prove import controls
import commerce.checkout.subscribers, commerce.checkout.tasks
bad = []
for name in controls.REMOVALS:
    pid = os.fork()
    if pid == 0:
        try:
            controls.remove([name])
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        bad.append(name)
sys.exit(f"controls that do not find their guard: {bad}" if bad else 0)
"""


@pytest.fixture(scope="module")
def code() -> str:
    roots = ("commerce", "cms", "storefront")
    paths = [path for root in roots for path in (CHECKOUT / root).rglob("*.py")]
    return "\n".join(path.read_text() for path in paths)


@pytest.mark.parametrize("place", PLACES)
def test_every_place_where_a_drill_kills_is_in_the_shop(place: str, code: str) -> None:
    assert f'failpoint("{place}")' in code


def test_every_control_finds_the_guard_that_it_takes_out() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "storefront.settings.test"}

    done = subprocess.run(
        [sys.executable, "-c", _REMOVE_EACH],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]


def test_a_control_whose_guard_is_gone_or_called_by_nobody_says_so() -> None:
    shop = SimpleNamespace(guard=lambda *, cart_id: None)

    with pytest.raises(controls.GuardMoved):
        controls.swap(shop, "gone", lambda: None)
    with pytest.raises(controls.GuardMoved):
        controls.swap(shop, "guard", lambda *, order_id: None)
    with pytest.raises(controls.GuardMoved):
        controls.find(shop, "gone")
    with pytest.raises(controls.GuardMoved):
        controls._replace_everywhere("guard", shop.guard, None)


def test_drills_wait_as_long_as_the_shop_tries() -> None:
    assert written.TRIES == facts.MAX_ATTEMPTS == mails.MAX_ATTEMPTS
    assert written.TOLD_AFTER == facts.TOLD_AFTER
    assert written.NOTICE_TRIES == receiving.MAX_ATTEMPTS


def test_drills_try_as_often_as_the_shop_allows() -> None:
    drilled = (too_often.PAYS, too_often.BEGINS, too_often.GUESSES)

    assert drilled == (limits.PAYING.each, limits.STARTING.each, limits.CODES.each)
    assert limits.PAYING.seconds == limits.STARTING.seconds == too_often.WINDOW
    assert ACCOUNT_RATE_LIMITS.items() >= too_often.SIGN_IN.items()


def test_the_rule_that_raced_holds_leave_out_is_there() -> None:
    assert f"{raced.NO_ORDERS}." in {rule.promise for rule in RULES}


def test_the_short_mode_holds_drills_and_controls() -> None:
    assert drills
    essential = [drill for drill in DRILLS if drill.is_essential]

    assert {"FD06/07", "FD01", "FD11", "FD16", "FD31"} <= {drill.code for drill in essential}
    assert sum(drill.is_control for drill in essential) >= 5


def test_the_same_seed_plans_the_same_carts() -> None:
    goods = [
        Good(variant_id=n, product_id=n, seller_id=1, location_id=1, path="/") for n in range(9)
    ]
    wants = one_of(goods, lines=3)

    plans = [[wants(random.Random(f"{seed}/plan")) for _ in range(3)] for seed in (1, 1, 2)]

    assert plans[0] == plans[1] != plans[2]


def history(folder: Path, *lines: tuple[float, float, str, int]) -> list[Path]:
    """One session's file; a hold is named by its turn."""
    path = folder / "history.jsonl"
    rows = [
        {"s": start, "e": end, "what": what, "v": 1, "q": units, "h": str(turn)}
        for turn, (start, end, what, units) in enumerate(lines)
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return [path]


def test_a_history_that_fits_a_counter_is_accepted(tmp_path: Path) -> None:
    paths = history(
        tmp_path,
        (0, 1, "held", 2),
        (0.5, 2, "refused", 1),
        (3, 4, "released", 2),
        (3.5, 5, "held", 1),
    )

    told = holds.check(paths, {1: 2})

    assert told["problems"] == []
    assert told["told"]["held"] == 2


def test_two_sure_holds_of_one_unit_are_found(tmp_path: Path) -> None:
    paths = history(tmp_path, (0, 1, "held", 1), (2, 3, "held", 1))

    assert holds.check(paths, {1: 1})["problems"] == ["variant 1: 2 held at once of 1"]


def test_a_refusal_while_there_surely_was_enough_is_found(tmp_path: Path) -> None:
    paths = history(tmp_path, (0, 1, "held", 1), (2, 3, "refused", 1))

    assert holds.check(paths, {1: 2})["problems"] == ["variant 1: 1 refused while there was enough"]


def test_units_that_were_sold_never_come_back(tmp_path: Path) -> None:
    paths = history(tmp_path, (0, 1, "held", 1), (2, 3, "sold", 1), (4, 5, "held", 1))

    assert holds.check(paths, {1: 1})["problems"] == ["variant 1: 2 held at once of 1"]


def figures(**wrong: int) -> Figures:
    values = dict.fromkeys(NAMES, 0) | {name.replace("_", " "): n for name, n in wrong.items()}
    return Figures(values=values, invariants=0)


def test_a_drill_passes_only_with_ten_zeros() -> None:
    assert Result(code="X", title="x", figures=figures()).passed
    assert not Result(code="X", title="x", figures=figures(oversold=1)).passed


def test_a_control_passes_only_when_something_is_found() -> None:
    assert not Result(code="X", title="x", figures=figures(), is_control=True).passed
    assert Result(code="X", title="x", figures=figures(oversold=1), is_control=True).passed


def test_a_control_must_be_red_by_what_its_guard_keeps_away() -> None:
    found = figures(oversold=1)

    def result(*red_by: str) -> Result:
        return Result(code="X", title="x", figures=found, is_control=True, red_by=red_by)

    assert result("oversold").passed
    assert not result("double charges").passed


def test_a_drill_that_breaks_by_itself_has_not_passed_even_as_a_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def act(stage: Stage, result: Result) -> None:
        raise RuntimeError("no shop")

    broken = Drill(code="X", title="x", act=act, is_essential=False, red_by=())
    stage: Any = None

    assert not broken.run(stage).passed
    assert "no shop" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 0), ("90", 90), ("90s", 90), ("60m", 3600), ("2h", 7200)]
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert report.seconds_of(text) == seconds


@pytest.mark.django_db
def test_midnights_of_odd_nights_are_kept_as_almanacs_have_them() -> None:
    assert nights.check() == []


def test_the_judge_of_midnights_finds_a_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    an_hour_late = datetime(2027, 3, 29, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(nights, "_enter", lambda zone, typed: an_hour_late)
    monkeypatch.setattr(nights, "_is_on", lambda moment: moment < an_hour_late)
    monkeypatch.setattr(transaction, "atomic", nullcontext)
    monkeypatch.setattr(transaction, "set_rollback", lambda wanted: None)

    found = nights._one("Europe/Berlin", "2027-03-29 00:00", "2027-03-28 22:00")

    assert len(found) == 2  # kept wrongly, and still on a minute after its end


def test_every_drill_of_the_plan_is_there() -> None:
    wanted = [
        *range(1, 9),
        *range(11, 14),
        *range(16, 19),
        20,
        21,
        *range(27, 38),
        *range(39, 44),
        46,
    ]
    codes = " ".join(drill.code.replace("FD06/07", "FD06 FD07") for drill in DRILLS).split()

    assert {f"FD{number:02}" for number in wanted} - {"FD33"} <= set(codes)
