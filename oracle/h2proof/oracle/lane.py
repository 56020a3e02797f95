"""The clear lane: ordinary frames, answered "nothing to report" without asking any rule.

DATA and WINDOW_UPDATE are answered from the index, HEADERS, PING and SETTINGS once they were read.
The lane makes no finding and knows no rule: whatever is not plainly ordinary is left to the rules.
With the lane closed every verdict is the same; a test compares the two.
"""

from enum import Enum
from typing import TYPE_CHECKING, Final

from h2proof.oracle.delivery import CARRIES, CREDITS, ENDS, lifting
from h2proof.oracle.replay.reading import read
from h2proof.oracle.replay.sections import Lines
from h2proof.oracle.replay.sent import DATA, HEADERS, PING, SETTINGS, WINDOW_UPDATE, Section, Sent
from h2proof.oracle.replay.streams import GOT_END, OPENED, SENT_END
from h2proof.oracle.replay.view import (
    HEADER_TABLE_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_HEADER_LIST_SIZE,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    View,
)
from h2proof.sim.frames import ACK, END_HEADERS, END_STREAM
from h2proof.sim.trace import Trace

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

_FRAME_SIZE_MIN: Final = 16_384
_CARRYING: Final = (CARRIES,)
_ENDING: Final = (CARRIES, ENDS)
_MAY_SEND: Final = OPENED | SENT_END


class OrdinaryFrames:
    """What the lane lets pass waits by its place in the trace; this tells what there is to tell."""

    __slots__ = ("_columns", "_trace")

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._columns = trace.columns

    def read(self, place: int) -> Sent:
        """The frame itself."""
        return read(self._trace, place)

    def event(self, place: int) -> int:
        """Its event."""
        return self._columns.event[place]

    def keys(self, place: int) -> tuple[int, ...]:
        """What its delivery may lift."""
        columns = self._columns
        if columns.type[place] == WINDOW_UPDATE:
            return (lifting(CREDITS, columns.stream[place]),)
        return _ENDING if columns.flags[place] & END_STREAM else _CARRYING

    def credit(self, place: int) -> int:
        """The increment of a WINDOW_UPDATE."""
        start = self._columns.offset[place]
        return int.from_bytes(self._trace.octets[start : start + 4], "big")


def pass_ordinary(trace: Trace, place: int, party: "Party") -> bool:
    """True if the frame was ordinary and has been taken; False: nothing has happened."""
    kind = trace.columns.type[place]
    if kind == DATA:
        return _pass_data(trace, place, party)
    return kind == WINDOW_UPDATE and _pass_credit(trace, place, party)


def _pass_data(trace: Trace, place: int, party: "Party") -> bool:
    columns, view = trace.columns, party.view
    live = view.streams.get(columns.stream[place])
    flags = columns.flags[place]
    length = columns.length[place]
    if (
        live is None
        or flags & ~END_STREAM
        or view.lock is not None
        or view.blind
        or view.first_event < 0
        or live.facts & _MAY_SEND != OPENED
        or not live.final
        or live.announced >= 0
        or length > _FRAME_SIZE_MIN
        or length > WINDOW_DEFAULT + view.credit
        or length > view.stream_window(live)
    ):
        return False
    party.count(columns.event[place])
    view.credit -= length
    live.credit -= length
    live.octets += length
    if flags:
        view.end_own(live, columns.event[place])
    party.findings.done_right(DATA)
    party.peer.delivery.inbox.append_data(place, bool(flags))
    return True


def _pass_credit(trace: Trace, place: int, party: "Party") -> bool:
    columns, view = trace.columns, party.view
    stream = columns.stream[place]
    if columns.flags[place] or columns.length[place] != 4 or view.lock is not None:
        return False
    if view.blind or view.first_event < 0:
        return False
    start = columns.offset[place]
    increment = int.from_bytes(trace.octets[start : start + 4], "big")
    if not 0 < increment <= WINDOW_MAX or columns.kept[place] != 4:
        return False
    if not stream:
        if WINDOW_DEFAULT + view.granted + increment > WINDOW_MAX:
            return False
        view.granted += increment
    else:
        live = view.streams.get(stream)
        if live is None or not live.facts & OPENED or live.facts & GOT_END:
            return False
        if view.window_start + live.granted + increment > WINDOW_MAX:
            return False
        view.grant(live, increment)
    party.count(columns.event[place])
    party.peer.delivery.inbox.append_credit(place, stream, increment)
    return True


class Glance(Enum):
    """What the first look at a frame says of the rules that could object to it."""

    NONE = "none"
    """It is as usual."""
    PEER = "peer"
    """It is, but for what its sender may not have heard of yet: rules about that, if any."""
    ANY = "any"


def glance(view: View, sent: Sent) -> Glance:
    """A look at a frame that was read, without a view of rules."""
    if (
        sent.fault is not None
        or sent.length > _FRAME_SIZE_MIN
        or view.lock is not None
        or view.blind
        or view.first_event < 0
    ):
        return Glance.ANY
    if sent.section is not None:
        return _glance_at_head(view, sent, sent.section)
    if sent.stream or sent.flags & ~ACK or sent.cut_off:
        return Glance.ANY
    return _glance_at_control(view, sent)


def _glance_at_head(view: View, sent: Sent, section: Section) -> Glance:
    """A whole HEADERS that opens a request, or begins a final response, as usual.

    It has nothing that any rule would want to look at: no padding, no priority, plain fields.
    """
    lines = section.lines
    if (
        sent.type != HEADERS
        or sent.flags & ~END_STREAM != END_HEADERS
        or not sent.stream & 1
        or section.updates
        or view.due is not None
        or lines is None
        or not lines.plain
        or lines.hidden
        or lines.twice is not None
        or lines.late is not None
    ):
        return Glance.ANY
    if view.client:
        if not _opens_as_usual(view, sent, lines):
            return Glance.ANY
        may = view.goaway_got is None and view.active < view.setting(MAX_CONCURRENT_STREAMS)
        return Glance.NONE if may else Glance.PEER
    if section.status is None or section.status < 200 or len(lines.pseudos) != 1:
        return Glance.ANY
    live = view.streams.get(sent.stream)
    if live is None:
        return Glance.PEER if sent.stream > view.high_theirs else Glance.ANY
    usual = live.facts & _MAY_SEND == OPENED and not live.final
    return Glance.NONE if usual else Glance.ANY


def _glance_at_control(view: View, sent: Sent) -> Glance:
    """A PING, SETTINGS that limit nothing, and acknowledgments of what was delivered."""
    if sent.type == PING:
        known = not sent.flags or sent.opaque in view.pings_owed
        return Glance.NONE if known else Glance.PEER
    if sent.type != SETTINGS:
        return Glance.ANY
    if sent.flags:
        return Glance.NONE if view.acks_sent < len(view.settings_got) else Glance.PEER
    generous = all(
        number in _GENEROUS and value >= _GENEROUS[number] for number, value in sent.settings
    )
    return Glance.NONE if generous else Glance.ANY


_GENEROUS: Final = {HEADER_TABLE_SIZE: 0, MAX_CONCURRENT_STREAMS: 100, MAX_HEADER_LIST_SIZE: 0}
"""Settings with the value from which on nobody has to look at them."""


def _opens_as_usual(view: View, sent: Sent, lines: Lines) -> bool:
    return (
        sent.stream > view.high_mine
        and not view.promises_wait
        and _NEEDED <= lines.pseudos.keys() <= _ALLOWED
        and lines.pseudos[b":method"] in _METHODS
        and lines.pseudos[b":scheme"] in _SCHEMES
        and (lines.pseudos[b":path"] or b"").startswith(b"/")
        and _is_plain_authority(lines.pseudos.get(b":authority", b"-"))
    )


def _is_plain_authority(authority: bytes | None) -> bool:
    return bool(authority) and b"@" not in (authority or b"")


_NEEDED: Final = frozenset((b":method", b":scheme", b":path"))
_ALLOWED: Final = _NEEDED | {b":authority"}
_METHODS: Final = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH"))
_SCHEMES: Final = frozenset((b"http", b"https"))
