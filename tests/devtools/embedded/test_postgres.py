from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import dj_database_url
import psycopg
import pytest

from devtools.embedded import places, postgres
from tests.devtools.embedded.conftest import clean_up, is_alive, kill_hard


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def postmaster_of(checkout: Path) -> int:
    lines = (checkout / "var/postgres/data/postmaster.pid").read_text().split()
    return int(lines[0])


def test_the_address_is_one_that_django_understands(checkout: Path) -> None:
    parsed = dj_database_url.parse(postgres.url(checkout))

    assert parsed["ENGINE"] == "django.db.backends.postgresql"
    assert (parsed["USER"], parsed["NAME"]) == ("stoa", "stoa")
    assert parsed["HOST"] == str(places.socket_dir(checkout))
    assert parsed["PORT"] == 5432


def test_it_starts_answers_and_stops(checkout: Path) -> None:
    url = postgres.ensure_running(checkout)

    assert postgres.status(checkout)
    assert ask(url, "SELECT current_database()::text") == "stoa"
    assert ask(url, "SHOW fsync") == "on"
    assert ask(url, "SHOW max_connections") == "200"
    assert postgres.stop(checkout)
    assert not postgres.status(checkout)
    assert not postgres.stop(checkout)
    assert not places.socket_dir(checkout).exists()


def test_it_knows_letters_outside_ascii(checkout: Path) -> None:
    url = postgres.ensure_running(checkout)

    assert ask(url, "SELECT lower('ÜNÏCODE')") == "ünïcode"
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute("SELECT cardinality(show_trgm('Ünï'))").fetchone()
    assert row == (4,)


def test_a_running_server_costs_milliseconds(checkout: Path) -> None:
    url = postgres.ensure_running(checkout)

    began = time.process_time()
    for _ in range(20):
        assert postgres.ensure_running(checkout) == url
    assert (time.process_time() - began) / 20 < 0.005


def test_data_survives_a_stop(checkout: Path) -> None:
    with psycopg.connect(postgres.ensure_running(checkout)) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    postgres.stop(checkout)

    assert ask(postgres.ensure_running(checkout), "SELECT answer FROM kept") == 42


def test_a_killed_server_is_recovered(checkout: Path) -> None:
    url = postgres.ensure_running(checkout)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = postmaster_of(checkout)
    kill_hard(before)

    assert ask(postgres.ensure_running(checkout), "SELECT answer FROM kept") == 42
    assert postmaster_of(checkout) != before


def test_an_orphaned_session_of_a_killed_server_does_not_block_the_next_start(
    checkout: Path,
) -> None:
    url = postgres.ensure_running(checkout)
    session = psycopg.connect(url)
    backend = session.info.backend_pid
    session.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
    state = f"SELECT state FROM pg_stat_activity WHERE pid = {backend}"  # noqa: S608
    while ask(url, state) != "active":
        time.sleep(0.02)
    kill_hard(postmaster_of(checkout))
    assert is_alive(backend)

    assert ask(postgres.ensure_running(checkout), "SELECT 1") == 1
    assert not is_alive(backend)
    session.close()


def test_a_pid_file_that_names_a_stranger_is_overcome_and_the_stranger_lives(
    checkout: Path,
) -> None:
    postgres.ensure_running(checkout)
    pid_file = checkout / "var/postgres/data/postmaster.pid"
    kept = pid_file.read_text().splitlines()
    postgres.stop(checkout)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *kept[1:]]) + "\n")
        (checkout / "var/postgres/serving").write_text(f"{stranger.pid} {kept[2]}")

        assert not postgres.status(checkout)
        assert not postgres.stop(checkout)
        assert ask(postgres.ensure_running(checkout), "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_launcher_killed_while_it_starts_the_server_leaves_nothing_that_blocks(
    checkout: Path,
) -> None:
    code = (
        "from pathlib import Path; from devtools.embedded import postgres; "
        f"postgres.ensure_running(Path({str(checkout)!r}))"
    )
    for patience in (0.15, 0.3, 0.45):
        launcher = subprocess.Popen([sys.executable, "-c", code], cwd=places.CHECKOUT)
        time.sleep(patience)
        launcher.kill()
        launcher.wait()

    assert ask(postgres.ensure_running(checkout), "SELECT 1") == 1


def test_sockets_swept_from_tmp_are_replaced(checkout: Path) -> None:
    postgres.ensure_running(checkout)
    shutil.rmtree(places.socket_dir(checkout))

    assert ask(postgres.ensure_running(checkout), "SELECT 1") == 1


def test_removing_the_state_directory_of_a_running_server_starts_afresh(checkout: Path) -> None:
    with psycopg.connect(postgres.ensure_running(checkout)) as connection:
        connection.execute("CREATE TABLE gone ()")
    shutil.rmtree(checkout / "var")

    assert ask(postgres.ensure_running(checkout), "SELECT to_regclass('gone')::text") is None


def test_two_checkouts_run_side_by_side(checkout: Path, other_checkout: Path) -> None:
    first = postgres.ensure_running(checkout)
    second = postgres.ensure_running(other_checkout)
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE only_in_the_first ()")

    assert ask(second, "SELECT to_regclass('only_in_the_first')::text") is None
    postgres.stop(checkout)
    assert ask(second, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_and_full_of_odd_letters_works(checkout: Path) -> None:
    deep = checkout / ("a long name with 'quotes' and ü " * 3).strip() / ("deeper" * 20)
    deep.mkdir(parents=True)
    try:
        assert ask(postgres.ensure_running(deep), "SELECT 1") == 1
    finally:
        clean_up(deep)


def test_four_processes_that_start_it_at_once_get_one_server(checkout: Path) -> None:
    code = (
        "from pathlib import Path; from devtools.embedded import postgres; import psycopg; "
        f"url = postgres.ensure_running(Path({str(checkout)!r})); "
        "question = 'SELECT pg_postmaster_start_time()::text'; "
        "print(psycopg.connect(url).execute(question).fetchone()[0])"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=places.CHECKOUT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = [starter.communicate(timeout=60)[0] for starter in starters]

    assert [starter.returncode for starter in starters] == [0, 0, 0, 0]
    assert len(set(said)) == 1


def test_a_socket_directory_that_is_a_link_is_refused(checkout: Path, tmp_path: Path) -> None:
    places.socket_dir(checkout).symlink_to(tmp_path)
    try:
        with pytest.raises(places.EmbeddedServerError, match="is not a directory of ours"):
            postgres.ensure_running(checkout)
    finally:
        places.socket_dir(checkout).unlink()


def test_a_socket_directory_of_another_user_is_refused(checkout: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make another user's directory")
    squatted = places.socket_dir(checkout)
    squatted.mkdir()
    os.chown(squatted, 12345, 12345)

    with pytest.raises(places.EmbeddedServerError, match="user id 12345"):
        postgres.ensure_running(checkout)


def test_a_socket_directory_open_to_all_is_closed(checkout: Path) -> None:
    places.socket_dir(checkout).mkdir()
    places.socket_dir(checkout).chmod(0o777)

    postgres.ensure_running(checkout)

    assert places.socket_dir(checkout).stat().st_mode & 0o777 == 0o700


def test_a_missing_program_directory_is_named(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", "/nowhere")

    with pytest.raises(places.EmbeddedServerError, match="/nowhere holds no pg_ctl"):
        postgres.ensure_running(checkout)


def test_another_version_of_postgresql_is_refused_with_the_remedy(checkout: Path) -> None:
    postgres.ensure_running(checkout)
    postgres.stop(checkout)
    (checkout / "var/postgres/data/PG_VERSION").write_text("9\n")

    with pytest.raises(places.EmbeddedServerError, match="made by PostgreSQL 9"):
        postgres.ensure_running(checkout)


def test_environment_variables_of_postgresql_do_not_mislead_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("LC_ALL", "xx_XX.nonsense")

    assert ask(postgres.ensure_running(checkout), "SELECT 1") == 1
