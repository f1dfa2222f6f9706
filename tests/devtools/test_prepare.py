from __future__ import annotations

from pathlib import Path

import pytest

from devtools import prepare


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    made: list[dict[str, object]] = []
    monkeypatch.setattr(prepare, "call_command", lambda name, **options: made.append(options))
    return made


def test_a_shop_that_is_not_empty_is_left_as_it_is(
    tmp_path: Path, calls: list[dict[str, object]]
) -> None:
    prepare.load_demo(marker=tmp_path / "loading")

    assert calls == [{"if_empty": True}]
    assert not (tmp_path / "loading").exists()


def test_a_load_that_was_cut_short_goes_on(
    tmp_path: Path, calls: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(prepare, "call_command", die)
        with pytest.raises(KeyboardInterrupt):
            prepare.load_demo(marker=tmp_path / "loading")

    prepare.load_demo(marker=tmp_path / "loading")
    assert calls == [{"if_empty": False}]


def test_the_marker_of_another_database_is_not_believed(
    tmp_path: Path, calls: list[dict[str, object]]
) -> None:
    (tmp_path / "loading").write_text("elsewhere:5432/stoa")

    prepare.load_demo(marker=tmp_path / "loading")
    assert calls == [{"if_empty": True}]


def test_migrations_are_counted_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    counter = prepare.Counter(total=120)
    for number in range(120):
        counter.write(f"  Applying app.{number:04}... OK")

    assert capsys.readouterr().out.splitlines() == ["  50 of 120", "  100 of 120"]
