"""Make `.venv` hold exactly what requirements/dev.txt pins; quick when it already does.

Run by whatever `python3` is on the PATH, so this file keeps to what old versions can read. An
interrupted run is recognized by its marker and started over; nothing is installed twice.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

OLDEST, NEWEST = (3, 11), (3, 14)
CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(CHECKOUT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
REQUIREMENTS = os.path.join(CHECKOUT, "requirements", "dev.txt")
STAMP = os.path.join(VENV, "installed")
MARKER = os.path.join(VENV, "installing")


def main() -> int:
    """Exit code 0 when the environment is ready."""
    if is_ready():
        return 0
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        oldest, newest, found = map(dotted, (OLDEST, NEWEST, sys.version_info[:2]))
        print(
            f"Stoa needs Python {oldest} to {newest}, but {sys.executable} is {found}. "
            "Name another one, as in: make run PYTHON=python3.12",
            file=sys.stderr,
        )
        return 1
    os.makedirs(os.path.join(CHECKOUT, "var"), exist_ok=True)
    with open(os.path.join(CHECKOUT, "var", "venv.lock"), "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may start together
        return 0 if is_ready() else build()


def dotted(version: tuple) -> str:
    return ".".join(str(part) for part in version)


def is_ready() -> bool:
    """Was the installation of just these requirements finished, with an interpreter still there?"""
    try:
        with open(STAMP) as stamp:
            return stamp.read() == fingerprint() and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def fingerprint() -> str:
    """Changes when the pinned requirements do."""
    with open(REQUIREMENTS, "rb") as pinned:
        return hashlib.sha256(pinned.read()).hexdigest()


def build() -> int:
    """Create or heal the environment, then install."""
    started = time.monotonic()
    if os.path.exists(MARKER) or not works():
        print("Creating .venv ...", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV])
        if made.returncode:
            print(
                "Python cannot make a virtual environment. On Debian and Ubuntu: "
                "apt-get install python3-venv",
                file=sys.stderr,
            )
            return 1
    with open(MARKER, "w"):
        pass
    if install():
        print(
            "The requirements could not be installed, see above. Run it again to start over.",
            file=sys.stderr,
        )
        return 1
    with open(STAMP, "w") as stamp:
        stamp.write(fingerprint())
    os.remove(MARKER)
    print(f"Requirements installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def works() -> bool:
    """Can the environment's own pip run?"""
    try:
        pip = subprocess.run([PYTHON, "-m", "pip", "--version"], stdout=subprocess.DEVNULL)
    except OSError:
        return False
    return pip.returncode == 0


def install() -> int:
    """Install the pinned requirements, counting aloud; return pip's exit code."""
    print("Installing the requirements (a minute or two the first time) ...", flush=True)
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    pip = subprocess.Popen(
        [PYTHON, "-m", "pip", "install", *quiet, "--require-hashes", "-r", REQUIREMENTS],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    said = []
    seen = 0
    for line in pip.stdout or ():
        said.append(line)
        if line.startswith("Collecting"):
            seen += 1
            if seen % 20 == 0:
                print(f"  {seen} packages found", flush=True)
        elif line.startswith("Installing collected"):
            print(f"  {seen} packages found, unpacking them", flush=True)
    if pip.wait():
        print("".join(said[-30:]), file=sys.stderr)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main())
