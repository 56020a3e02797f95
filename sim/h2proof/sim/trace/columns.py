"""The flat index of a trace's frames: arrays side by side, a few octets a frame."""

from __future__ import annotations  # `array` takes no type argument at run time before 3.12

from array import array
from struct import Struct
from typing import Final

NOTHING: Final = 0xFFFFFFFF
"""Stands in `packet`, `begins` and `knew` where there is no number."""

RESERVED: Final = 0x100
"""Set in `flags` where the frame header had its reserved bit."""

ROW: Final = Struct("=QIBBHIIIQIqIII")
"""What the columns have of one frame, in their order."""

AT_ONCE: Final = 256 * ROW.size
"""Octets of rows that are turned into columns at once: few enough to stay in a processor's cache."""


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

    def extend(self, rows: bytearray) -> None:
        """Enter frames that were packed as `ROW` says."""
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
        for start in range(0, len(rows), AT_ONCE):
            unpacked = ROW.iter_unpack(rows[start : start + AT_ONCE])
            for column, values in zip(columns, zip(*unpacked, strict=True), strict=True):
                column.extend(values)


def optional(value: int) -> int | None:
    """A number of the columns as a value: None for `NOTHING`."""
    return None if value == NOTHING else value
