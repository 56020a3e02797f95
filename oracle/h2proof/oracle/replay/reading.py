"""Frames of a trace as the judge takes them: from the columns, with no look at what they mean."""

from typing import Final

from h2proof.oracle.replay.sent import DATA, HEADERS, PUSH_PROMISE, Sent, read_payload
from h2proof.sim.trace import NOTHING, Trace

_BLOCKS: Final = (HEADERS, PUSH_PROMISE)


def read(trace: Trace, place: int) -> Sent:
    """The frame at a place in the columns."""
    columns = trace.columns
    packet = columns.packet[place]
    length = columns.length[place]
    kind = columns.type[place]
    sent = Sent(
        columns.event[place],
        columns.frame_index[place],
        None if packet == NOTHING else packet,
        kind,
        columns.flags[place],
        columns.stream[place],
        length,
    )
    elided = columns.kept[place] < length
    if trace.told and kind != DATA:
        sent.told = trace.told.get(place)
        elided = elided or (sent.told is not None and kind in _BLOCKS)
    if elided and kind != DATA:
        sent.cut_off = True
    read_payload(sent, trace.payload_at(place), elided=elided)
    return sent
