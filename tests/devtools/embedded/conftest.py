"""Servers of their own for these tests: nothing here touches the checkout's."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.embedded import postgres, valkey
from devtools.embedded.places import socket_dir


def clean_up(checkout: Path) -> None:
    postgres.stop(checkout)
    valkey.stop(checkout)
    shutil.rmtree(socket_dir(checkout), ignore_errors=True)
    shutil.rmtree(checkout, ignore_errors=True)


def kill_hard(pid: int) -> None:
    """SIGKILL, and wait until the kernel has taken the process apart."""
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.005)


def is_alive(pid: int) -> bool:
    """A zombie that nobody has reaped yet is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def checkout() -> Iterator[Path]:
    """An empty checkout that only its owner may enter."""
    path = Path(tempfile.mkdtemp(prefix="stoa-embedded-"))
    yield path
    clean_up(path)


@pytest.fixture
def other_checkout() -> Iterator[Path]:
    """A second empty checkout, which everybody may enter."""
    path = Path(tempfile.mkdtemp(prefix="stoa-embedded-"))
    path.chmod(0o755)
    yield path
    clean_up(path)
