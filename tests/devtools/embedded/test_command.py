from __future__ import annotations

import sys

import pytest

from devtools.embedded import __main__ as command
from devtools.embedded import postgres, valkey


def test_it_says_what_runs_and_its_exit_code_agrees(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres, "status", lambda: True)
    monkeypatch.setattr(valkey, "status", lambda: False)
    monkeypatch.setattr(sys, "argv", ["embedded", "status"])

    assert command.main() == 1
    assert capsys.readouterr().out.splitlines() == ["PostgreSQL: running", "Valkey: stopped"]
