from __future__ import annotations

import json
import subprocess

from devtools.check import Check, Verdict, carry_out, judge_audit


def audited(
    *packages: dict[str, object], error: str = "", exit_code: int = 0
) -> subprocess.CompletedProcess[str]:
    said = json.dumps({"dependencies": packages}) if packages else ""
    return subprocess.CompletedProcess([], exit_code, stdout=said, stderr=error)


def test_a_known_hole_fails_and_is_named() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}

    verdict = judge_audit(
        audited({"name": "leaky", "version": "1.0", "vulns": [hole]}, exit_code=1)
    )

    assert verdict == Verdict(passed=False, output="leaky 1.0: PYSEC-2026-1 (mended in 2.0)")


def test_packages_without_holes_pass() -> None:
    assert judge_audit(audited({"name": "tight", "version": "1.0", "vulns": []})) == Verdict(
        passed=True
    )


def test_a_network_failure_is_said_and_not_called_a_pass() -> None:
    verdict = judge_audit(audited(error="Traceback\nConnectionError: no route", exit_code=1))

    assert verdict.passed
    assert verdict.remark == "NOT CHECKED, it needs the network: ConnectionError: no route"


def test_an_index_that_knows_no_package_is_not_a_clean_bill() -> None:
    verdict = judge_audit(
        audited(
            {"name": "a", "skip_reason": "not found"},
            {"name": "b", "version": "1", "vulns": []},
        )
    )

    assert verdict.remark.startswith("NOT CHECKED for 1 of 2 packages")


def test_a_failing_command_fails_with_what_it_said() -> None:
    verdict = carry_out(Check("shell", ["/bin/sh", "-c", "echo out; echo err >&2; exit 3"]))

    assert verdict == Verdict(passed=False, output="out\nerr\n")
