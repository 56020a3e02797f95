"""Legal runs of the world to put violations into, and to capture from anywhere."""

from collections.abc import Iterator
from functools import cache
from typing import Final

from h2proof.sim.notation import parse_one
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.trace import FrameEvent, Trace
from h2proof.sim.world import play

BEHAVIOURS: Final = (
    "polite",
    "leaves-body-open",
    "resets-request",
    "goes-away",
    "cancels-promise",
    "refuses-push",
    "turns-push-off",
    "small-window",
)
_REQUESTS: Final = (
    RequestPlan(),
    RequestPlan(method="POST", body_octets=3000, at_ns=1_000_000),
    RequestPlan(path="/a", at_ns=9_000_000),
)


_PUSHING: Final = """
C  PREFACE
C  SETTINGS
S  SETTINGS
C  SETTINGS ACK
S  SETTINGS ACK
C  HEADERS 1  POST /
S  PUSH_PROMISE 1 -> 2  GET /s
S  HEADERS 1  200
C  PING aa
S  PING ACK aa
S  HEADERS 2  200
S  DATA 2 END_STREAM "y"
C  DATA 1 END_STREAM "x"
S  DATA 1 END_STREAM "z"
C  GOAWAY last=2
C  CUT fin
S  CUT fin
"""
_ENDING: Final = """
C  PREFACE
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS
C  SETTINGS ACK
S  SETTINGS ACK
C  HEADERS 1  POST /
C  HEADERS 3  POST /b
C  HEADERS 5 END_STREAM  GET /c
S  RST_STREAM 3 CANCEL
S  HEADERS 1  200
S  GOAWAY last=5
C  DATA 1 END_STREAM "x"
S  HEADERS 5  200
C  RST_STREAM 5
S  DATA 1 END_STREAM "y"
C  GOAWAY last=0
C  CUT fin
S  CUT fin
"""


@cache
def run(behaviour: str, handler: str = "caddy") -> Trace:
    """The first connection of one client with three requests."""
    plan = ClientPlan(_REQUESTS, (Act(behaviour),))
    return play(Scenario(handler, clients=(plan,), schedule="fifo")).trace.of_connection(0)


@cache
def written(text: str) -> Trace:
    """A connection written by hand, every frame delivered at once."""
    trace = Trace()
    for event in parse_one(text):
        index = trace.append(event)
        if isinstance(event, FrameEvent):
            trace.delivered(index)
    return trace


def runs(count: int = len(BEHAVIOURS)) -> Iterator[tuple[str, Trace]]:
    """One run for each of the first behaviours, and those that were written by hand."""
    yield "written: ending", written(_ENDING)
    yield "written: pushing", written(_PUSHING)
    for behaviour in BEHAVIOURS[:count]:
        yield behaviour, run(behaviour)


def places(trace: Trace, count: int) -> list[int]:
    """Up to so many places behind frames, evenly over the trace."""
    behind = [event.index + 1 for event in trace if isinstance(event, FrameEvent)]
    if count >= len(behind):
        return behind
    return [behind[(2 * part + 1) * len(behind) // (2 * count)] for part in range(count)]
