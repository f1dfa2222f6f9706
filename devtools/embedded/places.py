"""Where an embedded server keeps its state, and how starts are serialized."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

CHECKOUT = Path(__file__).resolve().parents[2]


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be used; the message says why and what to do."""


def state_dir(checkout: Path, name: str) -> Path:
    """The directory of one server's files, `<checkout>/var/<name>`; it may not exist yet."""
    return checkout.resolve() / "var" / name


def socket_dir(checkout: Path) -> Path:
    """A path short enough for a Unix socket (100 bytes), one for each checkout and user."""
    identity = f"{os.geteuid()}:{checkout.resolve()}"
    return Path("/tmp") / f"stoa-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def make_private_dir(path: Path, *, uid: int, gid: int) -> None:
    """Make `path` a directory which only `uid` (and root) may enter.

    Raises EmbeddedServerError when something else sits there: `/tmp` is shared, and whoever owns
    this directory can pose as the database.
    """
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        pass
    else:
        if os.geteuid() == 0:
            os.chown(path, uid, gid)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {uid, os.geteuid()}:
        raise EmbeddedServerError(
            f"{path} is not a directory of ours (it belongs to user id {found.st_uid}). "
            "Remove it, then try again."
        )
    if found.st_uid != uid:
        os.chown(path, uid, gid)
    if stat.S_IMODE(found.st_mode) != 0o700:
        path.chmod(0o700)


@contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Hold `lock_file` against every other process; the kernel frees it when the holder dies."""
    with _opened(lock_file) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def try_exclusive(lock_file: Path, *, seconds: float = 0) -> Iterator[int | None]:
    """Hold `lock_file` if nobody does within `seconds`, and yield its descriptor; else yield None.

    A process that inherits the descriptor holds the lock too, until it and all its children end.
    """
    with _opened(lock_file) as handle:
        deadline = time.monotonic() + seconds
        while not (held := _locked(handle)) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield handle.fileno() if held else None


def _locked(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(lock_file: Path) -> IO[str]:
    try:
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        return lock_file.open("a")
    except PermissionError as error:
        raise EmbeddedServerError(
            f"{lock_file} cannot be written: this checkout was last used by another user. "
            f"Use it as that user, or remove {lock_file.parent}."
        ) from error
