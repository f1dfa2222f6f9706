"""The import contracts are kept, and each was seen to fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PLANTED = {
    "commerce calls the storefront": (
        "commerce/catalog/queries.py",
        "from storefront import errors",
        "Shopfront on content on commerce",
    ),
    "a lower module calls a higher one": (
        "commerce/catalog/queries.py",
        "from commerce.orders import queries",
        "Inside commerce, calls go down and facts go up",
    ),
    "siblings know each other": (
        "commerce/pricing/queries.py",
        "from commerce.inventory import queries",
        "Inside commerce, calls go down and facts go up",
    ),
    "a module reaches behind a front door": (
        "commerce/orders/queries.py",
        "from commerce.catalog import models",
        "A module is used through its public interface",
    ),
    "commerce knows Wagtail": (
        "commerce/catalog/queries.py",
        "from wagtail.models import Page",
        "Commerce knows no Wagtail",
    ),
    "somebody else speaks to Stripe": (
        "commerce/orders/queries.py",
        "import stripe",
        "Only the gateways speak to Stripe",
    ),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_contract_is_kept():
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    for name in ("storefront", "cms", "commerce", "tests/architecture"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc"))
    (folder / "tests" / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_reported(copy, name):
    path, line, contract = PLANTED[name]
    target = copy / path
    before = target.read_text()
    try:
        target.write_text(f"{before}\n{line}  # noqa\n")
        result = lint(copy)
    finally:
        target.write_text(before)

    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout
