"""Start several programs, tell their lines apart, restart what dies, and stop every one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_STABLE_SECONDS = 20.0  # a program that lived this long may fail again without counting
_MOST_FAILURES = 4
_GRACE_SECONDS = 12.0
_COLORS = (36, 33, 35, 32, 34, 31)


class ProgramKeepsFailing(RuntimeError):
    """A program ended again and again right after its start."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name} keeps ending right after its start (exit code {exit_code}).")
        self.name = name
        self.exit_code = exit_code


@dataclass
class Program:
    """One program: how it is started, and how it has fared."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    failures: int = 0
    next_start: float = 0.0
    is_held: bool = False


@dataclass
class Supervisor:
    """Runs programs, each in a process group of its own, and records them in `record`.

    The record is what the next run needs to end programs whose supervisor was killed.
    """

    record: Path
    directory: Path
    programs: list[Program] = field(default_factory=list)

    def add(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        is_held: bool = False,
    ) -> None:
        """Take a program on. A held one waits for `release`, to leave the others the processor."""
        program = Program(name=name, command=command, environment=environment, is_held=is_held)
        self.programs.append(program)

    def start(self) -> None:
        """Start those that have not been started yet and are not held."""
        for program in self.programs:
            if program.process is None and not program.is_held:
                self._start(program)

    def release(self) -> None:
        """Let the held ones go; `run` starts them."""
        for program in self.programs:
            program.is_held = False

    def run(self, *, until: Callable[[], bool], every_second: Callable[[], None]) -> None:
        """Watch the programs until `until` says so. Raises ProgramKeepsFailing."""
        next_second = 0.0
        while not until():
            for program in self.programs:
                self._look_after(program)
            if time.monotonic() >= next_second:
                next_second = time.monotonic() + 1
                every_second()
            time.sleep(0.1)

    def stop(self, *, at_once: Callable[[], bool]) -> None:
        """Ask every program to end, and kill what does not; `at_once` shortens the wait."""
        running = [program for program in self.programs if program.process]
        for program in running:
            if program.process and program.process.poll() is None:
                say(program.name, "stopping", self._color(program))
                with suppress(ProcessLookupError):
                    program.process.terminate()
        deadline = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < deadline and not at_once():
            if all(program.process and program.process.poll() is not None for program in running):
                break
            time.sleep(0.05)
        for program in running:
            if program.process:
                kill_group(program.process.pid)
                program.process.wait()
        self.record.unlink(missing_ok=True)

    def _look_after(self, program: Program) -> None:
        if program.process is None:
            if not program.is_held and time.monotonic() >= program.next_start:
                self._start(program)
            return
        exit_code = program.process.poll()
        if exit_code is None:
            return
        kill_group(program.process.pid)  # its children must not outlive it
        lived = time.monotonic() - program.started_at
        program.process = None
        program.failures = 1 if lived > _STABLE_SECONDS else program.failures + 1
        if program.failures >= _MOST_FAILURES:
            raise ProgramKeepsFailing(program.name, exit_code)
        pause = 2.0 ** (program.failures - 1)
        program.next_start = time.monotonic() + pause
        ended = f"ended (exit code {exit_code}); starting it again in {pause:.0f} s"
        say(program.name, ended, self._color(program))

    def _start(self, program: Program) -> None:
        program.process = subprocess.Popen(
            program.command,
            cwd=self.directory,
            env={**os.environ, **program.environment, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        program.started_at = time.monotonic()
        self._write_record()
        reader = threading.Thread(
            target=_relay, args=(program.process, program.name, self._color(program)), daemon=True
        )
        reader.start()

    def _write_record(self) -> None:
        pids = [program.process.pid for program in self.programs if program.process]
        draft = self.record.with_suffix(".new")
        draft.write_text(json.dumps([[pid, birth(pid)] for pid in pids]))
        draft.rename(self.record)

    def _color(self, program: Program) -> int:
        return _COLORS[self.programs.index(program) % len(_COLORS)]


def end_leftovers(record: Path) -> int:
    """End the programs of a supervisor that was killed; return how many were still there."""
    try:
        recorded = [(int(pid), str(born)) for pid, born in json.loads(record.read_text())]
    except (OSError, ValueError, TypeError):
        return 0
    leftovers = [pid for pid, born in recorded if born and birth(pid) == born]
    for pid in leftovers:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(birth(pid) for pid in leftovers) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in leftovers:
        kill_group(pid)
    record.unlink(missing_ok=True)
    return len(leftovers)


def birth(pid: int) -> str:
    """When a process started, as the system tells it; empty when it is gone or a zombie.

    With the id it names one process for good, since ids are reused.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else fields[18]
    except OSError:
        if Path("/proc/self").exists():
            return ""
    found = subprocess.run(
        ["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def kill_group(group: int) -> None:
    """Kill what is left of a process group that we led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def say(name: str, line: str, color: int) -> None:
    """One whole line, prefixed with who says it."""
    prefix = f"{name:<6} | "
    if sys.stdout.isatty():
        prefix = f"\033[{color}m{prefix}\033[0m"
    with suppress(OSError):  # the terminal may be gone
        sys.stdout.write(f"{prefix}{line}\n")
        sys.stdout.flush()


def _relay(process: subprocess.Popen[str], name: str, color: int) -> None:
    assert process.stdout is not None  # noqa: S101 - for the type checker
    with suppress(ValueError, OSError), process.stdout:
        for line in process.stdout:
            say(name, line.rstrip("\n"), color)
