import pytest

from cms.pages import memory
from tests.factories.pages import a_category, a_shop

pytestmark = pytest.mark.django_db


class Loader:
    """Counts how often it was asked."""

    def __init__(self, value: object = "loaded") -> None:
        self.value, self.times = value, 0

    def __call__(self) -> object:
        self.times += 1
        return self.value


def test_a_value_is_loaded_once() -> None:
    load = Loader()

    assert [memory.recall("thing", load), memory.recall("thing", load)] == ["loaded", "loaded"]
    assert load.times == 1


def test_edited_content_is_loaded_anew() -> None:
    a_shop()
    load = Loader()
    memory.recall("thing", load)

    a_category()
    memory.recall("thing", load)

    assert load.times == 2


def test_another_process_s_edit_is_seen() -> None:
    load = Loader()
    memory.recall("thing", load)

    memory.cache.set(memory.GENERATION, "named by another process", None)
    memory.recall("thing", load)

    assert load.times == 2


def test_a_lost_cache_makes_slower_but_never_stale() -> None:
    load = Loader()
    memory.recall("thing", load)

    memory.cache.clear()
    memory.recall("thing", load)

    assert load.times == 2


def test_what_was_read_while_content_changed_is_not_kept() -> None:
    def load_during_an_edit() -> str:
        memory.forget()
        memory.generation.present()
        memory.recall("other", Loader())
        return "of before"

    later = Loader("of after")
    memory.recall("thing", load_during_an_edit)

    assert memory.recall("thing", later) == "of after"


def test_nothing_is_not_remembered() -> None:
    load = Loader(None)
    memory.recall("nothing", load)
    memory.recall("nothing", load)

    assert load.times == 2


def test_a_room_keeps_what_was_used_last() -> None:
    room = memory.Room(most=2, lasting=True)
    old, kept = Loader(), Loader()
    room.recall("old", old)
    room.recall("kept", kept)
    room.recall("old", old)
    room.recall("new", Loader())

    room.recall("old", old)
    room.recall("kept", kept)

    assert (old.times, kept.times) == (1, 2)


def test_a_lasting_room_does_not_follow_edits() -> None:
    room = memory.Room(most=2, lasting=True)
    load = Loader()
    room.recall("thing", load)

    memory.forget()
    room.recall("thing", load)

    assert load.times == 1
