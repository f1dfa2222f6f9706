"""The files that run the shop elsewhere agree with each other and with the settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from django.conf import settings

from devtools.embedded.places import CHECKOUT

COMPOSE = (CHECKOUT / "compose.yaml").read_text()
EXAMPLE = (CHECKOUT / "deploy/env.example").read_text()
# As long and as mixed as a secret must be.
SECRET = "x9Kq2vLw7RtZ4mNp8YcB3hGf6JsD1aEu5WoQ0iXk"
APPLICATION = ["web", "worker-money", "worker", "worker-mail", "beat", "migrate"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
    return found


def test_every_variable_that_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    offered = set(re.findall(r"^(\w+)=", EXAMPLE, flags=re.MULTILINE))

    assert asked - offered == set()


def test_every_variable_of_the_example_reaches_a_container() -> None:
    offered = set(re.findall(r"^(\w+)=", EXAMPLE, flags=re.MULTILINE))
    used = set(re.findall(r"\$\{(\w+)", COMPOSE))

    assert offered - used == set()


def test_production_settings_start_with_what_compose_sets(services: dict[str, Any]) -> None:
    for name in APPLICATION:
        given = services[name]["environment"]
        filled = {
            key: re.sub(
                r"\$\{(\w+):\?[^}]*\}",
                rf"value-of-\1-{SECRET}",
                re.sub(r"\$\{\w+:-(\d*)\}", r"\1", v),
            )
            for key, v in given.items()
        }
        filled["EMAIL_URL"] = "smtp://mail.example"
        started = subprocess.run(
            [sys.executable, "-c", "import storefront.settings.production"],
            cwd=CHECKOUT,
            env={"PATH": os.defpath, **filled},
            capture_output=True,
            text=True,
            check=False,
        )
        assert started.stderr == ""


def test_every_queue_has_exactly_one_kind_of_worker(services: dict[str, Any]) -> None:
    queues = [
        queue
        for service in services.values()
        if "worker" in (command := service.get("command", []))
        for queue in command[command.index("-Q") + 1].split(",")
    ]

    used = {settings.CELERY_TASK_DEFAULT_QUEUE}
    used |= {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert sorted(queues) == sorted(used)
    assert "bulk" in used


def test_application_containers_hold_no_power(services: dict[str, Any]) -> None:
    for name in APPLICATION:
        service = services[name]
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert "USER stoa" in (CHECKOUT / "Dockerfile").read_text()


def test_only_the_proxy_is_reachable_from_outside(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["postgres"]["networks"] == services["valkey"]["networks"] == ["inside"]


def test_continuous_integration_runs_pinned_actions_and_our_own_script() -> None:
    jobs = yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text())["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    used = [step["uses"].partition("@")[2] for step in steps if "uses" in step]

    assert used
    assert [pin for pin in used if not re.fullmatch(r"[0-9a-f]{40}", pin)] == []
    assert ".ci/run" in [step.get("run") for step in steps]
    assert os.access(CHECKOUT / ".ci/run", os.X_OK)
