import os
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from storefront.staticfiles import (
    ENTRY,
    BadStylesheet,
    JoinedStylesheetFinder,
    ShopStaticFilesStorage,
    join,
)

STYLES = settings.ROOT / "static" / "css"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.css"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "shop.css"


def test_imports_become_blocks_of_their_layer(tmp_path: Path):
    entry = write(
        tmp_path,
        shop='@layer base, components;\n@import url("a.css") layer(base);\n'
        '@import url("components/b.css") layer(components);\n',
        a="/* why */ a { color: red; margin: 0.5rem 0 }",
        components__b='b :is(i, u) > em { background: url("data:image/svg+xml,x y") }',
    )

    assert join(entry) == (
        "@layer base,components;\n"
        "@layer base{a{color:red;margin:.5rem 0}}\n"
        '@layer components{b :is(i,u)>em{background:url("data:image/svg+xml,x y")}}\n'
    )


def test_an_import_inside_an_import_is_refused(tmp_path: Path):
    entry = write(tmp_path, shop='@import url("a.css") layer(a);', a='@import url("b.css");')

    with pytest.raises(BadStylesheet, match=r"a\.css"):
        join(entry)


def test_a_relative_address_in_a_subfolder_is_refused(tmp_path: Path):
    entry = write(
        tmp_path, shop='@import url("c/a.css") layer(a);', c__a='a { background: url("x.png") }'
    )

    with pytest.raises(BadStylesheet, match="subfolder"):
        join(entry)


def test_the_stylesheet_of_the_shop_stays_under_48_kB():
    assert len(join(STYLES / "shop.css").encode()) < 48_000


def test_the_table_of_contents_names_every_stylesheet_once():
    named = re.findall(r'@import url\("([^"]+)"\)', (STYLES / "shop.css").read_text())
    present = [str(path.relative_to(STYLES)) for path in STYLES.rglob("*.css")]

    assert sorted([*named, "shop.css", "own.css"]) == sorted(present)


def test_the_joined_file_is_the_one_that_is_found():
    found = Path(str(finders.find(ENTRY)))

    assert found.read_text() == join(STYLES / "shop.css")


def test_the_joined_file_follows_its_sources():
    finder = JoinedStylesheetFinder()
    target = Path(finder.find(ENTRY))
    target.write_text("old")
    os.utime(target, (0, 0))

    assert Path(finder.find(ENTRY)).read_text() == join(STYLES / "shop.css")


def test_hashed_names_reach_fonts_in_styles(tmp_path: Path):
    storage = ShopStaticFilesStorage(location=tmp_path, base_url="/static/")
    (tmp_path / "css").mkdir()
    (tmp_path / "a.woff2").write_bytes(b"font")
    (tmp_path / ENTRY).write_text('@layer t{@font-face{src:url("../a.woff2")}}')
    paths = {name: (storage, name) for name in ("a.woff2", ENTRY)}

    results = {old: new for old, new, _ in storage.post_process(paths)}

    assert Path(results["a.woff2"]).name in (tmp_path / results[ENTRY]).read_text()


@pytest.mark.parametrize(
    "script", sorted((settings.ROOT / "static" / "js").glob("*.js")), ids=lambda path: path.name
)
def test_our_scripts_import_nothing(script: Path):
    assert re.findall(r"^\s*import\b|\bimport\(", script.read_text(), re.MULTILINE) == []
