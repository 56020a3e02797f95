"""Users' own objects: tracked from outside, kept by nobody of ours."""

import weakref
from collections import deque

import pytest

from h2proof.properties import Broken, ledger
from h2proof.properties.ledger import Watch


class File:
    """Something to be closed."""

    def __init__(self) -> None:
        self.closed = 0

    def read(self) -> bytes:
        """Use it."""
        return b"x"

    def close(self) -> None:
        """Give it back."""
        self.closed += 1


kept: list[File] = []


def test_outside_a_run_tracking_does_nothing() -> None:
    file = ledger.track(File(), "file", closes="close")

    assert File is type(file)


def test_an_object_that_is_gone_at_the_end_is_no_leak() -> None:
    with ledger.watch():
        ledger.track(File(), "file")


def test_a_survivor_is_told_with_what_holds_it() -> None:
    with pytest.raises(Broken) as broken, ledger.watch():
        kept.append(ledger.track(File(), "file"))

    kept.clear()
    assert ("leak", "file") == broken.value.group
    assert f"kept of module {__name__}" in " ".join(str(broken.value).split())


def test_our_own_error_keeps_nothing_alive() -> None:
    with pytest.raises(Broken) as broken, ledger.watch():
        kept.append(ledger.track(File(), "file"))
    watched = weakref.ref(kept.pop())

    assert watched() is None
    assert broken.value.rule == "leak"


@pytest.mark.parametrize(("closings", "rule"), [(0, "leak"), (2, "double_release")])
def test_closing_has_to_happen_exactly_once(closings: int, rule: str) -> None:
    def close_so_often() -> None:
        with ledger.watch():
            file = ledger.track(File(), "file", closes="close")
            for _ in range(closings):
                file.close()

    with pytest.raises(Broken) as broken:
        close_so_often()

    assert rule == broken.value.rule


def test_a_use_after_closing_is_found_and_calls_go_through() -> None:
    def read_late() -> None:
        with ledger.watch() as watched:
            file = watched.track(File(), "file", closes="close", uses=("read",))
            assert b"x" == file.read()
            file.close()
            assert 1 == file.closed
            file.read()

    with pytest.raises(Broken) as broken:
        read_late()

    assert "use_after_release" == broken.value.rule


def test_an_object_that_is_taken_again_after_closing_is_its_next_generation() -> None:
    with ledger.watch() as watched:
        file = File()
        for _ in range(2):
            ledger.track(file, "file", closes="close")
            file.close()

    generations = [e.resource.generation for e in watched.trace if e.kind == "acquired"]  # type: ignore[union-attr]
    assert [1, 2] == generations


def test_an_object_with_slots_can_be_watched_and_stays_what_it_was() -> None:
    class Slotted:
        __slots__ = ("__weakref__", "number")

        def close(self) -> None:
            """Nothing."""

    with ledger.watch():
        slotted = ledger.track(Slotted(), "slotted", closes="close")
        slotted.close()

    assert isinstance(slotted, Slotted)
    assert "Slotted" == type(slotted).__name__


def test_a_class_and_a_function_can_be_decorated() -> None:
    @ledger.tracked("decorated file", closes="close")
    class Tracked(File):
        pass

    @ledger.tracked("opened file")
    def opened() -> File:
        return File()

    with ledger.watch() as watched:
        Tracked().close()
        opened()

    kinds = {e.resource.kind for e in watched.trace if e.kind == "acquired"}  # type: ignore[union-attr]
    assert {"decorated file", "opened file"} == kinds


def test_a_context_manager_tracks_too() -> None:
    with ledger.watch(), ledger.tracking(File(), "file", closes="close") as file:
        file.close()


def test_what_cannot_be_watched_is_refused_with_a_remedy() -> None:
    with ledger.watch():
        with pytest.raises(TypeError, match="int objects allow no weak references"):
            ledger.track(7, "number")
        with pytest.raises(TypeError, match="cannot be watched on a deque"):
            ledger.track(deque[int](), "queue", closes="clear")
        with pytest.raises(TypeError, match="File has no method 'shut'"):
            ledger.track(File(), "file", closes="shut")


def test_the_fixture_is_such_a_ledger(h2proof_ledger: Watch) -> None:
    file = h2proof_ledger.track(File(), "file", closes="close")
    file.close()
