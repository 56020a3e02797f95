"""The flat index of a trace's frames: arrays side by side, a few octets a frame."""

from __future__ import annotations  # `array` takes no type argument at run time before 3.12

from array import array
from collections.abc import Iterable
from itertools import accumulate
from struct import Struct
from typing import Any, Final

from h2proof.sim.codec import HEADER_LENGTH, STREAM_MAX

NOTHING: Final = 0xFFFFFFFF
"""Stands in `packet`, `begins` and `knew` where there is no number."""

RESERVED: Final = 0x100
"""Set in `flags` where the frame header had its reserved bit."""

ROW: Final = Struct("=QIBBHIIIQIqIII")
"""What the columns have of one frame, in their order."""

STREAM: Final = Struct(">5xL")
"""What a frame header has of its stream: the reserved bit and the identifier."""

Row = tuple[Any, ...]
"""An event as it is written: its class, and its fields but for the index, in their order."""

AT_ONCE: Final = 256
"""Rows that are turned into columns at once: few enough to stay in a processor's cache."""


class FrameColumns:
    """The flat index: one entry a frame. `flags` has bit 8 set where the reserved bit was."""

    __slots__ = (
        "at",
        "begins",
        "connection",
        "event",
        "flags",
        "frame_index",
        "kept",
        "knew",
        "length",
        "octets",
        "offset",
        "packet",
        "sender",
        "stream",
        "type",
    )

    def __init__(self) -> None:
        self.event = array("Q")
        self.connection = array("I")
        self.sender = array("B")
        self.type = array("B")
        self.flags = array("H")
        self.frame_index = array("I")
        self.stream = array("I")
        self.length = array("I")
        self.offset = array("Q")
        self.kept = array("I")
        self.at = array("q")
        self.packet = array("I")
        self.begins = array("I")
        self.knew = array("I")
        self.octets = bytearray()
        """The payloads of all frames, one behind the other; `offset` and `kept` are places here."""

    def payload(self, place: int) -> bytes:
        """The kept payload of the frame in this place."""
        start = self.offset[place]
        return bytes(self.octets[start : start + self.kept[place]])

    def extend_packed(self, rows: bytearray) -> None:
        """Enter frames that were packed as `ROW` says."""
        step = AT_ONCE * ROW.size
        for start in range(0, len(rows), step):
            self.extend(ROW.iter_unpack(rows[start : start + step]))

    def extend_whole(self, events: list[int], rows: list[Row], frames_of: list[int]) -> None:
        """Enter frames that are given with their octets; `frames_of` counts each connection's."""
        for start in range(0, len(rows), AT_ONCE):
            self._extend_whole(
                events[start : start + AT_ONCE], rows[start : start + AT_ONCE], frames_of
            )

    def _extend_whole(self, events: list[int], rows: list[Row], frames_of: list[int]) -> None:
        """Column by column, each at once."""
        _, ats, connections, senders, whole = zip(*rows, strict=True)
        headers = b"".join([octets[:HEADER_LENGTH] for octets in whole])
        lengths = array("I", [len(octets) - HEADER_LENGTH for octets in whole])
        streams = array("I", [word for (word,) in STREAM.iter_unpack(headers)])
        flags = array("H", list(headers[4::HEADER_LENGTH]))
        if max(streams) > STREAM_MAX:
            for place, word in enumerate(streams):
                if word > STREAM_MAX:
                    streams[place] = word & STREAM_MAX
                    flags[place] |= RESERVED
        self.event.extend(events)
        self.connection.extend(connections)
        self.sender.frombytes(bytes([sender != "client" for sender in senders]))
        self.type.frombytes(headers[3::HEADER_LENGTH])
        self.flags.extend(flags)
        self.stream.extend(streams)
        self.length.extend(lengths)
        self.offset.extend(accumulate(lengths[:-1], initial=len(self.octets)))
        self.kept.extend(lengths)
        self.at.extend(ats)
        nothing = array("I", (NOTHING,)) * len(rows)
        self.packet.extend(nothing)
        self.begins.extend(nothing)
        self.knew.extend(nothing)
        self.octets += b"".join([octets[HEADER_LENGTH:] for octets in whole])
        for connection in connections:
            self.frame_index.append(frames_of[connection])
            frames_of[connection] += 1

    def extend(self, rows: Iterable[tuple[int, ...]]) -> None:
        """Enter frames given as rows."""
        columns = (
            self.event,
            self.connection,
            self.sender,
            self.type,
            self.flags,
            self.frame_index,
            self.stream,
            self.length,
            self.offset,
            self.kept,
            self.at,
            self.packet,
            self.begins,
            self.knew,
        )
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)


def optional(value: int) -> int | None:
    """A number of the columns as a value: None for `NOTHING`."""
    return None if value == NOTHING else value
