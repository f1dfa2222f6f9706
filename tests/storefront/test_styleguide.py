import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django_cotton.compiler_regex import CottonCompiler, Tag

TEMPLATES = settings.ROOT / "templates"
COMPONENTS = sorted((TEMPLATES / "cotton").rglob("*.html"))
STYLES = settings.ROOT / "static" / "css"
PASSED_ON = re.compile(
    r"(data|hx|aria)-[a-z-]+|rel|target|download|required|autofocus|formaction|formmethod|formnovalidate"
)

MODIFIERS = {"variant", "size", "tone", "shape", "fit", "layout"}


def component_name(path: Path) -> str:
    return path.relative_to(TEMPLATES / "cotton").with_suffix("").as_posix().replace("/", ".")


def declared_attributes(path: Path) -> set[str]:
    match = re.search(r"<c-vars\s([^>]*?)/>", path.read_text(encoding="utf-8"))
    assert match, f"{path.name} declares no attributes"
    return {attribute[0].lstrip(":") for attribute in Tag.attr_pattern.findall(match[1])}


def uses_of_components(text: str) -> list[tuple[str, list[str]]]:
    text, _ = CottonCompiler().exclude_ignorables(text)
    return [
        (
            match[2].replace("-", "_"),
            [attribute[0] for attribute in Tag.attr_pattern.findall(match[3] or "")],
        )
        for match in Tag.tag_pattern.finditer(text)
        if not match[1] and match[2] not in ("vars", "slot")
    ]


def undeclared_attributes(text: str) -> list[str]:
    found = []
    for name, attributes in uses_of_components(text):
        source = TEMPLATES / "cotton" / f"{name.replace('.', '/')}.html"
        passes_on = "{{ attrs }}" in source.read_text(encoding="utf-8")
        declared = declared_attributes(source)
        for attribute in attributes:
            if attribute.lstrip(":").replace("-", "_") in declared:
                continue
            if passes_on and PASSED_ON.fullmatch(attribute):
                continue
            found.append(f"<c-{name}> {attribute}")
    return found


@pytest.fixture
def guide(db: None, client: Client, settings: Any) -> str:
    settings.ROOT_URLCONF = "tests.storefront.styleguide_urls"
    reply = client.get("/styleguide/")
    assert reply.status_code == 200
    return reply.content.decode()


def test_every_component_is_reached_from_the_style_guide():
    reached: set[str] = set()
    waiting = [TEMPLATES / "styleguide.html", TEMPLATES / "base.html"]
    while waiting:
        for name, _ in uses_of_components(waiting.pop().read_text(encoding="utf-8")):
            if name not in reached:
                reached.add(name)
                waiting.append(TEMPLATES / "cotton" / f"{name.replace('.', '/')}.html")

    assert reached == {component_name(path) for path in COMPONENTS}


@pytest.mark.parametrize("path", COMPONENTS, ids=component_name)
def test_a_component_declares_its_attributes_first_and_stays_short(path: Path):
    text = path.read_text(encoding="utf-8")

    assert re.match(r'<c-vars(\s+[:\w-]+="[^"]*")*\s*/>', text), "an attribute lacks a default"
    assert len(text.splitlines()) <= 40


def test_the_check_for_undeclared_attributes_sees_one():
    """Control: a mistyped attribute, and a bound one that would be written unescaped."""
    assert undeclared_attributes('<c-price amuont="1" /><c-button :data-x="y" data-z="1">') == [
        "<c-price> amuont",
        "<c-button> :data-x",
    ]


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_passes_an_undeclared_attribute(path: Path):
    assert undeclared_attributes(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_every_variant_named_in_a_template_is_drawn(path: Path):
    styles = "".join(sheet.read_text(encoding="utf-8") for sheet in STYLES.rglob("*.css"))
    text, _ = CottonCompiler().exclude_ignorables(path.read_text(encoding="utf-8"))
    named = [
        (match[2].removesuffix("-link"), value)
        for match in Tag.tag_pattern.finditer(text)
        for attribute, _, value, _ in Tag.attr_pattern.findall(match[3] or "")
        if match[2] != "vars" and attribute in MODIFIERS and re.fullmatch("[a-z]+", value)
    ]

    assert [f"{name} {value}" for name, value in named if f".{name}--{value}" not in styles] == []


def test_the_page_holds_nothing_its_security_policy_would_refuse(guide: str):
    assert re.findall(r"<[^>]+\sstyle=", guide) == []
    assert re.findall(r"<[^>]+\son[a-z]+=", guide) == []
    assert re.findall(r"<script(?![^>]*\b(?:src|type=\"application/))[^>]*>", guide) == []


def test_no_template_of_the_shop_holds_inline_style_or_script():
    mail = set((TEMPLATES / "email").rglob("*.html"))
    offenders = [
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if path not in mail
        and re.search(r"<[^>]+\s(style|on[a-z]+)=\"", path.read_text(encoding="utf-8"))
    ]

    assert offenders == []


def test_every_id_of_the_page_is_used_once(guide: str):
    ids = re.findall(r'\sid="([^"]+)"', guide)

    assert sorted(ids) == sorted(set(ids))


def test_the_icons_the_page_names_exist(guide: str):
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STYLES.parent / "img/icons.svg").read_text()))

    assert set(re.findall(r"icons\.svg#([a-z-]+)", guide)) == drawn


@pytest.mark.parametrize("name", ["500.html", "maintenance.html", "403.html"])
def test_the_pages_for_trouble_need_no_context(name: str):
    html = render_to_string(name)

    assert "<h1>" in html
    assert "css/shop.css" in html


def test_the_page_for_a_missing_address_needs_no_context():
    assert "<h1>Nothing stands here</h1>" in render_to_string("404.html")
