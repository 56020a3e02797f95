"""`check_handler`: it passes what is right, and shows what is wrong in a few frames."""

import asyncio
import time
from contextlib import suppress

import pytest

from h2proof.properties import Broken, check_handler, ledger
from h2proof.properties.broken import LINES_MAX, Misused, NeverReached
from h2proof.properties.checks import Tried
from h2proof.properties.checks.coverage import expected
from h2proof.properties.defaults import Defaults, desk
from h2proof.sim.handlers import HANDLERS
from h2proof.sim.handlers.protocol import PushError, Request, ResponseWriter
from h2proof.sim.scenario import Scenario
from h2proof.sim.world import World

EXAMPLES = 20
HOW = ("raises", "blocks", "is cancelled")


async def greets(w: ResponseWriter, r: Request) -> None:
    """Ten lines, nothing kept."""
    with suppress(PushError):
        await w.push("/style.css")
    w.header["content-type"] = ["text/html"]
    await w.write_header(200)
    await w.write(b"<p>hello</p>")


@pytest.fixture(scope="module")
def tried() -> Tried:
    """What a ten-line handler came to."""
    return check_handler(greets, seed=1, examples=EXAMPLES)


def test_a_ten_line_handler_passes_and_tells_what_it_met(tried: Tried) -> None:
    assert tried.examples >= EXAMPLES
    assert tried.reached["promise answered"] > 5
    assert tried.reached["push raises"] >= 1


def test_strict_names_what_was_never_reached(tried: Tried) -> None:
    never = tuple(f"{call} {how}" for call in ("flush", "read") for how in HOW)

    assert never == tried.never
    with pytest.raises(NeverReached, match=f"never came to: {', '.join(never)}"):
        tried.demand_all()


def test_what_is_never_called_can_be_declared() -> None:
    names = set(expected(("flush", "read")))

    assert not [name for name in names if name.startswith(("flush", "read"))]
    assert "push raises" in names


def test_the_right_row_passes() -> None:
    check_handler("caddy", seed=3, examples=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in HANDLERS if not name.endswith("-kept")])
def test_every_row_that_keeps_nothing_passes(name: str) -> None:
    check_handler(name, seed=7, examples=150)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_pooled_variant_with_a_layer_that_keeps_the_writer_fails_in_few_frames(
    seed: int,
) -> None:
    with pytest.raises(Broken) as broken:
        check_handler("caddy-c1-kept", seed=seed, examples=500)

    scenario = Scenario.from_json(broken.value.replay.scenario)
    run = World(scenario, HANDLERS["caddy-c1-kept"]).play()
    last = max(e.index for e in run.trace if e.kind == "used")
    frames = [e for e in run.trace.frames() if e.stream and e.index < last]
    assert "use_after_release" == broken.value.rule
    assert "wrapper" == broken.value.resource
    assert len(frames) <= 8


def test_a_failure_is_one_screen_that_says_what_who_and_how_to_see_it_again() -> None:
    kept: list[ResponseWriter] = []

    async def keeps(w: ResponseWriter, r: Request) -> None:
        await w.write(b"hello")
        kept.append(w)

    with pytest.raises(Broken) as broken:
        check_handler(keeps, seed=1, examples=EXAMPLES)

    text = str(broken.value)
    kept.clear()
    assert ("leak", "response writer") == broken.value.group
    assert len(text.splitlines()) <= LINES_MAX
    assert "is still live when all is" in text
    assert "held by an item of a list" in text
    assert "variable kept of" in text
    assert "HEADERS 1 END_STREAM  GET /" in text
    assert "h2proof_play(handler, Scenario.from_json(" in text


def test_the_smallest_scenario_is_all_that_is_printed_and_shows_it_again() -> None:
    with pytest.raises(Broken) as broken:
        check_handler("caddy-kept", seed=1, examples=EXAMPLES)

    scenario = Scenario.from_json(broken.value.replay.scenario)
    again = World(scenario, HANDLERS["caddy-kept"]).play()
    assert 1 == len(scenario.clients)
    assert () == scenario.faults
    assert again.trace == World(scenario, HANDLERS["caddy-kept"]).play().trace


def test_a_panic_is_a_failure_under_the_behaviour_that_makes_it() -> None:
    async def assumes(w: ResponseWriter, r: Request) -> None:
        if r.method == "HEAD":
            raise KeyError("nobody asks so")
        await w.write(b"hello")

    with pytest.raises(Broken, match=r"(?s)handler_panicked.*nobody asks so"):
        check_handler(assumes, seed=1, examples=EXAMPLES)


def test_a_task_that_outlives_everything_is_named() -> None:
    async def forgets(w: ResponseWriter, r: Request) -> None:
        await w.write(b"hello")
        never = asyncio.Event()
        # the handler's own reference is enough to keep it from the collector
        forgets.task = asyncio.ensure_future(never.wait())  # type: ignore[attr-defined]

    with pytest.raises(Broken, match=r"(?s)never_quiet|task"):
        check_handler(forgets, seed=1, examples=EXAMPLES)


def test_the_decorator_makes_a_test_with_the_handlers_name() -> None:
    async def fails(w: ResponseWriter, r: Request) -> None:
        raise KeyError("always")

    test = check_handler(seed=1, examples=2)(fails)

    assert "fails" == test.__name__
    with pytest.raises(Broken):
        test()


# --- what is no handler ---------------------------------------------------------------------------


async def reads_the_clock(w: ResponseWriter, r: Request) -> None:
    await w.write(str(time.monotonic()).encode())


async def takes_too_much(w: ResponseWriter, r: Request, following: object) -> None:
    """A middleware without its `next`."""


def is_sync(w: ResponseWriter, r: Request) -> None:
    """No coroutine."""


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (is_sync, "is_sync is not async; a handler is an `async def` of"),
        (takes_too_much, "a middleware needs its `next` bound first"),
        (reads_the_clock, r"reads the real clock, time.monotonic\(\) in line"),
        ("caddie", r"no handler 'caddie' \(did you mean 'caddy' or .*\?\); there are page, caddy"),
        (7, "a handler is an async function of"),
    ],
)
def test_what_is_no_handler_is_refused_with_one_sentence(handler: object, sentence: str) -> None:
    with pytest.raises(Misused, match=sentence) as refused:
        check_handler(handler, examples=1)

    assert "\n" not in str(refused.value)


def test_a_handler_with_a_mind_of_its_own_is_told_so() -> None:
    calls: list[int] = []

    async def fails_at_first(w: ResponseWriter, r: Request) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("only once")
        await w.write(b"hello")

    with pytest.raises(Misused, match="the same input did not do the same twice"):
        check_handler(fails_at_first, seed=1, examples=5)


# --- users' own objects ---------------------------------------------------------------------------


class Cursor:
    """Something that has to be closed."""

    def read(self) -> bytes:
        return b"row"

    def close(self) -> None:
        """Give it back."""


def test_an_object_that_is_closed_once_on_every_path_passes() -> None:
    async def closes(w: ResponseWriter, r: Request) -> None:
        cursor = ledger.track(Cursor(), "cursor", closes="close", uses=("read",))
        try:
            await w.write(cursor.read())
        finally:
            cursor.close()

    with desk(Defaults(tour=False)):
        check_handler(closes, seed=1, examples=EXAMPLES)


def test_without_its_finally_the_failure_names_the_object_and_the_fault() -> None:
    async def closes_if_all_goes_well(w: ResponseWriter, r: Request) -> None:
        cursor = ledger.track(Cursor(), "cursor", closes="close", uses=("read",))
        await w.write_header(200)
        await w.write(cursor.read())
        cursor.close()

    with pytest.raises(Broken) as broken:
        check_handler(closes_if_all_goes_well, seed=1, examples=EXAMPLES)

    assert ("leak", "cursor") == broken.value.group
    assert "cursor" in str(broken.value)


def test_closing_twice_and_using_late_are_found() -> None:
    async def twice(w: ResponseWriter, r: Request) -> None:
        cursor = ledger.track(Cursor(), "cursor", closes="close")
        await w.write(b"x")
        cursor.close()
        cursor.close()

    async def late(w: ResponseWriter, r: Request) -> None:
        cursor = ledger.track(Cursor(), "cursor", closes="close", uses=("read",))
        cursor.close()
        await w.write(cursor.read())

    for handler, rule in ((twice, "double_release"), (late, "use_after_release")):
        with pytest.raises(Broken) as broken:
            check_handler(handler, seed=1, examples=EXAMPLES)

        assert rule == broken.value.rule


def test_a_bounded_cache_can_be_declared() -> None:
    cache: dict[str, Cursor] = {}

    async def caches(w: ResponseWriter, r: Request) -> None:
        if r.path not in cache:
            if len(cache) >= 2:
                cache.pop(next(iter(cache)))
            cache[r.path] = ledger.track(Cursor(), "cached cursor", cached_max=2)
        await w.write(cache[r.path].read())

    async def unbounded(w: ResponseWriter, r: Request) -> None:
        cache[f"{len(cache)}"] = ledger.track(Cursor(), "cached cursor", cached_max=2)
        await w.write(b"x")

    with desk(Defaults(tour=False)):
        check_handler(caches, seed=1, examples=5)
    cache.clear()
    with pytest.raises(Broken, match="cached cursor"):
        check_handler(unbounded, seed=1, examples=5)
