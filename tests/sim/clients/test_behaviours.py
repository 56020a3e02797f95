"""Every behaviour does what its sentence says, and the legal ones give a server no ground."""

import gc
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from tests.sim.world.small_server import nothing, serve

from h2proof.sim.clients import CLIENTS
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    AnyFrame,
    Data,
    FrameType,
    GoAway,
    Headers,
    Ping,
    Priority,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import FieldDecoder
from h2proof.sim.scenario import Act, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.servers import SERVERS
from h2proof.sim.trace import CutEvent, DeliveredEvent, FrameEvent
from h2proof.sim.world import Run, World, play

Frames = list[AnyFrame]
REQUESTS: Final = (RequestPlan("/a?push=3"), RequestPlan("/b?push=1"))
EVERY: Final = [
    pytest.param(name, variant, id=f"{name} {dict(variant)}" if variant else name)
    for name, behaviour in CLIENTS.items()
    for variant in ({}, *behaviour.variants)
]


def played(*acts: Act, requests: tuple[RequestPlan, ...] = REQUESTS, seed: int = 0) -> Run:
    plan = ClientPlan(requests=requests, acts=acts)
    return World(Scenario(clients=(plan,), seed=seed), nothing, serve).play()


def sent(run: Run, sender: str) -> Frames:
    return [event.frame for event in run.trace.frames() if event.sender == sender]


def until_faults_stop(run: Run, sender: str) -> Frames:
    """Frames of the hostile phase."""
    frames: Frames = []
    for event in run.trace:
        if getattr(event, "text", "") == "faults stop":
            break
        if isinstance(event, FrameEvent) and event.sender == sender:
            frames.append(event.frame)
    return frames


def delivered_until_faults_stop(run: Run) -> list[FrameEvent]:
    frames: list[FrameEvent] = []
    for event in run.trace:
        if getattr(event, "text", "") == "faults stop":
            break
        if isinstance(event, DeliveredEvent):
            frame = run.trace[event.frame_event]
            assert isinstance(frame, FrameEvent)
            frames.append(frame)
    return frames


def settings_of(run: Run) -> list[tuple[tuple[int, int], ...]]:
    return [f.values for f in sent(run, "client") if isinstance(f, Settings) and not f.ack]


def resets(run: Run) -> list[int]:
    return [f.stream for f in until_faults_stop(run, "client") if isinstance(f, RstStream)]


def credits_of(run: Run) -> list[int]:
    frames = until_faults_stop(run, "client")
    return [f.increment for f in frames if isinstance(f, WindowUpdate)]


def requests_of(run: Run) -> int:
    return sum(isinstance(frame, Headers) for frame in sent(run, "client"))


def promises_of(run: Run) -> int:
    return sum(isinstance(frame, PushPromise) for frame in sent(run, "server"))


def hostile_data(run: Run) -> int:
    return sum(len(f.data) for f in until_faults_stop(run, "server") if isinstance(f, Data))


def first_requests_fields(run: Run) -> dict[bytes, bytes]:
    headers = next(f for f in sent(run, "client") if isinstance(f, Headers))
    fields = FieldDecoder().decode(headers.fragment)
    assert isinstance(fields, tuple)
    return dict(fields)


def cuts(run: Run) -> list[tuple[str, str]]:
    return [(e.sender, e.how) for e in run.trace if isinstance(e, CutEvent)]


def has(*kinds: type) -> Callable[[Run], bool]:
    return lambda run: any(isinstance(frame, kinds) for frame in sent(run, "client"))


MARKS: Final[Mapping[str, Callable[[Run], bool]]] = {
    "polite": lambda run: promises_of(run) == 4 and not resets(run),
    "slow-reader": lambda run: 50 in credits_of(run),
    "stalled": lambda run: hostile_data(run) == 0 and credits_of(run) == [],
    "stops-reading": lambda run: (
        not any(frame.sender == "server" for frame in delivered_until_faults_stop(run))
    ),
    "cancels-promise": lambda run: resets(run) == [2],
    "refuses-push": lambda run: settings_of(run)[0] == ((2, 0),) and promises_of(run) == 0,
    "half-closed-silent": lambda run: (
        not any(
            isinstance(frame, Settings) and frame.ack for frame in until_faults_stop(run, "client")
        )
    ),
    "vanishes": lambda run: ("client", "rst") in cuts(run),
    "turns-push-off": lambda run: ((2, 0),) in settings_of(run)[1:],
    "limits-promises": lambda run: (3, 1) in settings_of(run)[0],
    "small-window": lambda run: ((4, 65_535),) in settings_of(run)[1:],
    "shrinks-window": lambda run: ((4, 0),) in settings_of(run)[1:],
    "resets-request": lambda run: len(resets(run)) == 1 and resets(run)[0] % 2 == 1,
    "resets-rapidly": lambda run: len(resets(run)) == 20,
    "cancels-all-promises": lambda run: (
        resets(run) != [] and all(stream % 2 == 0 for stream in resets(run))
    ),
    "goes-away": lambda run: any(isinstance(f, GoAway) for f in until_faults_stop(run, "client")),
    "leaves-body-open": lambda run: (
        not any(isinstance(f, Headers) and f.end_stream for f in until_faults_stop(run, "client"))
    ),
    "other-method": lambda run: first_requests_fields(run)[b":method"] == b"HEAD",
    "asks-much": lambda run: requests_of(run) == 30,
    "sends-guard": lambda run: first_requests_fields(run)[b"caddy-push"] == b"1",
    "drips-octets": lambda run: run.outcome.steps > 2 * played().outcome.steps,
    "reconnects": lambda run: len(run.trace.connections) == 6,
    "makes-noise": has(Ping),
    "late-priority": has(Priority),
    "late-window-update": has(WindowUpdate),
    "resets-twice": lambda run: resets(run) == [2, 2],
    "writes-on-promise": lambda run: any(
        isinstance(f, Data) and f.stream == 2 for f in sent(run, "client")
    ),
    "unpromised-streams": lambda run: resets(run) == [1000],
    "floods-continuation": lambda run: (
        sum(event.type == FrameType.CONTINUATION for event in run.trace.frames()) >= 40
    ),
    "malformed": lambda run: any(
        event.type == FrameType.WINDOW_UPDATE and event.payload == bytes(4)
        for event in run.trace.frames()
    ),
}
"""What shows in the trace that the behaviour was reached, with its default parameters."""


def test_each_behaviour_has_a_mark() -> None:
    assert list(CLIENTS) == list(MARKS)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", CLIENTS)
def test_the_behaviour_shows_in_the_trace(name: str, seed: int) -> None:
    run = played(Act(name), seed=seed)

    assert MARKS[name](run)


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_a_run_comes_to_rest_whatever_the_client_does(
    name: str, variant: Mapping[str, Param]
) -> None:
    run = played(Act(name, variant))

    assert () == run.outcome.errors
    assert () == run.outcome.waiting
    assert () == run.outcome.waiting_closed
    assert run.outcome.quiet


def blamed(run: Run) -> list[AnyFrame]:
    """What the server sends when its own end of HTTP/2 finds a fault."""
    calm = (ErrorCode.NO_ERROR, ErrorCode.CANCEL)
    return [
        frame
        for frame in sent(run, "server")
        if isinstance(frame, RstStream | GoAway) and frame.code not in calm
    ]


@pytest.mark.parametrize(
    ("name", "variant"), [each for each in EVERY if CLIENTS[str(each.values[0])].legal]
)
def test_a_legal_client_is_never_blamed_by_the_server(
    name: str, variant: Mapping[str, Param]
) -> None:
    assert [] == blamed(played(Act(name, variant), seed=3))


NEVER_ANSWERED: Final = {"late-window-update", "resets-twice"}
"""Against the letter, and to be ignored all the same for a while (RFC 9113 §5.1, closed)."""
UNKNOWN_FRAME: Final = {"what": "unknown frame type", "after": "settings"}


@pytest.mark.parametrize(
    "name", [n for n, b in CLIENTS.items() if not b.legal and n not in NEVER_ANSWERED]
)
def test_a_client_against_the_rfc_is_blamed(name: str) -> None:
    for variant in ({}, *CLIENTS[name].variants):
        if variant != UNKNOWN_FRAME:
            assert blamed(played(Act(name, variant))), variant


def test_acts_follow_one_another_in_time() -> None:
    stalled = Act("stalled", {"window": 10}, until_ns=500_000_000)
    off = Act("turns-push-off", {"after": "data"}, from_ns=0)

    run = played(stalled, off)

    assert ((2, 0),) in settings_of(run)
    assert 10 in credits_of(run)


def test_an_act_is_about_the_requests_it_names() -> None:
    second = played(Act("resets-request", {"after": "response"}, requests=(1,)))

    assert [3] == resets(second)


def test_a_storm_keeps_its_last_connection() -> None:
    run = played(Act("reconnects"))

    assert 5 == cuts(run).count(("client", "rst"))
    assert 1 == cuts(run).count(("client", "fin"))


def test_an_unknown_parameter_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no parameter 'windw'; it has window, level"):
        played(Act("stalled", {"windw": 1}))


def test_an_unknown_moment_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no moment 'later'; there are asked, settings"):
        played(Act("vanishes", {"after": "later"}))


def test_an_unknown_behaviour_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no behaviour 'rude'; there are polite"):
        played(Act("rude"))


@pytest.mark.parametrize(
    ("behaviour", "name", "value", "least"),
    [
        ("drips-octets", "octets", 0, 1),
        ("slow-reader", "octets", -1, 1),
        ("makes-noise", "times", -3, 0),
        ("goes-away", "last", -2, -1),
    ],
)
def test_a_number_below_the_least_is_refused(
    behaviour: str, name: str, value: int, least: int
) -> None:
    with pytest.raises(ValueError, match=f"parameter {name} is {value}; it is at least {least}"):
        CLIENTS[behaviour].part(Act(behaviour, {name: value}))

    assert CLIENTS[behaviour].part(Act(behaviour, {name: least}))


@pytest.mark.parametrize(("name", "variant"), EVERY)
def test_a_run_is_freed_by_counting_whoever_was_on_stage(
    name: str, variant: Mapping[str, Param]
) -> None:
    """Garbage in cycles would be collected later, in the middle of somebody else's run."""
    plan = ClientPlan(requests=REQUESTS, acts=(Act(name, variant),))
    gc.collect()
    gc.disable()
    try:
        for server in SERVERS:
            play(Scenario(handler="caddy", server=server, clients=(plan,)))

        assert not gc.collect()
    finally:
        gc.enable()
