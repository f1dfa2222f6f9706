from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import venv


@pytest.fixture(scope="module")
def empty_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once and copied, because making one takes seconds."""
    path = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", path], check=True)
    return path


@pytest.fixture
def bare_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that requires nothing and has no environment yet."""
    monkeypatch.setattr(venv, "CHECKOUT", str(tmp_path))
    monkeypatch.setattr(venv, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(venv, "PYTHON", str(tmp_path / ".venv/bin/python"))
    monkeypatch.setattr(venv, "STAMP", str(tmp_path / ".venv/installed"))
    monkeypatch.setattr(venv, "MARKER", str(tmp_path / ".venv/installing"))
    monkeypatch.setattr(venv, "REQUIREMENTS", str(tmp_path / "dev.txt"))
    (tmp_path / "dev.txt").write_text("# nothing\n")
    return tmp_path


@pytest.fixture
def checkout(bare_checkout: Path, empty_environment: Path) -> Path:
    """A checkout whose requirements are installed."""
    shutil.copytree(empty_environment, bare_checkout / ".venv", symlinks=True)
    Path(venv.STAMP).write_text(venv.fingerprint())
    return bare_checkout


def test_it_makes_an_environment_once(
    bare_checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert venv.main() == 0
    assert (bare_checkout / ".venv/bin/python").exists()
    capsys.readouterr()

    assert venv.main() == 0
    assert capsys.readouterr().out == ""


def test_changed_requirements_are_installed_into_the_same_environment(checkout: Path) -> None:
    kept = checkout / ".venv/kept"
    kept.touch()
    (checkout / "dev.txt").write_text("# something else\n")

    assert not venv.is_ready()
    assert venv.main() == 0
    assert venv.is_ready()
    assert kept.exists()


def test_an_environment_left_half_made_is_made_afresh(checkout: Path) -> None:
    os.remove(venv.STAMP)
    half_installed = checkout / ".venv/half-installed"
    half_installed.touch()
    Path(venv.MARKER).touch()

    assert venv.main() == 0
    assert not half_installed.exists()
    assert not os.path.exists(venv.MARKER)


def test_an_environment_whose_interpreter_is_gone_is_made_afresh(checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")

    assert venv.main() == 0
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0


def test_requirements_that_cannot_be_installed_leave_no_stamp(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (checkout / "dev.txt").write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n")

    assert venv.main() == 1
    assert "could not be installed" in capsys.readouterr().err
    assert not venv.is_ready()


def test_an_old_python_is_refused_with_a_sentence(
    bare_checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    assert venv.main() == 1
    assert "Stoa needs Python 3.11 to 3.14" in capsys.readouterr().err
