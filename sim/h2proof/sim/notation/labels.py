"""Events in words for people: what the notation says of each, without what only a parser needs.

No octets of field blocks, no packets, no content of DATA; fields as far as the table is known, `?`
where it is not, and the values of secret fields masked. This does not parse back.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from h2proof.sim.frames import END_HEADERS, FrameType, type_name
from h2proof.sim.hpack import FieldLine, LateDecoder, PartialLine, Undecodable
from h2proof.sim.notation.printer import fragment_of, joined_blocks, write_event
from h2proof.sim.notation.secrets import shown
from h2proof.sim.notation.sections import write_section
from h2proof.sim.notation.writing import write_frame
from h2proof.sim.trace import AnyEvent, FrameEvent, OctetsEvent, Sender, Trace

_WHO: Final = {"client": "C", "server": "S"}
_UNSAID: Final = ("octets=", "block=", "pad_octets=", "elided", "told", "unsure=", "fields=")


@dataclass(frozen=True, slots=True)
class Label:
    """What is said of one event: its words, and the field lines of the block that begins there."""

    words: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "  ".join((self.words, *self.fields))


def labels(trace: Trace, *, redact: bool = True) -> Iterator[Label]:
    """A label for each event, in order; each field block is decoded once."""
    joined = joined_blocks(trace)
    decoders: dict[tuple[int, Sender], LateDecoder] = {}
    for event in trace:
        if not isinstance(event, FrameEvent):
            yield Label(_other(event))
            continue
        fields: tuple[str, ...] = ()
        if event.told is not None:
            fields = _section(event.told.fields or (), redact)
        elif event.type in (FrameType.HEADERS, FrameType.PUSH_PROMISE):
            decoder = decoders.setdefault((event.connection, event.sender), LateDecoder())
            fields = _block(event, joined, decoder, redact)
        yield Label(" ".join(frame_words(event)), fields)


def lines_of(trace: Trace, events: Collection[int]) -> dict[int, str]:
    """What is said of some events, each behind its sender: `C  HEADERS 1 END_STREAM  GET /`."""
    wanted = frozenset(events)
    return {
        event.index: f"{_WHO[event.sender] if hasattr(event, 'sender') else '*'}  {label}"
        for event, label in zip(trace, labels(trace), strict=True)
        if event.index in wanted
    }


def frame_words(event: FrameEvent) -> list[str]:
    """Name, stream, flags and values of a frame; DATA by its length only."""
    if event.type == FrameType.DATA:
        end = ["END_STREAM"] if event.flags & 1 else []
        unsure = event.told is not None and "length" in event.told.unsure
        length = [] if unsure else [f"len={event.length}"]
        return ["DATA", str(event.stream), *end, *length]
    words = [word for word in write_frame(event) if not word.startswith(_UNSAID)]
    if any(word.startswith("flags=") for word in words):
        return [type_name(event.type), str(event.stream), f"{event.length} octets"]
    return words


def _other(event: AnyEvent) -> str:
    if isinstance(event, OctetsEvent):
        return f"RAW {len(event.octets)} octets"
    return " ".join(write_event(event))


def _block(
    event: FrameEvent, joined: dict[int, bytes], decoder: LateDecoder, redact: bool
) -> tuple[str, ...]:
    if event.elided:
        return ("?",)
    block = fragment_of(event) if event.flags & END_HEADERS else joined.get(event.index)
    if block is None:
        return ("?",)
    lines = decoder.decode(block)
    if isinstance(lines, Undecodable):
        return ("?",)
    return _section(lines, redact)


def _section(lines: tuple[PartialLine, ...], redact: bool) -> tuple[str, ...]:
    known: list[FieldLine] = [
        (name or b"?", b"?" if value is None else shown(name, value) if redact else value)
        for name, value in lines
    ]
    return tuple(_shorter(known))


def _shorter(known: list[FieldLine]) -> Iterator[str]:
    """Requests by method and path, whatever their order and authority; the rest as it is."""
    pseudo = dict(known)
    method, path = pseudo.get(b":method"), pseudo.get(b":path")
    if method is not None and path is not None:
        rest = [each for each in known if each[0] not in _TARGET]
        start = write_section(
            [
                (b":method", method),
                (b":scheme", b"https"),
                (b":authority", b"localhost"),
                (b":path", path),
            ]
        )
        yield from [*start, *write_section(rest)]
        return
    yield from write_section(known)


_TARGET: Final = frozenset({b":method", b":scheme", b":authority", b":path"})
