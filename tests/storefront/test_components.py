import re
from pathlib import Path

import pytest
from django.conf import settings
from django.forms import CharField, Form
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django_cotton.templatetags._component import CottonComponentNode

from cms.pages import memory
from storefront.templatetags.components import KEPT, LONGEST

VISITORS = {
    "csrf_token", "request", "user", "perms", "messages", "cart_count",
    "shop", "menus", "currencies",
}  # fmt: skip
MOODS = {"now", "timesince", "timeuntil", "naturaltime", "random", "cycle"}


@pytest.fixture
def written(monkeypatch):
    """Count how often a component is written, by name."""
    names = []
    render = CottonComponentNode.render

    def counted(self, context):
        names.append(self.component_name)
        return render(self, context)

    monkeypatch.setattr(CottonComponentNode, "render", counted)
    return names


def source(name):
    path = Path(settings.ROOT, "templates/cotton", f"{name.replace('-', '_')}.html")
    return re.sub(r"{% load [^%]*%}", "", path.read_text())


def shown(template, **context):
    return template.render(Context(context)).strip()


@pytest.mark.django_db
def test_the_names_that_every_page_knows_are_listed_here():
    request = RequestFactory().get("/")
    request.user = None
    known = set()
    for name in settings.TEMPLATES[0]["OPTIONS"]["context_processors"]:
        known |= set(import_string(name)(request))

    assert known - VISITORS <= {"DEFAULT_MESSAGE_LEVELS"}


@pytest.mark.parametrize("name", sorted(KEPT))
def test_a_kept_component_asks_neither_who_visits_nor_what_time_it_is(name):
    said = " ".join(re.findall(r"{[{%].*?[%}]}|\s:\w+=\"[^\"]*\"", source(name)))

    assert not VISITORS & set(re.findall(r"\w+", said))
    assert not MOODS & set(re.findall(r"\w+", said))
    assert set(re.findall(r"<c-([a-z-]+)", source(name))) - {"vars", "slot"} <= KEPT


def test_what_was_written_once_is_recalled(written):
    template = Template("{% cotton badge tone=tone %}{{ text }}{% endcotton %}")

    first = shown(template, tone="info", text="New")
    again = shown(template, tone="info", text="New")
    other = shown(template, tone="info", text="Old")

    assert first == again == '<span class="badge badge--info">New</span>'
    assert "Old" in other
    assert written.count("badge") == 2


def test_safe_text_does_not_stand_in_for_other_text():
    template = Template("{% cotton field :label='label' for='x' %}{% endcotton %}")

    assert "<b>me</b>" not in shown(template, label="<b>me</b>")
    assert "<b>me</b>" in shown(template, label=SafeString("<b>me</b>"))
    assert "<b>me</b>" not in shown(template, label="<b>me</b>")


def test_one_is_not_true():
    template = Template("{% cotton quantity :value='value' / %}")

    assert 'value="True"' in shown(template, value=True)
    assert 'value="1"' in shown(template, value=1)


def test_a_list_that_changed_is_written_anew():
    template = Template("{% cotton steps :steps='steps' / %}")
    steps = [{"label": "Address", "url": "", "state": "current"}]

    assert 'aria-current="step"' in shown(template, steps=steps)
    steps[0]["state"] = "done"
    assert 'aria-current="step"' not in shown(template, steps=steps)


def test_a_field_of_a_form_and_long_text_are_not_remembered():
    class Asked(Form):
        name = CharField()

    before = len(memory.components._values)
    template = Template("{% cotton field :field='field' / %}")
    assert 'value="Ana"' in shown(template, field=Asked({"name": "Ana"})["name"])
    assert 'value="Bo"' in shown(template, field=Asked({"name": "Bo"})["name"])

    long = Template("{% cotton notice %}{{ text }}{% endcotton %}")
    assert "a" * LONGEST in shown(long, text="a" * LONGEST + "b")
    keys = list(memory.components._values)[before:]
    assert not [key for key in keys if len(str(key[2])) > LONGEST]


def test_what_is_long_in_an_attribute_is_not_remembered_either():
    before = set(memory.components._values)
    template = Template("{% cotton button_link :href='href' / %}".replace("_", "-"))

    assert "/?q=aa" in shown(template, href="/?q=" + "a" * LONGEST)

    assert set(memory.components._values) == before
