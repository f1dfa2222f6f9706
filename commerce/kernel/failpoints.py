"""Named places where a test may kill the process, to prove that nothing is lost there."""

import os

_EXIT_CODE = 137


def failpoint(name: str) -> None:
    """Die here at once, as by kill -9, when the environment names this place; else do nothing."""
    if os.environ.get("STOA_FAILPOINT") == name:
        os._exit(_EXIT_CODE)
