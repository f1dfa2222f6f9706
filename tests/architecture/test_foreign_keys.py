"""Import contracts cannot see a key given as text; these tests can."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

CONTRACTS = tomllib.loads(Path("pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = next(c["layers"] for c in CONTRACTS if c.get("containers") == ["commerce"])
RANK = {name.strip(): rank for rank, row in enumerate(LAYERS) for name in row.split("|")}


def module_of(model: type[models.Model]) -> str:
    return model._meta.app_config.name


def faults(here: str, there: str, field: models.ForeignKey) -> list[str]:
    found = []
    if field.remote_field.on_delete is not models.PROTECT:
        found.append("must be PROTECT")
    if not field.remote_field.hidden:
        found.append("related_name must be '+'")
    if here.startswith("commerce."):
        own, other = here.removeprefix("commerce."), there.removeprefix("commerce.")
        if RANK[own] >= RANK[other]:
            found.append("must point down")
    return found


def crossings():
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            here, there = module_of(model), module_of(field.related_model)
            ours = here.startswith(("cms.", "commerce."))
            if field.name == "uploaded_by_user":  # Wagtail's own, on images and documents
                continue
            if ours and there.startswith("commerce.") and here != there:
                yield pytest.param(here, there, field, id=f"{model.__name__}.{field.name}")


@pytest.mark.parametrize(("here", "there", "field"), list(crossings()))
def test_keys_between_modules_point_down_and_protect(here, there, field):
    assert faults(here, there, field) == []


def test_a_key_that_points_up_is_noticed():
    order_line = apps.get_model("orders", "OrderLine")
    field = order_line._meta.get_field("variant")

    assert faults("commerce.catalog", "commerce.orders", field) == ["must point down"]


def test_a_key_that_cascades_is_noticed():
    key = models.ForeignKey("catalog.Variant", on_delete=models.CASCADE)

    assert faults("commerce.cart", "commerce.catalog", key) == [
        "must be PROTECT",
        "related_name must be '+'",
    ]
