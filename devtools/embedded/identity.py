"""Run PostgreSQL's programs as somebody it accepts: it refuses to serve as root.

An ordinary user simply runs them. Root hands them to `nobody`; when `nobody` may not enter the
checkout or the virtual environment (a project under /root), a user namespace in which root looks
like `nobody` does the same without opening anybody's permissions.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devtools.embedded.places import EmbeddedServerError

_NAMESPACE = ("--user", "--map-user=65534", "--map-group=65534")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who owns the server's files (`uid`, `gid`) and how its programs are started."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switch_user: bool = False

    def run(
        self, command: Sequence[str | Path], *, timeout: float, keep_open: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `command` in a clean environment; never raises for a non-zero exit.

        The descriptor `keep_open` is inherited, so that a lock on it lasts as long as the
        command and whatever it leaves running.
        """
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            pass_fds=() if keep_open is None else (keep_open,),
            user=self.uid if self.switch_user else None,
            group=self.gid if self.switch_user else None,
            extra_groups=[] if self.switch_user else None,
        )


def identity_for(*, directories: Sequence[Path], programs: Sequence[Path]) -> Identity:
    """Choose who runs `programs` over `directories`.

    Raises EmbeddedServerError when root has no way to become somebody else here.
    """
    if os.geteuid() != 0:
        return Identity(uid=os.geteuid(), gid=os.getegid())
    nobody = pwd.getpwnam("nobody")
    plain = Identity(uid=nobody.pw_uid, gid=nobody.pw_gid, switch_user=True)
    if _can_reach(plain, directories=directories, programs=programs):
        return plain
    unshare = shutil.which("unshare")
    if unshare:
        namespaced = Identity(uid=0, gid=0, prefix=(unshare, *_NAMESPACE))
        if _can_reach(namespaced, directories=directories, programs=programs):
            return namespaced
    raise EmbeddedServerError(
        f"PostgreSQL refuses to run as root, and the user `nobody` cannot enter {directories[0]}. "
        "Move the checkout to a directory other users may enter, work as an ordinary user, "
        "or set DATABASE_URL to a server of your own."
    )


def _can_reach(
    identity: Identity, *, directories: Sequence[Path], programs: Sequence[Path]
) -> bool:
    tests = [f'test -x "{path}"' for path in (*directories, *programs)]
    try:
        return identity.run(["/bin/sh", "-c", " && ".join(tests)], timeout=10).returncode == 0
    except OSError:
        return False
