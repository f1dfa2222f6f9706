import re
from pathlib import Path

from django.conf import settings

BOUND = re.compile(r'\s:[a-z_]+="(?![^"]*\{[{%])[^"]*\|[^"]*"')


def test_no_component_binds_a_filtered_value_which_would_arrive_as_its_own_source():
    found = [
        f"{path.name}: {match.group().strip()}"
        for path in Path(settings.ROOT, "templates").rglob("*.html")
        for match in BOUND.finditer(path.read_text())
    ]

    assert found == []
