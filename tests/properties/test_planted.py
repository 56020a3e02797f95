"""Handlers with one bug each, of every kind: what is left of each when it has been made small.

What they do besides is right. A bug that needs state makes it anew for each run, as a handler model
is built once a run. The expected ladders are asserted for three seeds: a shrunk trace is what users
get to see.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest

from h2proof.properties import Broken, check_handler, ledger
from h2proof.properties.targets import Watching
from h2proof.sim.frames import type_name
from h2proof.sim.handlers import HandlerModel
from h2proof.sim.handlers.protocol import CallError, Handler, PushError, Request, ResponseWriter
from h2proof.sim.scenario import Scenario
from h2proof.sim.side import Stage
from h2proof.sim.trace import NoteEvent
from h2proof.sim.world import World


class Cursor:
    """Something that has to be closed, once, and not used afterwards."""

    def read(self) -> bytes:
        """Use it."""
        return b"row"

    def close(self) -> None:
        """Give it back."""


def opened() -> Cursor:
    """A cursor in the ledger."""
    return ledger.track(Cursor(), "cursor", closes="close", uses=("read",))


def built(build: Callable[[Stage], Handler]) -> HandlerModel:
    """A handler with state of one run."""
    return HandlerModel(build.__name__, "a planted bug", "run", "planted", build)


# --- leaks ----------------------------------------------------------------------------------------


def keeps_the_writer(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        await w.write(b"x")
        kept.append(w)

    return handle


def keeps_the_request(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        kept.append(r.context)
        await w.write(b"x")

    return handle


def keeps_the_writer_of_a_push(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        if r.path == "/pushed":
            kept.append(w)
        else:
            with suppress(PushError):
                await w.push("/pushed")
        await w.write(b"x")

    return handle


def keeps_the_writer_when_a_write_fails(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        try:
            await w.write(b"x")
        except CallError:
            kept.append(w)

    return handle


def keeps_the_writer_when_a_push_is_refused(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        if r.path != "/pushed":
            try:
                await w.push("/pushed")
            except PushError:
                kept.append(w)
        await w.write(b"x")

    return handle


def keeps_the_writer_of_other_methods(_: Stage) -> Handler:
    kept: list[Any] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        if r.method == "HEAD":
            kept.append(w)
        await w.write(b"x")

    return handle


def keeps_the_writer_of_the_second_request(_: Stage) -> Handler:
    kept: list[Any] = []
    asked: list[int] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        asked.append(r.stream)
        if len(asked) == 2:
            kept.append(w)
        await w.write(b"x")

    return handle


def leaves_a_task_behind(stage: Stage) -> Handler:
    async def wait(w: ResponseWriter) -> None:
        await asyncio.Event().wait()
        assert w

    async def handle(w: ResponseWriter, r: Request) -> None:
        stage.loop.create_task(wait(w), name="left behind")
        await w.write(b"x")

    return handle


def forgets_to_close_when_a_write_fails(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        await w.write(cursor.read())
        cursor.close()

    return handle


def forgets_to_close_for_a_body(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        if not await r.body.read():
            cursor.close()
        await w.write(b"x")

    return handle


def does_not_give_a_permit_back(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        permit = ledger.track(Cursor(), "credit", closes="close")
        with suppress(CallError):
            await w.write(b"x")
            permit.close()

    return handle


# --- released twice, used late --------------------------------------------------------------------


def closes_twice(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        await w.write(cursor.read())
        cursor.close()
        cursor.close()

    return handle


def closes_twice_when_a_write_fails(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        try:
            await w.write(b"x")
        except CallError:
            cursor.close()
        finally:
            cursor.close()

    return handle


def reads_a_closed_cursor(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        cursor.close()
        await w.write(cursor.read())

    return handle


def reads_a_closed_cursor_when_a_push_is_refused(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        cursor = opened()
        try:
            if r.path != "/pushed":
                await w.push("/pushed")
        except PushError:
            cursor.close()
            cursor.read()
        else:
            cursor.close()
        await w.write(b"x")

    return handle


def shares_a_cursor_between_requests(_: Stage) -> Handler:
    shared: list[Cursor] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        if not shared:
            shared.append(opened())
        await w.write(shared[0].read())
        shared[0].close()

    return handle


# --- wrong order, no end, panic -------------------------------------------------------------------


def waits_for_ever(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        await w.write(b"x")
        await asyncio.Event().wait()

    return handle


def waits_for_another_request(_: Stage) -> Handler:
    waiting: list[asyncio.Event] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        if waiting:
            waiting.pop().set()
        else:
            waiting.append(asyncio.Event())
            await waiting[0].wait()
        await w.write(b"x")

    return handle


def writes_after_its_return(stage: Stage) -> Handler:
    async def late(w: ResponseWriter) -> None:
        await asyncio.sleep(0.01)
        await w.write(b"late")

    async def handle(w: ResponseWriter, r: Request) -> None:
        stage.loop.create_task(late(w), name="late")
        await w.write(b"x")

    return handle


def panics_at_a_head_request(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        if r.method == "HEAD":
            raise KeyError("HEAD")
        await w.write(b"x")

    return handle


def panics_at_a_long_body(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        if len(await r.body.read()) > 1000:
            raise ValueError("too long")
        await w.write(b"x")

    return handle


def panics_when_a_write_fails(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        try:
            await w.write(b"x")
        except CallError as error:
            raise RuntimeError("cannot be") from error

    return handle


def panics_at_three_agents(_: Stage) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        if "user-agent" in r.header and len(r.header["user-agent"]) > 2:
            raise IndexError("third")
        await w.write(b"x")

    return handle


def panics_at_concurrency(_: Stage) -> Handler:
    at_work: list[int] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        at_work.append(r.stream)
        try:
            if len(at_work) > 1:
                raise RuntimeError("two at once")
            await w.write(b"x")
            await w.flush()
        finally:
            at_work.remove(r.stream)

    return handle


# --- what is left of each -------------------------------------------------------------------------

PLAIN = ("C HEADERS 1 END", "S HEADERS 1", "S DATA 1 END")
EMPTY = ("C HEADERS 1 END", "S HEADERS 1 END")
RESET = ("C HEADERS 1 END", "S RST_STREAM 1")
BODY = ("C HEADERS 1", "C DATA 1 END", "S RST_STREAM 1")
TWO = (
    "C HEADERS 1 END",
    "C HEADERS 3 END",
    "S HEADERS 1",
    "S HEADERS 3",
    "S DATA 1 END",
    "S DATA 3 END",
)
PUSHED = (
    "C HEADERS 1 END",
    "S PUSH_PROMISE 1",
    "S HEADERS 2",
    "S HEADERS 1",
    "S DATA 2 END",
    "S DATA 1 END",
)

Bug = Callable[[Stage], Handler]

# fmt: off
PLANTED: Final[dict[Bug, tuple[str, str, tuple[str, ...]]]] = {
    keeps_the_writer:                             ("leak", "response writer", PLAIN),
    keeps_the_request:                            ("leak", "request context", PLAIN),
    keeps_the_writer_of_a_push:                   ("leak", "response writer", PUSHED),
    keeps_the_writer_when_a_write_fails:          ("leak", "response writer", EMPTY),
    keeps_the_writer_when_a_push_is_refused:      ("leak", "response writer", PLAIN),
    keeps_the_writer_of_other_methods:            ("leak", "response writer", EMPTY),
    keeps_the_writer_of_the_second_request:       ("leak", "response writer", TWO),
    leaves_a_task_behind:                         ("leak", "response writer", PLAIN),
    forgets_to_close_when_a_write_fails:          ("leak", "cursor", EMPTY),
    forgets_to_close_for_a_body:                  ("leak", "cursor", EMPTY),
    does_not_give_a_permit_back:                  ("leak", "credit", EMPTY),
    closes_twice:                                 ("double_release", "cursor", PLAIN),
    closes_twice_when_a_write_fails:              ("double_release", "cursor", EMPTY),
    reads_a_closed_cursor:                        ("use_after_release", "cursor", PLAIN),
    reads_a_closed_cursor_when_a_push_is_refused: ("use_after_release", "cursor", PLAIN),
    shares_a_cursor_between_requests:             ("use_after_release", "cursor", TWO),
    waits_for_ever:                               ("leak", "task", ("C HEADERS 1 END",)),
    waits_for_another_request:                    ("leak", "task", ("C HEADERS 1 END",)),
    writes_after_its_return:                      ("uncaught", "", PLAIN),
    panics_at_a_head_request:                     ("handler_panicked", "", RESET),
    panics_at_a_long_body:                        ("handler_panicked", "", BODY),
    panics_when_a_write_fails:                    ("handler_panicked", "", RESET),
    panics_at_three_agents:                       ("handler_panicked", "", RESET),
    panics_at_concurrency:                        ("handler_panicked", "", (
        "C HEADERS 1 END", "C HEADERS 3 END", "S RST_STREAM 3",
        "S HEADERS 1", "S DATA 1", "S DATA 1 END",
    )),
}
# fmt: on
"""Rule, kind of resource, and the frames on streams until the faults stop."""

SEEDS = (1, 2, 3)
QUICK = (keeps_the_writer, closes_twice, shares_a_cursor_between_requests, panics_at_concurrency)


def frames_of(model: HandlerModel, scenario: Scenario) -> Iterator[str]:
    """The frames on streams, until the faults stop."""
    for event in World(scenario, Watching(model).model).play().trace:
        if isinstance(event, NoteEvent) and event.text == "faults stop":
            return
        if event.kind == "frame" and event.stream:  # type: ignore[union-attr]
            end = " END" if event.type in (0, 1) and event.flags & 1 else ""  # type: ignore[union-attr]
            yield f"{event.sender[0].upper()} {type_name(event.type)} {event.stream}{end}"  # type: ignore[union-attr]


def found(bug: Bug, seed: int) -> tuple[str, str, tuple[str, ...]]:
    """What `check_handler` makes of a bug."""
    model = built(bug)
    with pytest.raises(Broken) as broken:
        check_handler(model, seed=seed, examples=100)
    scenario = Scenario.from_json(broken.value.replay.scenario)
    return (*broken.value.group, tuple(frames_of(model, scenario)))


@pytest.mark.parametrize("bug", QUICK, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_left_with_the_frames_that_show_it(bug: Bug) -> None:
    assert PLANTED[bug] == found(bug, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_every_planted_bug_is_left_with_the_same_frames_from_any_seed(bug: Bug, seed: int) -> None:
    assert PLANTED[bug] == found(bug, seed)


def test_there_are_enough_of_each_kind() -> None:
    rules = [rule for rule, _, _ in PLANTED.values()]

    assert len(rules) >= 20
    assert {"leak", "double_release", "use_after_release", "handler_panicked"} <= set(rules)
