from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools.supervisor import ProgramKeepsFailing, Supervisor, birth, end_leftovers
from tests.devtools.embedded.conftest import is_alive

PATIENCE = 60.0  # of a machine that does much else; nobody waits longer than it takes
FOREVER = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(600)"
)
WITH_A_CHILD = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print('child', child.pid, flush=True); time.sleep(600)"
)


def after(seconds: float) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline


class Heard:
    """What the programs have said so far."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self.text = ""

    def __call__(self, *lines: str) -> Callable[[], bool]:
        """Return whether all of these have been said, or nobody can wait any longer."""
        too_late = after(PATIENCE)

        def have_been_said() -> bool:
            self.text += self._capfd.readouterr().out
            return all(line in self.text for line in lines) or too_late()

        return have_been_said


@pytest.fixture
def heard(capfd: pytest.CaptureFixture[str]) -> Heard:
    return Heard(capfd)


def never() -> bool:
    return False


def nothing() -> None:
    return None


def supervisor_of(tmp_path: Path, **programs: str) -> Supervisor:
    supervisor = Supervisor(record=tmp_path / "programs.json", directory=tmp_path)
    for name, code in programs.items():
        supervisor.add(name, [sys.executable, "-c", code], {"GREETING": "hello"})
    return supervisor


def pids_of(supervisor: Supervisor) -> list[int]:
    return [program.process.pid for program in supervisor.programs if program.process]


def test_every_line_says_which_program_wrote_it(tmp_path: Path, heard: Heard) -> None:
    supervisor = supervisor_of(
        tmp_path,
        web=f"import os; print(os.environ['GREETING']); {FOREVER}",
        worker=f"import sys; print('trouble', file=sys.stderr); {FOREVER}",
    )
    supervisor.start()
    supervisor.run(until=heard("hello\n", "trouble\n"), every_second=nothing)
    supervisor.stop(at_once=never)

    lines = heard.text.splitlines()
    assert "web    | hello" in lines
    assert "worker | trouble" in lines


def test_stopping_ends_every_program_and_its_children(tmp_path: Path, heard: Heard) -> None:
    supervisor = supervisor_of(tmp_path, parent=WITH_A_CHILD, other=FOREVER)
    supervisor.start()
    supervisor.run(until=heard("child", "\n"), every_second=nothing)
    pids = pids_of(supervisor)
    child = int(heard.text.split("child")[1].split()[0])
    supervisor.stop(at_once=never)

    gone = after(PATIENCE)
    while any(map(is_alive, [*pids, child])) and not gone():
        time.sleep(0.02)  # SIGKILL is sent, not awaited
    assert [is_alive(pid) for pid in [*pids, child]] == [False, False, False]
    assert not (tmp_path / "programs.json").exists()


def test_a_program_deaf_to_the_request_is_killed_at_once_when_hurried(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtools.supervisor._GRACE_SECONDS", 3600.0)
    supervisor = supervisor_of(tmp_path, deaf=STUBBORN)
    supervisor.start()
    supervisor.run(until=heard("| deaf\n"), every_second=nothing)
    [pid] = pids_of(supervisor)

    supervisor.stop(at_once=lambda: True)

    assert not is_alive(pid)


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, web=FOREVER)
    supervisor.start()
    [first] = pids_of(supervisor)
    os.kill(first, signal.SIGKILL)
    too_late = after(PATIENCE)
    supervisor.run(
        until=lambda: pids_of(supervisor) not in ([first], []) or too_late(), every_second=nothing
    )
    [second] = pids_of(supervisor)
    supervisor.stop(at_once=never)

    assert second != first


def test_a_held_program_waits_for_its_release(tmp_path: Path) -> None:
    supervisor = supervisor_of(tmp_path, web=FOREVER)
    supervisor.add("worker", [sys.executable, "-c", FOREVER], {}, is_held=True)
    supervisor.start()
    supervisor.run(until=after(0.3), every_second=nothing)
    assert len(pids_of(supervisor)) == 1

    supervisor.release()
    too_late = after(PATIENCE)
    supervisor.run(until=lambda: len(pids_of(supervisor)) == 2 or too_late(), every_second=nothing)
    assert len(pids_of(supervisor)) == 2
    supervisor.stop(at_once=never)


def test_a_program_that_keeps_dying_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devtools.supervisor._MOST_FAILURES", 2)
    supervisor = supervisor_of(tmp_path, good=FOREVER, bad="raise SystemExit(3)")
    supervisor.start()

    with pytest.raises(ProgramKeepsFailing, match=r"bad keeps ending .* \(exit code 3\)"):
        supervisor.run(until=after(PATIENCE), every_second=nothing)
    supervisor.stop(at_once=never)


def test_programs_of_a_killed_supervisor_are_ended_by_the_next(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from devtools.supervisor import Supervisor; "
        f"s = Supervisor(record=Path({str(tmp_path / 'programs.json')!r}), directory=Path('/')); "
        f"s.add('web', [sys.executable, '-c', {FOREVER!r}], {{}}); "
        "s.start(); print('up', flush=True); time.sleep(600)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "up\n"
    launcher.kill()
    launcher.communicate()
    [[pid, _]] = json.loads((tmp_path / "programs.json").read_text())
    assert is_alive(pid)

    assert end_leftovers(tmp_path / "programs.json") == 1
    assert not is_alive(pid)
    assert end_leftovers(tmp_path / "programs.json") == 0


def test_a_stranger_with_a_recorded_id_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", FOREVER])
    record = tmp_path / "programs.json"
    record.write_text(json.dumps([[stranger.pid, "1"]]))
    try:
        assert birth(stranger.pid) != "1"
        assert end_leftovers(record) == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
