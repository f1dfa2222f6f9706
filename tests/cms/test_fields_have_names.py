"""Every field of the admin's screens has a name, not just a placeholder."""

from html.parser import HTMLParser

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.factories.selling import open_shop
from tests.factories.staff import ADMINISTRATORS, staff_client

pytestmark = pytest.mark.django_db


class Fields(HTMLParser):
    """Fields that can be used, and what names them."""

    def __init__(self) -> None:
        super().__init__()
        self.named: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.labels = 0

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "label":
            self.labels += 1
            self.named.add(given.get("for", ""))
        if tag in ("input", "select", "textarea") and given.get("type") not in (
            "hidden", "submit", "button",
        ):  # fmt: skip
            self.fields.append(given | {"in label": "yes" if self.labels else ""})

    def handle_endtag(self, tag):
        self.labels -= tag == "label"

    @property
    def nameless(self) -> list[str]:
        return [
            field.get("name", "") or field.get("id", "")
            for field in self.fields
            if not field["in label"]
            and not field.get("aria-label")
            and not field.get("aria-labelledby")
            and field.get("id", "") not in self.named - {""}
        ]


def addresses(namespace):
    """Screens of a namespace that need no key of anything."""
    patterns = get_resolver().namespace_dict[namespace][1].url_patterns
    for pattern in patterns:
        try:
            yield reverse(f"{namespace}:{pattern.name}")
        except NoReverseMatch:
            continue


def nameless(client, namespace):
    found, seen = {}, 0
    for address in addresses(namespace):
        answer = client.get(address)
        if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"]:
            continue
        fields = Fields()
        fields.feed(answer.content.decode())
        seen += len(fields.fields)
        found[address] = fields.nameless
    assert seen > 20
    return {address: names for address, names in found.items() if names}


def test_fields_of_sellers_screens_have_names():
    assert nameless(open_shop("Acme").client(), "selling") == {}


def test_fields_of_staffs_screens_have_names():
    assert nameless(staff_client(ADMINISTRATORS), "backoffice") == {}
