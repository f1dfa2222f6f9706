"""Recognize our own server processes, so that nobody else's is ever signaled.

A process id in a file proves nothing: ids are reused. A server is ours when it runs the expected
program with our directory as its working directory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def is_ours(pid: int, *, program: str, directory: Path) -> bool:
    """Does process `pid` run `program` inside `directory` (even one deleted since)?"""
    if not (_PROC / "self").exists():
        return _is_ours_by_ps(pid, program=program, directory=directory)
    try:
        executable = os.readlink(_PROC / str(pid) / "exe")
        working_dir = os.readlink(_PROC / str(pid) / "cwd")
    except OSError:  # gone, a zombie, or another user's
        return False
    return Path(executable.removesuffix(" (deleted)")).name == program and working_dir.removesuffix(
        " (deleted)"
    ) == str(directory.resolve())


def ours(*, program: str, directory: Path) -> list[int]:
    """Every process that runs `program` inside `directory`. Empty where /proc does not exist."""
    if not (_PROC / "self").exists():
        return []
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if is_ours(pid, program=program, directory=directory)]


def end(
    pids: Iterable[int],
    *,
    program: str,
    directory: Path,
    escalation: Iterable[tuple[signal.Signals, float]],
) -> list[int]:
    """Send each signal in turn and wait its seconds; return the processes that survive them all."""

    def still_ours() -> list[int]:
        return [pid for pid in pids if is_ours(pid, program=program, directory=directory)]

    pids = still_ours()
    for number, seconds in escalation:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while (pids := still_ours()) and time.monotonic() < deadline:
            time.sleep(0.02)
        if not pids:
            break
    return pids


def _is_ours_by_ps(pid: int, *, program: str, directory: Path) -> bool:
    """macOS: the command line of a server names its program and its directory."""
    found = subprocess.run(
        ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return program in found.stdout and (str(directory) in found.stdout or program != "postgres")
