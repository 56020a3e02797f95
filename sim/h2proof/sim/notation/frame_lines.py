"""Lines that are frames: the words of one line, and what of a field block is its own."""

import re
from typing import Final

from h2proof.sim.frames import FrameType
from h2proof.sim.notation.blocks import Blocks
from h2proof.sim.notation.opened import Open, Said
from h2proof.sim.notation.reading import (
    COMMON_FLAGS,
    COMMON_VALUES,
    FORMS,
    Form,
    ReadFrame,
    Words,
    read_elided,
    read_octets,
    read_typed,
    require_promise,
)
from h2proof.sim.notation.sections import read_section
from h2proof.sim.notation.sorting import Shape, sorted_words
from h2proof.sim.notation.words import Refused, number
from h2proof.sim.trace import NOTHING

_TYPE: Final = re.compile(r"0x[0-9A-Fa-f]{1,2}")
_U32_MAX: Final = 0xFFFFFFFF
_COLUMN: Final = 1 << 63
_OTHER: Final = Shape(COMMON_FLAGS, COMMON_VALUES, has_stream=True)
"""A frame whose type has no name here."""
_SHAPES: Final = {
    name: Shape(
        COMMON_FLAGS | form.flags, COMMON_VALUES | form.values, form.has_stream, form.has_block
    )
    for name, form in FORMS.items()
}


def is_frame(name: str) -> bool:
    """Whether a first word names a frame type."""
    return name in FORMS or _TYPE.fullmatch(name) is not None


def read_frame_line(current: Open, said: Said) -> None:
    """Append the frame that a line spells."""
    form = FORMS.get(said.name)
    given = sorted_words(said.parts, _SHAPES.get(said.name, _OTHER))
    given.stream = given.number("stream", given.stream, 0x7FFFFFFF)
    packet, begins, knew = (_optional(given, name) for name in ("packet", "begins", "knew"))
    side = current.side(said)
    read = _frame(form, given, side.blocks)
    if not -_COLUMN <= current.at < _COLUMN:
        raise Refused("the time of a frame is within 292 years")
    index = current.trace.add_frame(
        said.sender,
        read.header,
        read.kept,
        at=current.at,
        connection=said.connection,
        packet=packet,
        begins=begins,
        knew=knew,
        told=read.told,
    )
    side.framed(index)


def _optional(given: Words, name: str) -> int | None:
    return given.number(name, 0, NOTHING - 1) if name in given.values else None


def _frame(form: Form | None, given: Words, blocks: Blocks) -> ReadFrame:
    if form is not None and form.has_block:
        if "flags" not in given.values:
            return read_typed(form, given, _fragment(form, given, blocks))
        blocks.lose()
    else:
        blocks.interrupt()
    if form is None or "flags" in given.values:
        return read_octets(int(given.name, 16) if form is None else form.type, given)
    return read_elided(given) if "elided" in given.flags else read_typed(form, given, b"")


def _fragment(form: Form, given: Words, blocks: Blocks) -> bytes:
    """What of a field block this frame carries; `part=` clears END_HEADERS."""
    part = given.number("part", 0, _U32_MAX) if "part" in given.values else None
    if part is not None:
        given.flags.add("-END_HEADERS")
    ends = "-END_HEADERS" not in given.flags
    octets = given.octets("block")
    if form.type == FrameType.CONTINUATION:
        return _more(given, blocks, octets, ends, part)
    if form.type == FrameType.PUSH_PROMISE:
        require_promise(given)
    if octets is not None:
        blocks.open_octets(given.stream, octets, ends)
        return octets
    block = _encoded(given, blocks)
    if not ends:
        return blocks.open(given.stream, block, part)
    blocks.interrupt()
    return block


def _more(
    given: Words, blocks: Blocks, octets: bytes | None, ends: bool, part: int | None
) -> bytes:
    if octets is None:
        return blocks.rest(given.stream, part)
    blocks.more_octets(given.stream, octets, ends)
    return octets


def _encoded(given: Words, blocks: Blocks) -> bytes:
    sizes = [each for each in given.values.pop("table", "").split(",") if each]
    section = read_section(given.section)
    given.section.clear()
    return blocks.encode([number(each, "table=", 0, _U32_MAX) for each in sizes], section)
