"""Lean templates write what Django's do, whatever they are given."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.template import Context, Engine, engines
from django.template.base import NodeList
from django.test import override_settings
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from storefront.lean_templates import LeanNodeList, make_lean


@dataclass
class Thing:
    name: str = "<Ada>"
    tags: list[str] = field(default_factory=lambda: ["a&b", "c"])

    @property
    def loud(self):
        return self.name.upper()

    @property
    def broken(self):
        raise AttributeError("inside")

    def called(self):
        return "<called>"

    def wants(self, more):
        return more

    def dangerous(self):
        return "never"

    dangerous.alters_data = True

    def __str__(self):
        return "<thing>"


class Shelf:
    own = "attribute"

    def __getitem__(self, key):
        return {"own": "item", "x": "<x>"}[key]


class Missing(Exception):
    silent_variable_failure = True


class Silent:
    @property
    def quiet(self):
        raise Missing


GIVEN = {
    "thing": Thing(),
    "things": [Thing(), Thing(name="Bo")],
    "shelf": Shelf(),
    "silent": Silent(),
    "known": {"a": "<a>", "items": "own items", "deep": {"thing": Thing()}, "1": "one"},
    "empty": {},
    "safe": mark_safe("<b>safe</b>"),
    "lazy": gettext_lazy("<lazy>"),
    "number": 1234567,
    "fraction": Decimal("1234.50"),
    "yes": True,
    "nothing": None,
    "moment": datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    "cls": Thing,
    "text": 'it\'s <this> & "that"',
}
PARTS = [
    "{{ text }} {{ safe }} {{ lazy }} {{ number }} {{ fraction }} {{ yes }} {{ nothing }}",
    "{{ thing }} {{ thing.name }} {{ thing.loud }} {{ thing.called }} {{ thing.wants }}",
    "{{ thing.dangerous }} {{ thing.missing }} {{ thing.tags.0 }} {{ thing.tags.7 }} {{ moment }}",
    "{{ shelf.own }} {{ shelf.x }} {{ shelf.y }} {{ silent.quiet }}",
    "{{ known.a }} {{ known.items }} {{ known.keys|length }} {{ known.1 }} {{ known.no }}",
    "{{ known.deep.thing.name }} {{ known.deep.no.name }} {{ empty.items|length }} {{ cls.name }}",
    "{{ gone }} {{ gone.further }} {{ gone|default:'none' }} {{ text.upper }} {{ safe|lower }}",
    "{{ 'literal <b>' }} {{ 3 }} {{ _('words') }} {{ True }} {{ autoescape }} {{ template_name }}",
    "{% autoescape off %}{{ text }}{{ thing }}{{ safe }}{{ number }}{% endautoescape %}",
    "{% for one in things %}{{ forloop.counter }}{{ one.name }}{{ forloop.x }}{% endfor %}",
    "{% if gone %}1{% elif thing.name == '<Ada>' and not empty %}2{% else %}3{% endif %}",
    "{% with a=thing.name b=gone %}{{ a }}{{ b }}{% if b is None %}n{% endif %}{% endwith %}",
    "{% firstof gone known.no text %} {% cycle 'x' 'y' %} {% widthratio number 10 5 %}",
    "{% filter upper %}{{ text }}{% endfilter %}{% spaceless %}<p> </p> <p></p>{% endspaceless %}",
    "{% ifchanged thing.name %}a{% endifchanged %}{% regroup things by name as by %}{{ by }}",
    "{{ block }}{{ dicts|length }}{{ known.deep|length }}{{ thing.tags|join:', ' }}{{ push }}",
]


@pytest.mark.parametrize("source", PARTS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_lean_template_writes_the_same(source, language):
    with override_settings(LANGUAGE_CODE=language, USE_THOUSAND_SEPARATOR=True):
        engine = Engine()
        plain, lean = engine.from_string(source), engine.from_string(source)
        make_lean(lean.nodelist)
        assert lean.nodelist.__class__ is LeanNodeList
        for _ in range(2):
            assert lean.render(Context(GIVEN)) == plain.render(Context(GIVEN))


@pytest.mark.parametrize("source", ["{{ thing.broken }}", "{{ gone|default:thing.broken }}"])
def test_what_breaks_inside_a_value_breaks_the_page(source):
    lean = Engine().from_string(source)
    make_lean(lean.nodelist)
    with pytest.raises(AttributeError, match="inside"):
        lean.render(Context(GIVEN))


def test_a_word_for_what_is_missing_is_kept():
    engine = Engine(string_if_invalid="[%s]")
    plain, lean = (engine.from_string("{{ gone }} {{ thing.no }}") for _ in range(2))
    make_lean(lean.nodelist)
    assert lean.render(Context(GIVEN)) == plain.render(Context(GIVEN)) == "[gone] [thing.no]"


def test_a_page_takes_the_place_of_its_frames_blocks_each_time():
    frames = {
        "frame": "a{% block one %}one{% endblock %}b{% block two %}two{% endblock %}{{ text }}",
        "page": "{% extends 'frame' %}{% block two %}{{ block.super }}!{% endblock %}",
        "other": (
            "{% extends 'frame' %}"
            "{% block one %}{% include 'bit' with text='<in>' only %}{% endblock %}"
        ),
        "bit": "<{{ text }}>",
    }
    loaders = [
        ("storefront.lean_templates.Loader", [("django.template.loaders.locmem.Loader", frames)])
    ]
    engine = Engine(loaders=loaders)
    for _ in range(2):
        page = engine.get_template("page").render(Context({"text": "t"}))
        other = engine.get_template("other").render(Context({"text": "t"}))
        assert (page, other) == ("aonebtwo!t", "a<<in>>btwot")


def test_the_shops_templates_are_lean_and_those_of_somebody_looking_for_errors_are_not():
    assert engines["django"].engine.get_template("base.html").nodelist.__class__ is LeanNodeList
    loaders = settings.TEMPLATES[0]["OPTIONS"]["loaders"]
    options = {"builtins": settings.TEMPLATES[0]["OPTIONS"]["builtins"]}
    engine = Engine(dirs=[settings.ROOT / "templates"], loaders=loaders, debug=True, **options)
    assert engine.get_template("404.html").nodelist.__class__ is NodeList


def test_a_thread_gets_no_template_that_another_has_not_made_ready(monkeypatch):
    names = {"page": "{% if a %}<b>{{ a }}</b>{% endif %}"}
    kept = ("storefront.lean_templates.Loader", [("django.template.loaders.locmem.Loader", names)])
    engine = Engine(loaders=[kept])
    said, others = [], []

    def ask():
        try:
            said.append(engine.get_template("page").render(Context({"a": "x"})))
        except Exception as error:
            said.append(repr(error))

    ready = LeanNodeList.get_ready

    def while_another_asks(nodes):
        if not others:
            others.append(threading.Thread(target=ask))
            others[0].start()
            others[0].join(0.2)  # long enough to be answered too early
        ready(nodes)

    monkeypatch.setattr(LeanNodeList, "get_ready", while_another_asks)
    ask()
    others[0].join(30)
    assert said == ["<b>x</b>", "<b>x</b>"]
