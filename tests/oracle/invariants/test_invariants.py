"""Every invariant is broken by an offender or a planted fault, and only that check says so."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from h2proof.oracle import invariants
from h2proof.oracle.invariants import INVARIANTS
from h2proof.sim.codec import encode
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    Data,
    GoAway,
    Headers,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.handlers import HANDLERS, STAGES
from h2proof.sim.handlers.caddy import caddy_server, push_handler
from h2proof.sim.handlers.caddy.promised_header import initialize_push_headers
from h2proof.sim.handlers.model import HandlerModel
from h2proof.sim.handlers.page import page
from h2proof.sim.handlers.protocol import WriteError, chain
from h2proof.sim.hpack import FieldEncoder
from h2proof.sim.pipe import PipeOptions
from h2proof.sim.resources import Pool
from h2proof.sim.scenario import Act, Bounds, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.servers.go.connection import GoConnection
from h2proof.sim.servers.plain import PlainConnection
from h2proof.sim.trace import Trace
from h2proof.sim.world import World, play

QUIET = {"resources": "", "links": ""}
ONE = (RequestPlan(),)
TWO = (RequestPlan(), RequestPlan(at_ns=20_000_000))


def scene(
    handler: str = "caddy",
    *,
    requests: tuple[RequestPlan, ...] = ONE,
    acts: tuple[Act, ...] = (),
    settings: tuple[tuple[int, int], ...] = (),
    **more: Any,
) -> Scenario:
    clients = (ClientPlan(requests=requests, acts=acts, settings=settings),)
    return Scenario(handler=handler, clients=clients, **more)


def names(trace: Trace) -> set[str]:
    return {finding.rule for finding in invariants.examine(trace)}


# -- offenders: the models break these without anything being planted --


@dataclass(frozen=True)
class Offence:
    """Who breaks what, and in which scene."""

    broken: frozenset[str]
    scenario: Scenario
    why: str


OFFENCES: Mapping[str, Offence] = {
    "A panics on a valid header (L6)": Offence(
        frozenset({"I15"}),
        scene(options={"links": '</a>; rel=next; title="Next, -> <-"', "resources": ""}),
        "the response is killed by the parser",
    ),
    "A lets one link poison the rest (C25)": Offence(
        frozenset({"I15"}),
        scene(options={"links": "<style.css>, </x>\n</y>", "resources": ""}),
        "a relative reference ends the whole phase",
    ),
    "A changes the client's request (C12)": Offence(
        frozenset({"I17"}),
        scene(
            requests=(RequestPlan(fields=(("user-agent", "curl/8"),)),),
            options={"header_replace": "User-Agent: curl => fetch"},
        ),
        "the values are shared, and replaced in place",
    ),
    "A promises for another host (C26)": Offence(
        frozenset({"I18"}),
        scene(options={"links": "<HTTPS://other.example/x>", "resources": ""}),
        "the prefix test knows lower case only",
    ),
    "A on Go holds the response back for a promise (G14)": Offence(
        frozenset({"I16"}),
        scene(
            acts=(Act("stops-reading"),),
            options={"resources": "/1 /2 /3", "links": "", "write_idle_ns": 0},
            downward=PipeOptions(capacity=60),
        ),
        "a push waits for the transport",
    ),
    "B pushes links twice (H7)": Offence(
        frozenset({"I14"}), scene("caddy-b-buffered"), "the inner clearing frees the token"
    ),
    "C1 is used after its release (H3)": Offence(
        frozenset({"I4"}),
        scene("caddy-c1-kept", options=QUIET),
        "a helper outlives the handler",
    ),
    "Go starves a request (G20)": Offence(
        frozenset({"I20"}),
        scene(
            "page",
            requests=(RequestPlan(), RequestPlan(path="/other", at_ns=10_000_000)),
            acts=(Act("stalled"),),
            settings=((4, 0),),
            options={
                "how": "pushes",
                "resources": "/1 /2 /3 /4",
                "body_octets": 100,
                "resource_octets": 100,
                "max_concurrent_streams": 3,
            },
        ),
        "promised handlers count, and do not wait",
    ),
    "Go and Caddy's default reset an idle stream (G31)": Offence(
        frozenset({"I22"}),
        scene(
            options={
                **QUIET,
                "body_octets": 10_000,
                "chunk_octets": 5_000,
                "pause_ns": 70_000_000_000,
            }
        ),
        "a deadline that nobody clears",
    ),
    "the plain server counts as nghttp2 does": Offence(
        frozenset({"I12-promise"}),
        scene(
            "page",
            server="plain",
            acts=(Act("stalled"),),
            settings=((3, 1), (4, 0)),
            options={"how": "pushes", "resources": "/1 /2"},
        ),
        "reserved streams are not counted (RFC 9113 §5.1.2)",
    ),
}


@pytest.mark.parametrize("name", OFFENCES)
def test_an_offender_is_found_by_the_check_of_its_name_and_no_other(name: str) -> None:
    offence = OFFENCES[name]

    assert offence.broken == names(play(offence.scenario).trace), offence.why


EVERY_STAGE = tuple(STAGES)
SHARED_BY_ALL = {
    "C25": "A lets one link poison the rest (C25)",
    "C12": "A changes the client's request (C12)",
    "C26": "A promises for another host (C26)",
    "G14": "A on Go holds the response back for a promise (G14)",
    "G31": "Go and Caddy's default reset an idle stream (G31)",
}


@pytest.mark.parametrize("row", EVERY_STAGE)
@pytest.mark.parametrize("fact", SHARED_BY_ALL)
def test_what_master_breaks_the_later_stages_break_as_well(row: str, fact: str) -> None:
    offence = OFFENCES[SHARED_BY_ALL[fact]]

    assert offence.broken == names(play(replace(offence.scenario, handler=row)).trace)


@pytest.mark.parametrize("row", EVERY_STAGE)
def test_the_panic_is_gone_where_the_parser_checks_its_bounds(row: str) -> None:
    offence = OFFENCES["A panics on a valid header (L6)"]
    expected = set() if row == "caddy-d-strict" else {"I15"}

    assert expected == names(play(replace(offence.scenario, handler=row)).trace)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("caddy", set()),
        ("caddy-b", set()),
        ("caddy-c1", {"I4"}),
        ("caddy-c2", {"I4"}),
        ("caddy-d-strict", {"I4"}),
        ("caddy-d-loose", {"I4"}),
    ],
)
def test_only_a_pooled_wrapper_is_used_after_its_release(row: str, expected: set[str]) -> None:
    assert expected == names(play(scene(row + "-kept", options=QUIET)).trace)


@pytest.mark.parametrize("row", EVERY_STAGE)
def test_only_bs_clearing_pushes_links_twice(row: str) -> None:
    expected = {"I14"} if row == "caddy-b" else set()

    assert expected == names(play(scene(row + "-buffered")).trace)


@pytest.mark.parametrize("row", ["page", "caddy", "caddy-b", "caddy-c1", "caddy-d-strict"])
@pytest.mark.parametrize("server", ["go", "plain"])
def test_the_models_keep_all_invariants_with_the_default_page(row: str, server: str) -> None:
    for act in ("stalled", "vanishes", "resets-request"):
        scenario = scene(row, server=server, requests=TWO, acts=(Act(act),))

        assert set() == names(play(scenario).trace), act


# -- planted faults in handlers and servers --

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Fault:
    """A fault, where it is planted, and what it breaks."""

    broken: frozenset[str]
    scenario: Scenario
    plant: Plant = lambda _: None
    layer: Any = None
    handler: Any = None


async def keeps(w: Any, r: Any, following: Any) -> None:
    KEPT.append(w)
    await following(w, r)


KEPT: list[Any] = []


def keeps_every_header(patch: pytest.MonkeyPatch) -> None:
    make = initialize_push_headers

    def kept(request: Any, changes: Any) -> Any:
        KEPT.append(make(request, changes))
        return KEPT[-1]

    patch.setattr("h2proof.sim.handlers.caddy.serve.initialize_push_headers", kept)


async def writes_through_the_first(w: Any, r: Any, following: Any) -> None:
    KEPT.append(w)
    if len(KEPT) > 1:
        await KEPT[0].write(b"late")
        KEPT.clear()
    await following(w, r)


def a_wrapper_for_each_write(stage: Any) -> Any:
    class Wrapper:
        pass

    async def handler(w: Any, r: Any) -> None:
        wrappers = []
        for _ in range(10):
            wrappers.append(Wrapper())
            where = {"connection": r.connection, "stream": r.stream}
            stage.register.track(wrappers[-1], "wrapper", **where)
            await w.write(b"x")

    return handler


def never_gives_up(stage: Any) -> Any:
    async def handler(w: Any, r: Any) -> None:
        while True:
            try:
                await w.write(bytes(5000))
            except WriteError:
                await asyncio.sleep(1)

    return handler


def never_puts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pool, "put", lambda self, lease, by="": None)


def puts_twice(patch: pytest.MonkeyPatch) -> None:
    put = Pool.put

    def twice(self: Any, lease: Any, by: str = "") -> None:
        put(self, lease, by)
        put(self, lease, by)

    patch.setattr(Pool, "put", twice)


def keeps_the_first_header(patch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    make = initialize_push_headers

    def first(request: Any, changes: Any) -> Any:
        made.append(make(request, changes).clone())
        return made[0].clone()

    patch.setattr("h2proof.sim.handlers.caddy.serve.initialize_push_headers", first)


def cancels_promises_with_their_stream(patch: pytest.MonkeyPatch) -> None:
    close = GoConnection.close_stream

    def closing(self: Any, stream: Any, reason: str) -> None:
        promised = [each for each in self.streams.values() if each.associated == stream.id]
        close(self, stream, reason)
        for each in promised:
            self.reset(each, ErrorCode.CANCEL, reason)

    patch.setattr(GoConnection, "close_stream", closing)


def forgets_timers(patch: pytest.MonkeyPatch) -> None:
    def forgets(self: Any, stream: Any) -> None:
        if stream.deadline is not None:
            stream.deadline.cancel()

    patch.setattr(GoConnection, "_clear_deadline", forgets)


def loses_states_of_panics(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pool, "abandon", lambda self, lease: None)


def never_answers(patch: pytest.MonkeyPatch) -> None:
    answer = GoConnection._answer

    def answers_success_only(self: Any, write: Any, error: str) -> None:
        write.waiter = None if error else write.waiter
        answer(self, write, error)

    patch.setattr(GoConnection, "_answer", answers_success_only)


def never_wakes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(PlainConnection, "_wake", lambda self: None)


def keeps_its_requests(patch: pytest.MonkeyPatch) -> None:
    begin = PlainConnection.begin

    def begins(self: Any, stream: int, fields: Any, *, body: bool) -> None:
        begin(self, stream, fields, body=body)
        KEPT.append(self._requests[stream])

    patch.setattr(PlainConnection, "begin", begins)


def plain_cancels_promises(patch: pytest.MonkeyPatch) -> None:
    forget = PlainConnection.forget

    def forgets(self: Any, stream: int, reason: str) -> None:
        forget(self, stream, reason)
        for promised in [each for each in self._requests if each % 2 == 0]:
            self.peer.reset(promised, ErrorCode.CANCEL)
            forget(self, promised, reason)

    patch.setattr(PlainConnection, "forget", forgets)


BLOCKED: Mapping[str, Any] = {
    "acts": (Act("stalled"), Act("resets-request", {"after": "response"})),
    "settings": ((4, 0),),
    "bounds": Bounds(quiet_ns=5_000_000_000),
    "options": {**QUIET, "write_idle_ns": 0},
}
TIMED: Mapping[str, Param] = {**QUIET, "write_idle_ns": 0, "write_timeout_ns": 30_000_000_000}
FIELDS = tuple(
    RequestPlan(fields=(("user-agent", agent),), at_ns=at)
    for agent, at in (("first", 0), ("second", 20_000_000))
)

FAULTS: Mapping[str, Fault] = {
    "A keeps writers in a list": Fault(frozenset({"I1"}), scene(options=QUIET), layer=keeps),
    "A keeps every header map": Fault(frozenset({"I1"}), scene("caddy"), keeps_every_header),
    "C2 keeps every header map": Fault(frozenset({"I1"}), scene("caddy-c2"), keeps_every_header),
    "C1 never puts back": Fault(frozenset({"I2"}), scene("caddy-c1"), never_puts),
    "Go loses the state of a panic for good": Fault(
        frozenset({"I2"}),
        scene("page", options={**QUIET, "how": "fails_late"}),
        loses_states_of_panics,
    ),
    "C1 puts back twice": Fault(frozenset({"I3"}), scene("caddy-c1", options=QUIET), puts_twice),
    "C1 writes through a stale wrapper": Fault(
        frozenset({"I5"}),
        scene("caddy-c1", requests=TWO, options=QUIET),
        layer=writes_through_the_first,
    ),
    "C1 keeps the header of the first request": Fault(
        frozenset({"I6"}), scene("caddy-c1", requests=FIELDS), keeps_the_first_header
    ),
    "A keeps the header of the first request": Fault(
        frozenset({"I6"}), scene("caddy", requests=FIELDS), keeps_the_first_header
    ),
    "a wrapper for each write": Fault(
        frozenset({"I7"}), scene("page"), handler=a_wrapper_for_each_write
    ),
    "a handler that never gives up": Fault(
        frozenset({"I8"}),
        scene(
            acts=(Act("resets-request", {"after": "asked"}),), bounds=Bounds(quiet_ns=5_000_000_000)
        ),
        handler=never_gives_up,
    ),
    "Go cancels promises with their stream": Fault(
        frozenset({"I9"}),
        scene(
            "page",
            acts=(Act("stalled"), Act("resets-request")),
            settings=((4, 0),),
            options={"how": "pushes", "resources": "/1 /2"},
        ),
        cancels_promises_with_their_stream,
    ),
    "Go never releases who is blocked": Fault(
        frozenset({"I8"}), scene("page", **BLOCKED), never_answers
    ),
    "the plain server never releases who is blocked": Fault(
        frozenset({"I8"}), scene("page", server="plain", **BLOCKED), never_wakes
    ),
    "the plain server keeps its requests": Fault(
        frozenset({"I1"}), scene("page", server="plain", options=QUIET), keeps_its_requests
    ),
    "the plain server cancels promises with their stream": Fault(
        frozenset({"I9"}),
        scene(
            "page",
            server="plain",
            acts=(Act("stalled"), Act("resets-request")),
            settings=((4, 0),),
            options={"how": "pushes", "resources": "/1 /2"},
        ),
        plain_cancels_promises,
    ),
    "B keeps writers in a list": Fault(
        frozenset({"I1"}), scene("caddy-b", options=QUIET), layer=keeps
    ),
    "C2 keeps the header of the first request": Fault(
        frozenset({"I6"}), scene("caddy-c2", requests=FIELDS), keeps_the_first_header
    ),
    "D never puts back": Fault(frozenset({"I2"}), scene("caddy-d-strict"), never_puts),
    "D puts back twice": Fault(
        frozenset({"I3"}), scene("caddy-d-loose", options=QUIET), puts_twice
    ),
    "D writes through a stale wrapper": Fault(
        frozenset({"I5"}),
        scene("caddy-d-strict", requests=TWO, options=QUIET),
        layer=writes_through_the_first,
    ),
    "Go forgets its timers": Fault(
        frozenset({"I10"}), scene("page", options=TIMED), forgets_timers
    ),
}


def layered(row: str, layer: Any) -> HandlerModel:
    """A stage's plain chain with one more layer below the push handler."""
    variant = STAGES[row].variant

    def build(stage: Any) -> Any:
        return caddy_server(stage, chain(page(stage), push_handler(stage, variant), layer))

    return HandlerModel("planted", "", "read", "this test", build)


def model_of(fault: Fault) -> HandlerModel:
    if fault.layer is not None:
        return layered(fault.scenario.handler, fault.layer)
    if fault.handler is not None:
        return HandlerModel("planted", "", "read", "this test", fault.handler)
    return HANDLERS[fault.scenario.handler]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_by_the_check_of_its_name_and_no_other(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    KEPT.clear()
    healthy = names(play(fault.scenario).trace)
    fault.plant(monkeypatch)
    sick = names(World(fault.scenario, model_of(fault)).play().trace)
    KEPT.clear()

    assert set() == healthy
    assert fault.broken == sick


# -- what a correct connection below makes impossible: neighbours written by hand --

REQUEST = ((b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"h"), (b":path", b"/"))


class Wire:
    """A trace written frame by frame; what the client sends arrives at once."""

    def __init__(self) -> None:
        self.trace = Trace()
        self.encoders = {"client": FieldEncoder(), "server": FieldEncoder()}

    def client(self, *frames: Any) -> "Wire":
        for frame in frames:
            self.trace.delivered(self.trace.add_octets_of_frame("client", encode(frame)))
        return self

    def server(self, *frames: Any) -> "Wire":
        for frame in frames:
            self.trace.add_octets_of_frame("server", encode(frame))
        return self

    def get(self, stream: int = 1) -> "Wire":
        return self.client(Headers(stream, self.encoders["client"].encode(REQUEST), True, True))

    def promise(self, on: int, promised: int, fields: Iterable[Any] = REQUEST) -> "Wire":
        return self.server(PushPromise(on, promised, self.encoders["server"].encode(fields)))

    def ok(self, stream: int, *, end: bool = False) -> "Wire":
        block = self.encoders["server"].encode([(b":status", b"200")])
        return self.server(Headers(stream, block, end, True))


OTHER = (*REQUEST[:2], (b":authority", b"other"), (b":path", b"/"))

BREAKS: Mapping[str, tuple[frozenset[str], Wire]] = {
    "I11: a promise after RST_STREAM": (
        frozenset({"I11"}),
        Wire().get().client(RstStream(1, 8)).promise(1, 2),
    ),
    "I11: a promise after ENABLE_PUSH=0": (
        frozenset({"I11"}),
        Wire().client(Settings(((2, 0),))).get().promise(1, 2),
    ),
    "I11: a promise after GOAWAY": (
        frozenset({"I11"}),
        Wire().get().client(GoAway(0, 0, b"")).promise(1, 2),
    ),
    "I11: an identifier left out": (frozenset({"I11"}), Wire().get().promise(1, 4)),
    "I12: a response beyond the limit": (
        frozenset({"I12-promise", "I12-response"}),
        Wire().client(Settings(((3, 1),))).get().promise(1, 2).promise(1, 4).ok(2).ok(4),
    ),
    "I13: a frame before its promise": (frozenset({"I13"}), Wire().get().ok(2).promise(1, 2)),
    "I18: another host": (frozenset({"I18"}), Wire().get().promise(1, 2, OTHER)),
    "I19: a promise on a promised stream": (
        frozenset({"I19"}),
        Wire().get().promise(1, 2).promise(2, 4),
    ),
    "I21: a late WINDOW_UPDATE ends the connection": (
        frozenset({"I21"}),
        Wire()
        .get()
        .promise(1, 2)
        .client(RstStream(2, 8), WindowUpdate(2, 1))
        .server(GoAway(1, 1, b"")),
    ),
}

KEEPS: Mapping[str, Wire] = {
    "I11: a promise before all of these": Wire()
    .get()
    .promise(1, 2)
    .client(Settings(((2, 0),)), RstStream(1, 8), GoAway(0, 0, b"")),
    "I12: one after the other": Wire()
    .client(Settings(((3, 1),)))
    .get()
    .promise(1, 2)
    .ok(2, end=True)
    .promise(1, 4)
    .ok(4),
    "I12: lowered after the promises": Wire()
    .get()
    .promise(1, 2)
    .promise(1, 4)
    .client(Settings(((3, 1),)))
    .ok(2)
    .ok(4),
    "I13: promise, then frames, then the end": Wire()
    .get()
    .promise(1, 2)
    .ok(2)
    .ok(1)
    .server(Data(1, b"", True, None)),
    "I21: a late WINDOW_UPDATE is ignored": Wire()
    .get()
    .promise(1, 2)
    .client(RstStream(2, 8), WindowUpdate(2, 1), RstStream(2, 8)),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_trace_that_breaks_an_invariant_is_found(name: str) -> None:
    broken, wire = BREAKS[name]

    assert broken == names(wire.trace)


@pytest.mark.parametrize("name", KEEPS)
def test_the_nearest_trace_that_keeps_it_is_not(name: str) -> None:
    assert set() == names(KEEPS[name].trace)


def test_every_invariant_has_somebody_who_breaks_it_here() -> None:
    broken = [offence.broken for offence in OFFENCES.values()]
    broken += [fault.broken for fault in FAULTS.values()]
    broken += [each for each, _ in BREAKS.values()]

    assert set(INVARIANTS) == set().union(*broken)


def test_the_policy_is_advice_and_all_else_a_violation() -> None:
    advice = play(OFFENCES["Go and Caddy's default reset an idle stream (G31)"].scenario).trace
    violation = play(OFFENCES["B pushes links twice (H7)"].scenario).trace

    assert {"advice"} == {finding.verdict for finding in invariants.examine(advice)}
    assert {"violation"} == {finding.verdict for finding in invariants.examine(violation)}
