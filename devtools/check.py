"""`make check`: everything that can be checked without serving a page. Runs all, then judges."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devtools.embedded.places import CHECKOUT

_BIN = Path(sys.executable).parent
_CODE = ("storefront", "cms", "commerce", "devtools", "bench")

# Values of the right shape and of no meaning: `check --deploy` reads settings and connects nowhere.
_PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "storefront.settings.production",
    "SECRET_KEY": "check-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "FIELD_ENCRYPTION_KEYS": "check-0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "shop.example",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "postgres://stoa:secret@database.example/stoa",
    "REDIS_URL": "rediss://cache.example:6379/0",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example:587",
    "DEFAULT_FROM_EMAIL": "Shop <shop@shop.example>",
    "STRIPE_SECRET_KEY": "sk_live_check",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_check",
    "STRIPE_WEBHOOK_SECRETS": "whsec_check",
}


@dataclass(frozen=True)
class Verdict:
    passed: bool
    remark: str = ""
    output: str = ""


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    judge: Callable[[subprocess.CompletedProcess[str]], Verdict] | None = None


def main() -> int:
    """Exit code 0 when nothing was found wrong. What could not be checked is said, not failed."""
    failed = []
    for check in checks():
        began = time.monotonic()
        print(f"{check.name} ...", end=" ", flush=True)
        verdict = carry_out(check)
        word = "ok" if verdict.passed else "FAILED"
        print(f"{verdict.remark or word} ({time.monotonic() - began:.1f} s)", flush=True)
        if not verdict.passed:
            failed.append(check.name)
            print(verdict.output.rstrip() + "\n", flush=True)
    print(f"Failed: {', '.join(failed)}." if failed else "Nothing found.")
    return 1 if failed else 0


def checks() -> list[Check]:
    code = [name for name in _CODE if any((CHECKOUT / name).rglob("*.py"))]
    templates = sorted(str(path) for path in (CHECKOUT / "templates").rglob("*.html"))
    manage = [sys.executable, "manage.py"]
    audit = ["-r", "requirements/dev.txt", "--disable-pip", "--require-hashes", "-f", "json"]
    return [
        Check("Lint", [tool("ruff"), "check", "."]),
        Check("Format", [tool("ruff"), "format", "--check", "."]),
        Check("Types", [tool("mypy"), *code]),
        Check("Import contracts", [tool("lint-imports")]),
        Check("Missing migrations", [*manage, "makemigrations", "--check", "--dry-run"]),
        Check(
            "Production settings",
            [*manage, "check", "--deploy", "--fail-level", "WARNING"],
            _PRODUCTION,
        ),
        Check("Templates", [tool("djade"), "--check", "--target-version", "5.2", *templates]),
        Check("Known holes in dependencies", [tool("pip-audit"), *audit], judge=judge_audit),
    ]


def tool(name: str) -> str:
    return str(_BIN / name)


def carry_out(check: Check) -> Verdict:
    done = subprocess.run(
        check.command,
        cwd=CHECKOUT,
        env={**os.environ, **check.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check.judge:
        return check.judge(done)
    return Verdict(passed=done.returncode == 0, output=done.stdout + done.stderr)


def judge_audit(done: subprocess.CompletedProcess[str]) -> Verdict:
    """A hole fails. Without the network nothing was looked up, and pip-audit's own verdict is then
    worth nothing: it exits 0 when the index knows none of the packages."""
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        return Verdict(passed=True, remark=f"NOT CHECKED, it needs the network: {reason[:200]}")
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}"
        f" (mended in {', '.join(hole['fix_versions']) or 'no version yet'})"
        for package in audited
        for hole in package.get("vulns", [])
    ]
    if holes:
        return Verdict(passed=False, output="\n".join(holes))
    unknown = sum("skip_reason" in package for package in audited)
    if unknown:
        remark = f"NOT CHECKED for {unknown} of {len(audited)} packages: the index has no record"
        return Verdict(passed=True, remark=remark)
    return Verdict(passed=True)


if __name__ == "__main__":
    sys.exit(main())
