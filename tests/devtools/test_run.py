from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools import run
from devtools.embedded import postgres, valkey
from devtools.embedded.places import CHECKOUT
from devtools.supervisor import birth
from tests.devtools.embedded.conftest import is_alive


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(run, "STATE", tmp_path)
    return tmp_path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        yield owner.getsockname()[1]


def test_a_taken_port_is_named_with_the_way_out(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(taken_port))

    with pytest.raises(run.CannotRun, match=rf"Port {taken_port} is taken .* make run PORT="):
        run.web_port()


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1", "80 80"])
def test_what_is_no_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)

    with pytest.raises(run.CannotRun, match="PORT must be a number"):
        run.web_port()


def test_a_port_is_kept_while_it_is_free(state: Path, taken_port: int) -> None:
    record = state / "port"
    first = run.remembered_port(record)

    assert run.remembered_port(record) == first
    record.write_text(str(taken_port))
    assert run.remembered_port(record) != taken_port


def test_one_checkout_runs_once() -> None:
    with (
        run.only_one_run(),
        pytest.raises(run.CannotRun, match="already runs"),
        run.only_one_run(),
    ):
        pass


def test_stop_asks_the_recorded_supervisor_and_nobody_else(state: Path) -> None:
    code = "import time; time.sleep(600)"
    ours = subprocess.Popen([sys.executable, "-c", code])
    stranger = subprocess.Popen([sys.executable, "-c", code])
    try:
        (state / "supervisor").write_text(f"{stranger.pid} 1")
        run.stop()
        assert stranger.poll() is None

        (state / "supervisor").write_text(f"{ours.pid} {birth(ours.pid)}")
        run.stop()
        assert not is_alive(ours.pid)
        assert ours.wait() == -signal.SIGTERM
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_servers_that_variables_name_are_not_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/stoa")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    started: list[Callable[[], bool]] = []

    assert run.start_servers(started) == {}
    assert started == []
    assert "as DATABASE_URL says" in capsys.readouterr().out


def test_servers_found_running_are_left_alone_but_not_those_of_a_killed_run(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for server in (postgres, valkey):
        monkeypatch.setattr(server, "status", lambda: True)
        monkeypatch.setattr(server, "ensure_running", lambda: "an://address")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    found: list[Callable[[], bool]] = []
    run.start_servers(found)
    assert found == []

    (state / "servers").write_text("Valkey")
    run.start_servers(found)
    assert found == [valkey.stop]


def test_an_unknown_argument_is_answered_with_the_usage() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "devtools.run", "--faster"],
        cwd=CHECKOUT,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stderr.strip()) == (
        1,
        "Usage: python -m devtools.run [--stop]",
    )
