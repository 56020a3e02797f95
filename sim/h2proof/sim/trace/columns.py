"""The flat index of a trace's frames: arrays side by side, a few octets a frame."""

from __future__ import annotations  # `array` takes no type argument at run time before 3.12

from array import array
from dataclasses import dataclass, field
from typing import Final

NOTHING: Final = 0xFFFFFFFF
"""Stands in `packet`, `begins` and `knew` where there is no number."""

RESERVED: Final = 0x100
"""Set in `flags` where the frame header had its reserved bit."""


@dataclass(slots=True)
class FrameColumns:
    """The flat index: one entry a frame. `flags` has bit 8 set where the reserved bit was."""

    event: array[int] = field(default_factory=lambda: array("Q"))
    connection: array[int] = field(default_factory=lambda: array("I"))
    sender: array[int] = field(default_factory=lambda: array("B"))
    type: array[int] = field(default_factory=lambda: array("B"))
    flags: array[int] = field(default_factory=lambda: array("H"))
    frame_index: array[int] = field(default_factory=lambda: array("I"))
    stream: array[int] = field(default_factory=lambda: array("I"))
    length: array[int] = field(default_factory=lambda: array("I"))
    offset: array[int] = field(default_factory=lambda: array("Q"))
    kept: array[int] = field(default_factory=lambda: array("I"))
    at: array[int] = field(default_factory=lambda: array("q"))
    packet: array[int] = field(default_factory=lambda: array("I"))
    begins: array[int] = field(default_factory=lambda: array("I"))
    knew: array[int] = field(default_factory=lambda: array("I"))


def optional(value: int) -> int | None:
    """A number of the columns as a value: None for `NOTHING`."""
    return None if value == NOTHING else value
