"""Streams and identifiers (RFC 9113 §5.1): what the grids allow an endpoint to send.

The grids give a word for each cell; each word that is not "legal" belongs to one rule here or in
the files about pushes, messages and closing.
"""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import ENDS, OPENS, PROMISES, SETS, lifting
from h2proof.oracle.replay.grids import IDLE, SEND
from h2proof.oracle.replay.sent import (
    DATA,
    HEADERS,
    PUSH_PROMISE,
    RST_STREAM,
    WINDOW_UPDATE,
    Sent,
)
from h2proof.oracle.replay.settings import MAX_CONCURRENT_STREAMS
from h2proof.oracle.replay.streams import BOTH_ENDS, OPENED
from h2proof.oracle.replay.view import UNKNOWN_STATE, View
from h2proof.oracle.rules.rule import Answer, Fact, Stage, connection, rule, stream

USES: Final = (DATA, HEADERS, WINDOW_UPDATE)
_ROWS: Final = {
    DATA: ("DATA", "DATA_ES"),
    HEADERS: ("HEADERS", "HEADERS_ES"),
    RST_STREAM: ("RST_STREAM", "RST_STREAM"),
    WINDOW_UPDATE: ("WINDOW_UPDATE", "WINDOW_UPDATE"),
    PUSH_PROMISE: ("PROMISE_ON", "PROMISE_ON"),
}
_CLOSED: Final = Answer(
    "connection", ("connection:STREAM_CLOSED", "stream:STREAM_CLOSED", "ignore")
)
_IDLE: Final = connection("PROTOCOL_ERROR", "connection:STREAM_CLOSED")


def word(view: View, sent: Sent) -> str:
    """What the grid says about a frame with a stream; `.` where the state is not known."""
    if not sent.stream:
        return "."
    state = view.state(sent.stream)
    if state == UNKNOWN_STATE:
        return "."
    initiator = "client" if sent.stream & 1 else "server"
    row = _ROWS[sent.type][sent.ends_stream]
    return SEND[view.role, initiator][row, state]


def _idle_cites(sent: Sent) -> tuple[str, ...]:
    """What using an idle stream is against, by the type of the frame."""
    return {
        DATA: ("9113-6.1-06", "9113-5.1-04"),
        HEADERS: ("9113-8.1-01", "9113-5.1-01"),
        WINDOW_UPDATE: ("9113-5.1-04",),
    }[sent.type]


@rule(
    USES,
    "9113-6.1-06",
    "9113-8.1-01",
    "9113-5.1-01",
    "9113-5.1-04",
    stage=Stage.PEER,
    answer=_IDLE,
    reacts=("9113-5.1-04",),
    lifts=lambda view, sent: (OPENS, PROMISES),
)
def uses_idle_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """A stream of the peer's is used once the peer has opened or reserved it."""
    if word(view, sent) == "idle" and not view.is_mine(sent.stream):
        yield Fact(f"{sent.name} on a stream that is idle", cites=_idle_cites(sent))


@rule(
    USES,
    "9113-6.1-06",
    "9113-5.1-04",
    "9113-5.1-01",
    "9113-5.1.1-06",
    "9113-8.1-01",
    "9113-8.4.2-01",
    answer=_IDLE,
    reacts=("9113-5.1-04", "9113-5.1-05"),
)
def uses_own_idle_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """An endpoint opens or reserves a stream of its own before it uses it."""
    if word(view, sent) == "idle" and view.is_mine(sent.stream):
        cites = _idle_cites(sent)
        if sent.type == HEADERS:
            cites += ("9113-8.4.2-01", "9113-5.1.1-06")
        yield Fact(f"{sent.name} on a stream that is idle", cites=cites)


@rule(
    RST_STREAM,
    "9113-6.4-06",
    stage=Stage.PEER,
    answer=_IDLE,
    reacts=("9113-6.4-07", "9113-5.1-04"),
    lifts=lambda view, sent: (OPENS, PROMISES),
)
def resets_idle_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM is not sent on a stream that the peer has not used yet."""
    if word(view, sent) == "idle" and not view.is_mine(sent.stream):
        yield Fact(f"{sent.name} on a stream that is idle")


@rule(
    RST_STREAM,
    "9113-6.4-06",
    answer=_IDLE,
    reacts=("9113-6.4-07", "9113-5.1-04"),
    excused_if_named=True,
)
def resets_own_idle_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM is not sent on a stream of one's own that was never used."""
    if word(view, sent) == "idle" and view.is_mine(sent.stream):
        yield Fact(f"{sent.name} on a stream that is idle")


@rule(
    HEADERS,
    "9113-5.1.1-01",
    "9113-5.1-01",
    stage=Stage.PEER,
    answer=connection("PROTOCOL_ERROR"),
    reacts=("9113-5.1.1-05",),
    lifts=lambda view, sent: (PROMISES,),
)
def opens_stream_of_the_peer(view: View, sent: Sent) -> Iterator[Fact]:
    """A client opens streams with odd identifiers only."""
    if word(view, sent) == "who":
        yield Fact(f"{sent.name} opens a stream with an even identifier")


@rule(
    HEADERS,
    "9113-5.1.1-04",
    "9113-5.1.1-07",
    "9113-5.1-03",
    answer=connection("PROTOCOL_ERROR", "connection:STREAM_CLOSED"),
    reacts=("9113-5.1.1-05",),
)
def identifier_does_not_rise(view: View, sent: Sent) -> Iterator[Fact]:
    """A new stream has an identifier above all that its initiator used before."""
    if view.client and view.is_mine(sent.stream) and word(view, sent) == "low":
        yield Fact(f"{sent.name} opens a stream below {view.high_mine}")
        yield Fact(f"stream {view.high_mine} was opened", view.high_event_mine)


@rule(
    USES,
    "9113-5.1-18",
    "9113-5.1-03",
    "9113-5.1.1-07",
    stage=Stage.PEER,
    answer=_CLOSED,
)
def uses_skipped_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """A stream that its initiator has skipped is closed."""
    opens = sent.type == HEADERS and view.client and view.is_mine(sent.stream)
    if word(view, sent) != "low" or opens:
        return
    mine = view.is_mine(sent.stream)
    event = view.high_event_mine if mine else view.high_event_theirs
    yield Fact(f"{sent.name} on a stream that was skipped")
    yield Fact("a stream above it was opened", event)


@rule(
    USES,
    "9113-5.1-06",
    "9113-5.1-09",
    "9113-8.4.2-06",
    answer=connection("PROTOCOL_ERROR", "stream:STREAM_CLOSED"),
    reacts=("9113-5.1-08", "9113-5.1-10"),
)
def uses_reserved_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """On a promised stream nothing is sent that its reservation does not allow."""
    if word(view, sent) != "res":
        return
    live = view.streams[sent.stream]
    cites: tuple[str, ...] = ("9113-5.1-09",) if view.client else ("9113-5.1-06",)
    if view.client and sent.ends_stream:
        cites += ("9113-8.4.2-06",)
    yield Fact(f"{sent.name} on a stream that is only promised", cites=cites)
    yield Fact(f"stream {sent.stream} was promised", live.opened_by)


@rule(
    USES,
    "9113-5.1-13",
    "9113-6.1-06",
    "9113-6.2-01",
    "9113-8.1-02",
    "9113-8.4.2-06",
    "9113-5.1-17",
    "9113-5.1-18",
    "9113-5.1.1-08",
    "9113-8.1-01",
    answer=stream("STREAM_CLOSED", "connection:PROTOCOL_ERROR"),
    reacts=("9113-5.1-16", "9113-6.1-08"),
)
def sends_after_end(view: View, sent: Sent) -> Iterator[Fact]:
    """After END_STREAM an endpoint sends neither HEADERS nor DATA on the stream."""
    if word(view, sent) != "end":
        return
    facts = view.facts(sent.stream)
    closed = facts & BOTH_ENDS == BOTH_ENDS
    cites: tuple[str, ...] = ("9113-5.1-13", "9113-8.1-02")
    cites += ("9113-6.1-06",) if sent.type == DATA else ("9113-6.2-01",)
    if _begins_again(sent):
        cites += ("9113-8.1-01",)
    if closed or _begins_again(sent):
        cites += ("9113-5.1-17", "9113-5.1-18", "9113-5.1.1-08")
    if view.client and not view.is_mine(sent.stream):
        cites += ("9113-8.4.2-06",)
    yield Fact(f"{sent.name} after END_STREAM", answer=_CLOSED if closed else None, cites=cites)
    own, _ = view.stops(sent.stream)
    if own >= 0:
        yield Fact(f"the {view.role} had ended stream {sent.stream}", own)


def _begins_again(sent: Sent) -> bool:
    """True for a second request on a stream."""
    return sent.section is not None and sent.section.method is not None


@rule(USES, "9113-5.4.2-02", "9113-5.1-18", "9113-6.4-01", answer=_CLOSED)
def sends_after_own_reset(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM is the last frame that an endpoint sends on a stream, PRIORITY aside."""
    if word(view, sent) == "rst":
        yield Fact(f"{sent.name} after RST_STREAM")
        own, _ = view.stops(sent.stream)
        yield Fact(f"the {view.role} had reset or ended stream {sent.stream}", own)


@rule(
    USES,
    "9113-6.4-02",
    "9113-5.1-12",
    "9113-5.1-18",
    stage=Stage.PEER,
    answer=_CLOSED,
)
def sends_after_reset(view: View, sent: Sent) -> Iterator[Fact]:
    """After the peer's RST_STREAM an endpoint sends nothing on the stream, PRIORITY aside."""
    if word(view, sent) == "got":
        yield Fact(f"{sent.name} on a stream that the peer has reset")
        _, peer = view.stops(sent.stream)
        if peer >= 0:
            yield Fact(f"stream {sent.stream} was reset or ended by the peer", peer)


@rule(
    HEADERS,
    "9113-5.1.2-02",
    "9113-5.1.2-01",
    "9113-8.4.2-04",
    stage=Stage.PEER,
    answer=Answer(
        "stream",
        ("stream:REFUSED_STREAM", "stream:PROTOCOL_ERROR", "connection:PROTOCOL_ERROR"),
    ),
    reacts=("9113-5.1.2-03",),
    lifts=lambda view, sent: (ENDS, lifting(SETS, MAX_CONCURRENT_STREAMS)),
)
def exceeds_stream_limit(view: View, sent: Sent) -> Iterator[Fact]:
    """No more streams are open than the peer's MAX_CONCURRENT_STREAMS allows."""
    limit = view.setting(MAX_CONCURRENT_STREAMS)
    if view.active < limit or not view.is_mine(sent.stream) or not sent.stream:
        return
    if view.client:
        opens = view.state(sent.stream) == IDLE
    else:
        live = view.streams.get(sent.stream)
        opens = live is not None and not live.facts & OPENED
    if opens:
        yield Fact(f"{sent.name} opens a stream while {view.active} of {limit} are open")
        yield Fact(f"MAX_CONCURRENT_STREAMS is {limit}", view.setting_event(MAX_CONCURRENT_STREAMS))
        for live in view.active_streams(limit if limit <= _TOLD_MAX else 0):
            yield Fact(f"stream {live.id} was opened", live.opened_by)


_TOLD_MAX: Final = 8
"""Up to which limit the open streams are told one by one."""


@rule(WINDOW_UPDATE, "9113-5.1-18", stage=Stage.MINOR, level="ADVICE")
def credits_ended_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """Credit for a stream that both sides have ended is of no use: §5.1 forbids it, §6.9 expects it."""
    if word(view, sent) == "late":
        yield Fact(f"{sent.name} on a stream that both sides have ended")
        own, peer = view.stops(sent.stream)
        for event in (own, peer):
            if event >= 0:
                yield Fact(f"stream {sent.stream} was ended", event)


RULES: Final = (
    uses_own_idle_stream,
    resets_own_idle_stream,
    identifier_does_not_rise,
    uses_reserved_stream,
    sends_after_end,
    sends_after_own_reset,
    uses_idle_stream,
    resets_idle_stream,
    opens_stream_of_the_peer,
    uses_skipped_stream,
    sends_after_reset,
    exceeds_stream_limit,
    credits_ended_stream,
)
