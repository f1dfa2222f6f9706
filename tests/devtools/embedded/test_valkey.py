from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from devtools.embedded import places, valkey
from tests.devtools.embedded.conftest import clean_up, is_alive, kill_hard


def pid_of(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])


def hang_up_on_everyone(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            listener.accept()[0].close()


def test_it_starts_answers_and_stops(checkout: Path) -> None:
    url = valkey.ensure_running(checkout)

    with redis.Redis.from_url(url) as client:
        assert client.set("key", "value")
    assert valkey.status(checkout)
    assert valkey.stop(checkout)
    assert not valkey.status(checkout)
    assert not valkey.stop(checkout)


def test_it_refuses_whoever_does_not_know_the_password(checkout: Path) -> None:
    port = int(valkey.ensure_running(checkout).rsplit(":", 1)[1].split("/")[0])

    with (
        redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()
    for name in ("server.json", "valkey.conf"):
        assert (checkout / "var/valkey" / name).stat().st_mode & 0o077 == 0


def test_a_running_server_costs_milliseconds(checkout: Path) -> None:
    url = valkey.ensure_running(checkout)

    began = time.process_time()
    for _ in range(20):
        assert valkey.ensure_running(checkout) == url
    assert (time.process_time() - began) / 20 < 0.005


def test_data_and_address_survive_a_stop(checkout: Path) -> None:
    url = valkey.ensure_running(checkout)
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    valkey.stop(checkout)

    assert valkey.ensure_running(checkout) == url
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


def test_a_killed_server_is_started_again(checkout: Path) -> None:
    url = valkey.ensure_running(checkout)
    before = pid_of(url)
    kill_hard(before)

    assert pid_of(valkey.ensure_running(checkout)) != before


def test_a_taken_port_is_left_to_its_owner(checkout: Path) -> None:
    url = valkey.ensure_running(checkout)
    valkey.stop(checkout)
    port = json.loads((checkout / "var/valkey/server.json").read_text())["port"]
    with socket.socket() as owner:
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        owner.bind(("127.0.0.1", port))
        owner.listen()
        threading.Thread(target=hang_up_on_everyone, args=[owner], daemon=True).start()

        moved = valkey.ensure_running(checkout)

    assert moved != url
    with redis.Redis.from_url(moved) as client:
        assert client.ping()


def test_another_checkouts_server_on_our_port_is_not_mistaken_for_ours(
    checkout: Path, other_checkout: Path
) -> None:
    theirs = valkey.ensure_running(other_checkout)
    valkey.ensure_running(checkout)
    valkey.stop(checkout)
    record = checkout / "var/valkey/server.json"
    told = json.loads(record.read_text())
    told["port"] = int(theirs.rsplit(":", 1)[1].split("/")[0])
    record.write_text(json.dumps(told))

    assert not valkey.status(checkout)
    ours = valkey.ensure_running(checkout)

    assert pid_of(ours) != pid_of(theirs)


def test_a_damaged_state_file_is_replaced_and_the_lost_server_ended(checkout: Path) -> None:
    lost = pid_of(valkey.ensure_running(checkout))
    (checkout / "var/valkey/server.json").write_text("{")

    assert pid_of(valkey.ensure_running(checkout)) != lost
    assert not is_alive(lost)


def test_a_path_too_long_for_a_socket_and_full_of_odd_letters_works(checkout: Path) -> None:
    deep = checkout / ('a long name with "quotes" and ü ' * 3).strip() / ("deeper" * 20)
    deep.mkdir(parents=True)
    try:
        with redis.Redis.from_url(valkey.ensure_running(deep)) as client:
            assert client.ping()
    finally:
        clean_up(deep)


def test_four_processes_that_start_it_at_once_get_one_server(checkout: Path) -> None:
    code = (
        "from pathlib import Path; from devtools.embedded import valkey; "
        f"print(valkey.ensure_running(Path({str(checkout)!r})))"
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
