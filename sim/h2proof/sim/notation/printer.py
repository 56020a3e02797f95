"""Traces → text that `parser` reads back.

The printer goes through a trace with the state that the parser will have, so it knows for each
field block whether the words say enough. Where another encoder made the block its octets are
written, and the words stand behind them in a comment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from h2proof.sim.frames import (
    END_HEADERS,
    TYPE_NAMES,
    FrameType,
)
from h2proof.sim.notation.sections import write_section
from h2proof.sim.notation.sides import Sides
from h2proof.sim.notation.titled import Expected, Titled
from h2proof.sim.notation.words import inert, quoted, time_word
from h2proof.sim.notation.writing import fields_word, write_frame
from h2proof.sim.trace import (
    AnyEvent,
    ConnectionInfo,
    CutEvent,
    DeliveredEvent,
    FrameEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    ResourceEvent,
    Sender,
    Trace,
)

WIDTH: Final = 100
_FIRST_OF: Final = frozenset({FrameType.HEADERS.value, FrameType.PUSH_PROMISE.value})
_WITH_BLOCK: Final = _FIRST_OF | {FrameType.CONTINUATION.value}
_WHO: Final[dict[Sender, str]] = {"client": "C", "server": "S"}


def print_trace(trace: Trace, expected: Iterable[Expected] = ()) -> str:
    """The text of a trace; `parse_one` gives the same trace again."""
    rules: dict[int, list[str]] = {}
    for event, rule in expected:
        rules.setdefault(event, []).append(rule)
    return "".join(f"{line}\n" for line in _Printer(trace, rules).lines())


def print_events(trace: Trace) -> tuple[str, list[str]]:
    """The lines about the connections, and for each event its own lines, its time among them.

    Put together again they are the trace; left out, changed or added to, another one.
    """
    printer = _Printer(trace, {})
    head = "".join(f"{line}\n" for line in _connection_lines(trace.connections))
    return head, [printer.event_text(event) for event in trace]


def print_text(traces: Iterable[Titled]) -> str:
    """Several traces behind one another, each under its `# title`."""
    return "\n".join(
        f"# {inert(' '.join(each.title.split()))}".rstrip()
        + "\n"
        + print_trace(each.trace, each.expected)
        for each in traces
    )


class _Printer:
    """One walk through a trace."""

    def __init__(self, trace: Trace, rules: Mapping[int, list[str]]) -> None:
        self._trace = trace
        self._rules = rules
        self._sides = Sides()
        self._joined = joined_blocks(trace)
        self._in_words: set[tuple[int, Sender]] = set()
        """Directions in which a split block is being written in words."""

    def lines(self) -> Iterator[str]:
        yield from _connection_lines(self._trace.connections)
        at = 0
        for event in self._trace:
            if event.at != at:
                at = event.at
                yield f"@{time_word(at)}"
            yield from self._event_lines(event)

    def event_text(self, event: AnyEvent) -> str:
        """The lines of the next event, with its time."""
        lines = [f"@{time_word(event.at)}", *self._event_lines(event)]
        return "".join(f"{line}\n" for line in lines)

    def _event_lines(self, event: AnyEvent) -> Iterator[str]:
        """The lines of the next event of the trace: events come in order, each once."""
        section: Sequence[str] = ()
        comment = ""
        match event:
            case FrameEvent():
                words, section, comment = self._frame(event)
                self._sides(event.connection, event.sender).framed(event.index)
            case DeliveredEvent():
                words, comment = self._delivered(event)
            case _:
                words = write_event(event)
        number = f"#{event.connection}" if event.connection else ""
        who = _WHO[event.sender] if hasattr(event, "sender") else "*"
        marks = [f"! {', '.join(self._rules[event.index])}"] if event.index in self._rules else []
        yield from _layout(f"{who}{number}  {' '.join(words)}", section, marks, comment)

    # -- frames --

    def _frame(self, event: FrameEvent) -> tuple[list[str], Sequence[str], str]:
        words = write_frame(event)
        section: Sequence[str] = ()
        comment = ""
        if event.type in _WITH_BLOCK:
            words, section, comment = self._with_block(event, words)
        for name in ("packet", "begins", "knew"):
            value = getattr(event, name)
            if value is not None:
                words.append(f"{name}={value}")
        return words, section, comment

    def _with_block(
        self, event: FrameEvent, words: list[str]
    ) -> tuple[list[str], Sequence[str], str]:
        blocks = self._sides(event.connection, event.sender).blocks
        if any(word.startswith("flags=") for word in words):
            blocks.lose()
            return words, (), ""
        key = event.connection, event.sender
        fragment = fragment_of(event)
        ends = bool(event.flags & END_HEADERS)
        if event.type not in _FIRST_OF:
            return self._going_on(key, words, fragment, ends), (), ""
        self._in_words.discard(key)
        block = fragment if ends else self._joined.get(event.index)
        spelled = None if block is None else blocks.spell(block)
        open_word = [] if ends else ["-END_HEADERS"]
        if spelled is None:
            return [*words, *open_word, f"block={fragment.hex()}"], (), ""
        sizes, fields, same = spelled
        section = write_section(fields)
        if not same:
            comment = f"({'  '.join(section)})"
            return [*words, *open_word, f"block={fragment.hex()}"], (), comment
        if not ends:
            self._in_words.add(key)
            words += open_word if fragment == block else [f"part={len(fragment)}"]
        if sizes:
            words.append(f"table={','.join(map(str, sizes))}")
        return words, section, ""

    def _going_on(
        self, key: tuple[int, Sender], words: list[str], fragment: bytes, ends: bool
    ) -> list[str]:
        if key not in self._in_words:
            return [*words, *([] if ends else ["-END_HEADERS"]), f"block={fragment.hex()}"]
        if ends:
            self._in_words.discard(key)
            return words
        return [*words, f"part={len(fragment)}"]

    def _delivered(self, event: DeliveredEvent) -> tuple[list[str], str]:
        for sender, who in _WHO.items():
            side = self._sides(event.connection, sender)
            if side.next_delivery == event.frame_event:
                side.deliver()
                return ["delivered", who], f"({self._name_of(event.frame_event)})"
        return write_event(event), ""

    def _name_of(self, index: int) -> str:
        event = self._trace[index]
        assert isinstance(event, FrameEvent)
        name = TYPE_NAMES.get(event.type) or f"0x{event.type:02x}"
        return f"{name} {event.stream}"


def write_event(event: AnyEvent) -> list[str]:
    """The words of an event that is no frame; of a delivery by the event it refers to."""
    return _WRITERS[type(event)](event)


def fragment_of(event: FrameEvent) -> bytes:
    """What of a field block a HEADERS, PUSH_PROMISE or CONTINUATION frame carries."""
    frame = event.frame
    return getattr(frame, "fragment", b"")


def joined_blocks(trace: Trace) -> dict[int, bytes]:
    """The whole block of each frame that begins one and does not end it, by the frame's event.

    Only blocks whose CONTINUATIONs follow directly, on the same stream, up to END_HEADERS.
    """
    joined: dict[int, bytes] = {}
    open_of: dict[tuple[int, Sender], tuple[int, int, bytearray]] = {}
    for event in trace.frames():
        key = event.connection, event.sender
        before = open_of.pop(key, None)
        if event.type not in _WITH_BLOCK or event.elided or not hasattr(event.frame, "fragment"):
            continue
        ends = bool(event.flags & END_HEADERS)
        if event.type in _FIRST_OF:
            if not ends:
                open_of[key] = event.index, event.stream, bytearray(fragment_of(event))
        elif before is not None and before[1] == event.stream:
            before[2].extend(event.kept)
            if ends:
                joined[before[0]] = bytes(before[2])
            else:
                open_of[key] = before
    return joined


# --- lines ---------------------------------------------------------------------------------------


def _layout(head: str, section: Sequence[str], marks: list[str], comment: str) -> Iterator[str]:
    """One line where it fits; else the field lines, then the comment, stand below, indented."""
    mark = "".join(f"    {each}" for each in marks)
    comments = [comment] if comment else []
    line = "  ".join([head, *section]) + mark + "".join(f"  {each}" for each in comments)
    if len(line) <= WIDTH:
        yield line
        return
    first = section[:1] if len("  ".join([head, *section[:1]])) <= WIDTH else ()
    yield "  ".join([head, *first]) + mark
    yield from (f"    {each}" for each in [*section[len(first) :], *comments])


def _connection_lines(connections: Sequence[ConnectionInfo]) -> Iterator[str]:
    if not connections:
        yield "*  connection none"
    if list(connections) == [ConnectionInfo()]:
        return
    for info in connections:
        yield " ".join(["*  connection", *_info(info)])


def _info(info: ConnectionInfo) -> Iterator[str]:
    for name, address in (("client", info.client), ("server", info.server)):
        if address:
            yield f"{name}={quoted(address)}"
    if info.transport != "h2c":
        yield f"transport={info.transport}"
    if info.upgrade_settings is not None:
        yield f"upgrade_settings={info.upgrade_settings.hex()}"
    if info.upgrade_fields is not None:
        yield fields_word(info.upgrade_fields)


def _packet(packet: int | None) -> list[str]:
    return [] if packet is None else [f"packet={packet}"]


def _preface(event: PrefaceEvent) -> list[str]:
    return ["PREFACE", *_packet(event.packet)]


def _octets(event: OctetsEvent) -> list[str]:
    return ["RAW", *_packet(event.packet), *([event.octets.hex(" ")] if event.octets else [])]


def _cut(event: CutEvent) -> list[str]:
    missing = [] if event.octets is None else [f"octets={event.octets}"]
    return ["CUT", event.how, *missing, *_packet(event.packet)]


def _note(event: NoteEvent) -> list[str]:
    return ["note", quoted(event.text), *([f"stream={event.stream}"] if event.stream else [])]


def _resource(event: ResourceEvent) -> list[str]:
    resource = event.resource
    kind = resource.kind if _plain(resource.kind) else quoted(resource.kind)
    generation = f".{resource.generation}" if resource.generation != 1 else ""
    words = [event.kind, f"{kind}#{resource.number}{generation}"]
    if event.stream:
        words.append(f"stream={event.stream}")
    if event.by:
        words.append(f"by={quoted(event.by)}")
    if event.size:
        words.append(f"size={event.size}")
    if event.chain:
        words.append(f"chain={','.join(map(quoted, event.chain))}")
    return words


def _plain(kind: str) -> bool:
    return kind.isascii() and kind.replace("_", "a").replace("-", "a").isalnum()


_WRITERS: Final[dict[type, Callable[[Any], list[str]]]] = {
    PrefaceEvent: _preface,
    OctetsEvent: _octets,
    CutEvent: _cut,
    DeliveredEvent: lambda event: ["delivered", f"event={event.frame_event}"],
    NoteEvent: _note,
    ResourceEvent: _resource,
}
