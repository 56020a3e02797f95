"""The clear lane: ordinary DATA and WINDOW_UPDATE, answered "nothing to report" from the index.

It makes no finding and knows no rule: whatever is not plainly ordinary is left to the rules. With
the lane closed every verdict is the same; a test compares the two.
"""

from typing import TYPE_CHECKING, Final

from h2proof.oracle.delivery import CARRIES, CREDITS, lifting
from h2proof.oracle.replay.sent import DATA, WINDOW_UPDATE
from h2proof.oracle.replay.streams import GOT_END, OPENED, SENT_END
from h2proof.oracle.replay.view import WINDOW_DEFAULT, WINDOW_MAX
from h2proof.sim.frames import END_STREAM
from h2proof.sim.trace import Trace

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

_FRAME_SIZE_MIN: Final = 16_384
_MAY_SEND: Final = OPENED | SENT_END


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
    party.peer.delivery.inbox.append_place(place, CARRIES, bool(flags))
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
        live.granted += increment
    party.count(columns.event[place])
    party.peer.delivery.inbox.append_place(place, lifting(CREDITS, stream), False)
    return True
