"""Extensions: extended CONNECT (RFC 8441), priorities (RFC 9218), ALTSVC (7838), ORIGIN (8336)."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import ENDS, PROMISES, SETS, lifting
from h2proof.oracle.replay.grids import IDLE
from h2proof.oracle.replay.sent import (
    HEADERS,
    ORIGIN,
    PRIORITY,
    PRIORITY_UPDATE,
    SETTINGS,
    Sent,
)
from h2proof.oracle.replay.settings import (
    ENABLE_CONNECT_PROTOCOL,
    MAX_CONCURRENT_STREAMS,
    NO_RFC7540_PRIORITIES,
)
from h2proof.oracle.replay.streams import BOTH_ENDS, GOT_RESET, SENT_RESET
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Answer, Fact, Stage, connection, rule
from h2proof.oracle.rules.settings import out_of_range, values_of
from h2proof.sim.fields import shown
from h2proof.sim.frames import PRIORITY_FLAG

_PROTOCOL_ERROR: Final = connection("PROTOCOL_ERROR")
_TOLERATED: Final = Answer("connection", ("connection:PROTOCOL_ERROR", "ignore"))
_IGNORED: Final = Answer("none", ("ignore",))


# -- extended CONNECT --


@rule(
    SETTINGS,
    "8441-3-01",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR", "ignore"),
)
def connect_protocol_is_out_of_range(view: View, sent: Sent) -> Iterator[Fact]:
    """ENABLE_CONNECT_PROTOCOL is 0 or 1."""
    return out_of_range(sent, ENABLE_CONNECT_PROTOCOL)


@rule(SETTINGS, "8441-3-04", answer=_TOLERATED)
def connect_protocol_is_taken_back(view: View, sent: Sent) -> Iterator[Fact]:
    """ENABLE_CONNECT_PROTOCOL is not set to 0 after it was 1."""
    value, event = view.own_settings.get(ENABLE_CONNECT_PROTOCOL, (0, -1))
    for new in values_of(sent, ENABLE_CONNECT_PROTOCOL):
        if value == 1 and new == 0:
            yield Fact("ENABLE_CONNECT_PROTOCOL is set to 0 after 1")
            if event >= 0:
                yield Fact("it was set to 1", event)
            return
        value = new


@rule(
    HEADERS,
    "8441-5-01",
    "8441-5-02",
    "8441-5-03",
    stage=Stage.MINOR,
)
def websocket_is_not_asked_for_properly(view: View, sent: Sent) -> Iterator[Fact]:
    """A WebSocket is asked for by CONNECT, :protocol "websocket", and :scheme http or https."""
    section = sent.section
    lines = section.lines if section is not None else None
    if lines is None or not view.client or lines.pseudos.get(b":method") != b"CONNECT":
        return
    protocol = lines.pseudos.get(b":protocol", b"")
    asked = b"sec-websocket-version" in lines.fields
    if protocol is None or not (asked or protocol.lower().startswith(b"websocket")):
        return
    if not protocol:
        yield Fact("a WebSocket is asked for without :protocol", cites=("8441-5-01",))
    elif protocol != b"websocket":
        yield Fact(f"a WebSocket with the :protocol {shown(protocol)}", cites=("8441-5-02",))
    elif lines.pseudos.get(b":scheme") not in (b"http", b"https", None):
        scheme = shown(lines.pseudos[b":scheme"] or b"")
        yield Fact(f"a WebSocket with the :scheme {scheme}", cites=("8441-5-03",))


# -- priorities --


@rule(
    SETTINGS,
    "9218-2.1-01",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-2.1-02",),
)
def no_priorities_is_out_of_range(view: View, sent: Sent) -> Iterator[Fact]:
    """NO_RFC7540_PRIORITIES is 0 or 1."""
    return out_of_range(sent, NO_RFC7540_PRIORITIES)


@rule(SETTINGS, "9218-2.1-03", "9218-2.1-04", answer=_TOLERATED)
def no_priorities_changes(view: View, sent: Sent) -> Iterator[Fact]:
    """NO_RFC7540_PRIORITIES is said in the first SETTINGS, and stays."""
    if not view.settings_sent:
        return
    first = dict(view.settings_sent[0][1]).get(NO_RFC7540_PRIORITIES)
    for value in values_of(sent, NO_RFC7540_PRIORITIES):
        if value != (first or 0):
            cites = ("9218-2.1-03", "9218-2.1-04") if first is None else ("9218-2.1-04",)
            yield Fact(
                f"NO_RFC7540_PRIORITIES becomes {value} after the first SETTINGS", cites=cites
            )
            yield Fact("the first SETTINGS came before", view.settings_sent[0][0])
            return


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-01",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-7.1-02",),
)
def priority_update_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY_UPDATE is sent on stream 0."""
    if sent.stream:
        yield Fact(f"{sent.name} is on a stream, but concerns the connection")


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-10",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-7.1-10",),
)
def priority_update_of_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY_UPDATE names a stream above 0."""
    if not sent.value and sent.fault is None:
        yield Fact("PRIORITY_UPDATE names stream 0")


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-11",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-7.1-12",),
)
def server_sends_priority_update(view: View, sent: Sent) -> Iterator[Fact]:
    """A server sends no PRIORITY_UPDATE."""
    if not view.client:
        yield Fact("PRIORITY_UPDATE was sent by the server")


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-08",
    stage=Stage.PEER,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-7.1-09",),
    lifts=lambda view, sent: (PROMISES,),
)
def priority_update_of_idle_push(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY_UPDATE names a pushed stream once it was promised."""
    named = sent.value
    if view.client and named and not named & 1 and view.state(named) == IDLE:
        yield Fact(f"PRIORITY_UPDATE names stream {named}, which was not promised")


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-05",
    stage=Stage.PEER,
    answer=_PROTOCOL_ERROR,
    reacts=("9218-7.1-06",),
    lifts=lambda view, sent: (ENDS, lifting(SETS, MAX_CONCURRENT_STREAMS)),
)
def prioritizes_too_many_streams(view: View, sent: Sent) -> Iterator[Fact]:
    """Idle streams with a priority and open streams together stay within the limit."""
    named, limit = sent.value, view.setting(MAX_CONCURRENT_STREAMS)
    if not view.client or not named & 1 or view.state(named) != IDLE:
        return
    others = len(view.prioritized) - (named in view.prioritized)
    if others + view.active + 1 > limit:
        yield Fact(f"PRIORITY_UPDATE makes {others + view.active + 1} streams where {limit} may be")
        yield Fact(f"MAX_CONCURRENT_STREAMS is {limit}", view.setting_event(MAX_CONCURRENT_STREAMS))


@rule(
    PRIORITY_UPDATE,
    "9218-7.1-03",
    "9218-7.1-07",
    stage=Stage.MINOR,
    answer=_IGNORED,
    level="SHOULD",
)
def prioritizes_closed_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY_UPDATE names a stream whose response may still come."""
    facts = view.facts(sent.value) if sent.value else 0
    if facts & (SENT_RESET | GOT_RESET) or facts & BOTH_ENDS == BOTH_ENDS:
        cites = ("9218-7.1-03",) if sent.value & 1 else ("9218-7.1-07",)
        yield Fact(f"PRIORITY_UPDATE names stream {sent.value}, which is closed", cites=cites)


@rule((PRIORITY, HEADERS), "9218-2.1.1-02", stage=Stage.MINOR, level="SHOULD")
def sends_unwanted_priority(view: View, sent: Sent) -> Iterator[Fact]:
    """Once the server has turned RFC 7540 priorities off, a client sends none of them."""
    if sent.type == HEADERS and not sent.flags & PRIORITY_FLAG:
        return
    if view.client and view.settings_got:
        event, values = view.settings_got[0]
        if (NO_RFC7540_PRIORITIES, 1) in values:
            yield Fact(f"{sent.name} has priority fields after NO_RFC7540_PRIORITIES=1")
            yield Fact("the server had set NO_RFC7540_PRIORITIES to 1", event)


@rule(PRIORITY_UPDATE, "9218-2.1.1-03", stage=Stage.MINOR, level="SHOULD")
def sends_unwanted_priority_update(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY_UPDATE is of use only to a server that has set NO_RFC7540_PRIORITIES to 1."""
    if view.client and view.settings_got:
        event, values = view.settings_got[0]
        if (NO_RFC7540_PRIORITIES, 1) not in values:
            yield Fact("PRIORITY_UPDATE to a server that did not set NO_RFC7540_PRIORITIES to 1")
            yield Fact("the first SETTINGS of the server came", event)


# -- ORIGIN --


@rule(ORIGIN, "8336-2.2-02", stage=Stage.FORMAT, answer=_IGNORED)
def origin_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """ORIGIN is sent on stream 0."""
    if sent.stream:
        yield Fact(f"{sent.name} is on a stream, but concerns the connection")


@rule(HEADERS, "9218-4.1-01", "9218-4.2-01", stage=Stage.MINOR, answer=_IGNORED, level="ADVICE")
def priority_field_is_odd(view: View, sent: Sent) -> Iterator[Fact]:
    """In a priority field u is an integer from 0 to 7, and i is a boolean."""
    section = sent.section
    for value in section.lines.fields.get(b"priority", ()) if section and section.lines else ():
        for member in value.split(b","):
            name, _, said = member.strip(b" \t").partition(b"=")
            said = said.partition(b";")[0]
            if name == b"u" and said not in _URGENCIES:
                yield Fact(
                    f"the priority {shown(value)} has no such urgency", cites=("9218-4.1-01",)
                )
                return
            if name == b"i" and said not in (b"", b"?0", b"?1"):
                yield Fact(f"the priority {shown(value)} has no boolean i", cites=("9218-4.2-01",))
                return


_URGENCIES: Final = frozenset(str(number).encode() for number in range(8))


RULES: Final = (
    connect_protocol_is_out_of_range,
    connect_protocol_is_taken_back,
    websocket_is_not_asked_for_properly,
    no_priorities_is_out_of_range,
    no_priorities_changes,
    priority_update_on_a_stream,
    priority_update_of_stream_0,
    server_sends_priority_update,
    priority_update_of_idle_push,
    prioritizes_too_many_streams,
    prioritizes_closed_stream,
    sends_unwanted_priority,
    sends_unwanted_priority_update,
    origin_on_a_stream,
    priority_field_is_odd,
)
