"""SETTINGS (RFC 9113 §6.5): values, and acknowledgments."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import ANY_SETTINGS, CARRIES, ENDS
from h2proof.oracle.replay.sent import SETTINGS, Sent
from h2proof.oracle.replay.settings import (
    ENABLE_PUSH,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    WINDOW_MAX,
    in_range,
)
from h2proof.oracle.replay.streams import GOT_END
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Stage, connection, rule
from h2proof.sim.frames import setting_name


def values_of(sent: Sent, identifier: int) -> Iterator[int]:
    """The values that a SETTINGS frame gives a setting, in order."""
    return (value for each, value in sent.settings if each == identifier)


def out_of_range(sent: Sent, identifier: int) -> Iterator[Fact]:
    """The first value of a setting that it may not have."""
    for value in values_of(sent, identifier):
        if not in_range(identifier, value):
            yield Fact(f"{setting_name(identifier)} is set to {value}")
            return


@rule(
    SETTINGS,
    "9113-6.5.2-06",
    "9113-6.5.2-08",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-6.5.2-09",),
)
def server_enables_push(view: View, sent: Sent) -> Iterator[Fact]:
    """A server does not set ENABLE_PUSH to anything but 0."""
    if not view.client and any(values_of(sent, ENABLE_PUSH)):
        yield Fact("the server set ENABLE_PUSH to a value other than 0")


@rule(
    SETTINGS,
    "9113-6.5.2-05",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-6.5.2-05",),
)
def enable_push_is_out_of_range(view: View, sent: Sent) -> Iterator[Fact]:
    """ENABLE_PUSH is 0 or 1."""
    return out_of_range(sent, ENABLE_PUSH)


@rule(
    SETTINGS,
    "9113-6.5.2-13",
    stage=Stage.FORMAT,
    answer=connection("FLOW_CONTROL_ERROR", "connection:PROTOCOL_ERROR"),
    reacts=("9113-6.5.2-13",),
)
def initial_window_size_is_out_of_range(view: View, sent: Sent) -> Iterator[Fact]:
    """INITIAL_WINDOW_SIZE is at most 2^31-1."""
    return out_of_range(sent, INITIAL_WINDOW_SIZE)


@rule(
    SETTINGS,
    "9113-6.5.2-14",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-6.5.2-15",),
)
def max_frame_size_is_out_of_range(view: View, sent: Sent) -> Iterator[Fact]:
    """MAX_FRAME_SIZE lies between 16384 and 16777215."""
    return out_of_range(sent, MAX_FRAME_SIZE)


@rule(
    SETTINGS,
    "9113-6.9.2-06",
    "9113-6.9.1-06",
    stage=Stage.PEER,
    answer=connection("FLOW_CONTROL_ERROR", "connection:PROTOCOL_ERROR"),
    reacts=("9113-6.9.2-06",),
    lifts=lambda view, sent: (CARRIES, ENDS),
)
def initial_window_size_overflows_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """No change of INITIAL_WINDOW_SIZE lifts a stream's window above 2^31-1."""
    start = max(values_of(sent, INITIAL_WINDOW_SIZE), default=0)
    if start <= view.window_start or start > WINDOW_MAX:
        return
    for stream in view.generous:
        live = view.streams[stream]
        if not live.facts & GOT_END and start + live.granted > WINDOW_MAX:
            yield Fact(f"the window of stream {live.id} becomes {start + live.granted}")
            yield Fact(f"stream {live.id} has been opened", live.opened_by)
            return


@rule(
    SETTINGS,
    "9113-6.5.3-02",
    stage=Stage.PEER,
    lifts=lambda view, sent: (ANY_SETTINGS,),
)
def acknowledges_nothing(view: View, sent: Sent) -> Iterator[Fact]:
    """Each acknowledgment answers a SETTINGS frame that came before."""
    if sent.is_ack and view.acks_sent >= len(view.settings_got):
        yield Fact(f"there are no SETTINGS left that the {view.role} could acknowledge")
        for event, _ in view.settings_got[-1:]:
            yield Fact("the latest SETTINGS had been acknowledged before", event)


@rule(SETTINGS, "9113-6.5.2-10", stage=Stage.MINOR, level="ADVICE", blindly=True)
def few_streams_are_allowed(view: View, sent: Sent) -> Iterator[Fact]:
    """MAX_CONCURRENT_STREAMS should not be below 100, so that parallelism is not held back."""
    for value in values_of(sent, MAX_CONCURRENT_STREAMS):
        if 0 < value < 100:
            yield Fact(f"MAX_CONCURRENT_STREAMS is set to {value}")
            return


RULES: Final = (
    server_enables_push,
    enable_push_is_out_of_range,
    initial_window_size_is_out_of_range,
    max_frame_size_is_out_of_range,
    initial_window_size_overflows_a_stream,
    acknowledges_nothing,
    few_streams_are_allowed,
)
