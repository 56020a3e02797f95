"""Text → traces, line by line; the first line that is none is refused with its number.

Each line is looked up by its first word in a table. What stands on a line alone is known to that
word's function; what goes on from line to line (time, field blocks, deliveries) is kept here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.frames import FrameType
from h2proof.sim.notation.blocks import Blocks
from h2proof.sim.notation.reading import (
    COMMON_FLAGS,
    COMMON_VALUES,
    FORMS,
    Form,
    ReadFrame,
    Words,
    finish,
    read_elided,
    read_fields,
    read_octets,
    read_typed,
    require_promise,
)
from h2proof.sim.notation.sections import read_section
from h2proof.sim.notation.sides import Sides
from h2proof.sim.notation.titled import Expected, Titled
from h2proof.sim.notation.words import (
    NotationError,
    Refused,
    number,
    octets,
    segments,
    shown,
    texts,
    time,
    unquoted,
    words,
)
from h2proof.sim.trace import (
    NOTHING,
    ConnectionInfo,
    CutHow,
    PrefaceEvent,
    Resource,
    ResourceKind,
    Sender,
    Trace,
)

_START: Final = re.compile(r"(?:@(\S+))?\s*(?:([CS*])(?:#([0-9]{1,9}))?(?:\s+(.*))?)?")
_FINDING: Final = re.compile(r"!\s*([A-Za-z_0-9]+(?:[ ,]+[A-Za-z_0-9]+)*)")
_VALUE: Final = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)
_TYPE: Final = re.compile(r"0x[0-9A-Fa-f]{1,2}")
_RESOURCE: Final = re.compile(
    r'([^\s"#]+|"(?:[^"\\]|\\.)*")#(-?[0-9]{1,999})(?:\.(-?[0-9]{1,999}))?'
)
_WHO: Final[dict[str, Sender]] = {"C": "client", "S": "server"}
_TRANSPORTS: Final[dict[str, Literal["h2c", "h2c-upgrade", "tls"]]] = {
    "h2c": "h2c",
    "h2c-upgrade": "h2c-upgrade",
    "tls": "tls",
}
_CUTS: Final[dict[str, CutHow]] = {how: how for how in get_args(CutHow)}
_BIG: Final = 1 << 63


@dataclass(slots=True)
class _Line:
    number: int
    segments: list[str]
    start: str


@dataclass(slots=True)
class _Open:
    """The trace that is being read."""

    title: str
    trace: Trace = field(default_factory=Trace)
    expected: list[Expected] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    at: int = 0
    declared: int = 0
    """How many connections were declared by lines of their own; -1: that there is none."""
    sides: Sides = field(default_factory=Sides)

    @property
    def empty(self) -> bool:
        return not self.lines and not self.declared

    def closed(self) -> Titled:
        return Titled(self.title, self.trace, tuple(self.expected), tuple(self.lines))


def parse(text: str) -> list[Titled]:
    """All traces of a text, at least one; NotationError names the first line that is none."""
    done: list[Titled] = []
    current = _Open("")
    for line in _logical_lines(text):
        if line.start.startswith("#"):
            if not current.empty or current.title:
                done.append(current.closed())
            current = _Open(line.start.lstrip("#").strip())
            continue
        try:
            _read(current, line)
        except Refused as error:
            raise NotationError(line.number, str(error)) from None
    return [*done, current.closed()]


def parse_one(text: str) -> Trace:
    """The trace of a text that holds one; NotationError if it holds several."""
    found = parse(text)
    if len(found) != 1:
        raise NotationError(0, f"one trace is expected, and the text holds {len(found)}")
    return found[0].trace


def _logical_lines(text: str) -> Iterator[_Line]:
    """Lines with their indented continuations; blank lines and comments are left out."""
    pending: _Line | None = None
    for place, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        if line.startswith("##") or line.lstrip().startswith("("):
            continue
        if line[:1].isspace():
            if pending is None:
                raise NotationError(place, "an indented line goes on with the line before it")
            pending.segments += _without_comment(segments(line.lstrip()))
            continue
        if pending is not None:
            yield pending
        pending = None
        if line.startswith("#"):
            yield _Line(place, [], line)
        elif line:
            pending = _split(place, line)
    if pending is not None:
        yield pending


def _split(place: int, line: str) -> _Line:
    parts = _without_comment(segments(line))
    return _Line(place, parts, line)


def _without_comment(parts: list[str]) -> list[str]:
    for place, part in enumerate(parts):
        if part.startswith("("):
            return parts[:place]
    return parts


def _read(current: _Open, line: _Line) -> None:
    match = _START.fullmatch("  ".join(line.segments))
    if match is None:
        raise Refused(
            "a line begins with C, S or * (client, server, nobody), perhaps with @time before it,"
            f" not {shown(line.segments[0])}"
        )
    when, who, connection, rest = match.groups()
    if when is not None:
        current.at = time(when)
    if who is None:
        return
    parts, rules = _without_findings(segments(rest or ""))
    if not parts:
        raise Refused(f"behind {who} stands what happened: the name of a frame, PREFACE, CUT, …")
    before = len(current.trace)
    _happen(current, who, int(connection or 0), parts)
    if len(current.trace) > before:
        current.lines.append(line.number)
    current.expected += [Expected(before, rule) for rule in rules]


def _without_findings(parts: list[str]) -> tuple[list[str], list[str]]:
    kept, rules = [], []
    for part in parts:
        match = _FINDING.fullmatch(part)
        if match is None:
            kept.append(part)
        else:
            rules += re.split("[ ,]+", match.group(1))
    return kept, rules


# --- what a line says ----------------------------------------------------------------------------


def _happen(current: _Open, who: str, connection: int, parts: list[str]) -> None:
    name = parts[0].split(" ", 1)[0]
    if who == "*":
        tell = _TOLD.get(name)
        if tell is None:
            raise Refused(f"behind * stands one of {', '.join(_TOLD)}, not {shown(name)}")
        tell(current, connection, _sorted(parts, _TOLD_FLAGS, _TOLD_VALUES))
        return
    _connected(current, connection)
    sender = _WHO[who]
    send = _SENT.get(name)
    if send is not None:
        send(current, connection, sender, parts)
    else:
        _frame(current, connection, sender, name, parts)


def _connected(current: _Open, connection: int) -> None:
    """Refuse a connection that is not there; one more than were seen is a new one."""
    known = len(current.trace.connections)
    if connection < known:
        return
    if current.declared or connection > known:
        raise Refused(f"connection #{connection} is not declared; the last one is #{known - 1}")
    current.trace.connect(ConnectionInfo())


def _sorted(
    parts: Sequence[str],
    flags: frozenset[str],
    values: frozenset[str],
    *,
    has_stream: bool = False,
    has_section: bool = False,
) -> Words:
    """The words behind the first one, by what they look like."""
    found = words(parts[0])
    result = Words(found[0][0])
    result.section += parts[1:] if has_section else ()
    rest = iter(found[1:] if has_section else [*found[1:], *_all_words(parts[1:])])
    for word, start in rest:
        value = _VALUE.fullmatch(word)
        if value is not None and value.group(1) in values:
            if value.group(1) in result.values:
                raise Refused(f"{value.group(1)}= stands twice")
            result.values[value.group(1)] = value.group(2)
        elif word in flags:
            result.flags.add(word)
        elif has_stream and not result.others:
            result.stream = number(word, f"the stream of {result.name}", 0, STREAM_MAX)
            has_stream = False
        elif word == "->":
            result.others += [word, *(each for each, _ in [next(rest, ("", 0))] if each)]
        elif has_section:
            result.section.insert(0, parts[0][start:])
            break
        else:
            result.others.append(word)
    if has_stream:
        raise Refused(f"{result.name} is written with its stream: {result.name} 1")
    return result


def _all_words(parts: Sequence[str]) -> list[tuple[str, int]]:
    return [word for part in parts for word in words(part)]


def _frame(
    current: _Open, connection: int, sender: Sender, name: str, parts: Sequence[str]
) -> None:
    form = FORMS.get(name)
    if form is None and not _TYPE.fullmatch(name):
        raise Refused(
            f"{shown(name)} is no frame: allowed are {', '.join(FORMS)}, a type in hexadecimal"
            f" such as 0x42, {', '.join(_SENT)}"
        )
    side = current.sides(connection, sender)
    given = _sorted(
        parts,
        COMMON_FLAGS | (form.flags if form else frozenset()),
        COMMON_VALUES | (form.values if form else frozenset()),
        has_stream=form is None or form.has_stream,
        has_section=form is not None and form.has_block,
    )
    if "stream" in given.values:
        given.stream = given.number("stream", 0, STREAM_MAX)
    packet, begins, knew = (_optional(given, name) for name in ("packet", "begins", "knew"))
    read = _read_frame(form, name, given, current, connection, sender)
    index = current.trace.add_frame(
        sender,
        read.header,
        read.kept,
        at=_column(current.at),
        connection=connection,
        packet=packet,
        begins=begins,
        knew=knew,
        told=read.told,
    )
    side.framed(index)


def _optional(given: Words, name: str) -> int | None:
    return given.number(name, 0, NOTHING - 1) if name in given.values else None


def _column(at: int) -> int:
    if not -_BIG <= at < _BIG:
        raise Refused("the time of a frame is within 292 years")
    return at


def _read_frame(
    form: Form | None, name: str, given: Words, current: _Open, connection: int, sender: Sender
) -> ReadFrame:
    blocks = current.sides(connection, sender).blocks
    if form is None or "flags" in given.values:
        if form is not None and form.has_block:
            blocks.lose()
        elif form is None or not form.has_block:
            blocks.interrupt()
        return read_octets(form.type if form else int(name, 16), given)
    if not form.has_block:
        blocks.interrupt()
        return read_elided(given) if "elided" in given.flags else read_typed(form, given, b"")
    return read_typed(form, given, _fragment(form, given, blocks))


def _fragment(form: Form, given: Words, blocks: Blocks) -> bytes:
    """What of a field block this frame carries; `part=` clears END_HEADERS."""
    if form.type == FrameType.PUSH_PROMISE:
        require_promise(given)
    part = given.number("part", 0, STREAM_MAX) if "part" in given.values else None
    if part is not None:
        given.flags.add("-END_HEADERS")
    ends = "-END_HEADERS" not in given.flags
    octets_given = given.octets("block")
    first = form.type != FrameType.CONTINUATION
    if octets_given is not None:
        (blocks.open_octets if first else blocks.more_octets)(given.stream, octets_given, ends)
        return octets_given
    if not first:
        return blocks.rest(given.stream, part)
    block = _encoded(given, blocks)
    if ends:
        blocks.interrupt()
        return block
    return blocks.open(given.stream, block, part)


def _encoded(given: Words, blocks: Blocks) -> bytes:
    sizes = given.values.pop("table", "")
    section = read_section(given.section)
    given.section.clear()
    return blocks.encode(
        [number(word, "table=", 0, 0xFFFFFFFF) for word in sizes.split(",") if word], section
    )


# --- what is no frame ----------------------------------------------------------------------------


def _packet(given: Words) -> int | None:
    return given.number("packet", 0, _BIG) if "packet" in given.values else None


def _preface(current: _Open, connection: int, sender: Sender, parts: Sequence[str]) -> None:
    given = _sorted(parts, frozenset(), frozenset({"packet"}))
    packet = _packet(given)
    finish(given)
    trace = current.trace
    trace.append(PrefaceEvent(len(trace), current.at, connection, sender, packet))


def _raw(current: _Open, connection: int, sender: Sender, parts: Sequence[str]) -> None:
    given = _sorted(parts, frozenset(), frozenset({"packet"}))
    packet = _packet(given)
    content = octets("".join(given.others), "RAW")
    current.trace.loose_octets(sender, content, at=current.at, connection=connection, packet=packet)


def _cut(current: _Open, connection: int, sender: Sender, parts: Sequence[str]) -> None:
    given = _sorted(parts, frozenset(), frozenset({"packet", "octets"}))
    word = given.others.pop(0) if given.others else ""
    how = _CUTS.get(word)
    if how is None:
        raise Refused(f"CUT is followed by one of {', '.join(_CUTS)}, not {shown(word)}")
    missing = given.number("octets", 0, _BIG) if "octets" in given.values else None
    packet = _packet(given)
    finish(given)
    current.trace.cut(sender, how, missing, at=current.at, connection=connection, packet=packet)


_SENT: Final[dict[str, Callable[[_Open, int, Sender, Sequence[str]], None]]] = {
    "PREFACE": _preface,
    "RAW": _raw,
    "CUT": _cut,
}


def _connection(current: _Open, _: int, given: Words) -> None:
    if len(current.trace):
        raise Refused("connections are declared before anything happens")
    if given.others == ["none"]:
        current.trace, current.declared = Trace(()), -1
        return
    word = given.values.pop("transport", "h2c")
    transport = _TRANSPORTS.get(word)
    if transport is None:
        raise Refused(f"a transport is one of {', '.join(_TRANSPORTS)}, not {shown(word)}")
    info = ConnectionInfo(
        _text(given, "client"),
        _text(given, "server"),
        transport,
        given.octets("upgrade_settings"),
        read_fields(given),
    )
    finish(given)
    if not current.declared:
        current.trace = Trace(())
    current.declared += 1
    current.trace.connect(info)


def _text(given: Words, name: str) -> str:
    word = given.values.pop(name, '""')
    if not word.startswith('"'):
        return word
    value = unquoted(word)
    if value is None:
        raise Refused(f"the text of {name}= ends with a double quote, unlike {shown(word)}")
    return value


def _delivered(current: _Open, connection: int, given: Words) -> None:
    _connected(current, connection)
    if "event" in given.values:
        frame = given.number("event", 0, _BIG)
    else:
        who = given.others.pop(0) if given.others else ""
        if who not in _WHO:
            raise Refused("delivered is followed by C or S, whose oldest frame arrives, or event=")
        side = current.sides(connection, _WHO[who])
        oldest = side.next_delivery
        if oldest is None:
            raise Refused(f"no frame of {who} is on its way")
        side.deliver()
        frame = oldest
    finish(given)
    current.trace.delivered(frame, at=current.at, connection=connection)


def _note(current: _Open, connection: int, given: Words) -> None:
    _connected(current, connection)
    text = unquoted(given.others.pop(0)) if given.others else None
    if text is None:
        raise Refused("a note is a text in double quotes")
    stream = given.number("stream", 0, _BIG, low=-_BIG)
    finish(given)
    current.trace.note(text, at=current.at, connection=connection, stream=stream)


def _resource(current: _Open, connection: int, given: Words) -> None:
    _connected(current, connection)
    match = _RESOURCE.fullmatch(given.others.pop(0)) if given.others else None
    if match is None:
        raise Refused(
            'a resource is written kind#number or kind#number.generation, a kind of several words "in quotes"'
        )
    kind, place, generation = match.groups()
    kind = unquoted(kind) or "" if kind.startswith('"') else kind
    happening: ResourceKind = given.name  # type: ignore[assignment]  # a key of _TOLD
    by = _text(given, "by")
    size = given.number("size", 0, _BIG, low=-_BIG)
    chain = given.values.pop("chain", None)
    held = () if chain is None else texts(chain, "chain=")
    stream = given.number("stream", 0, _BIG, low=-_BIG)
    finish(given)
    current.trace.resource(
        happening,
        Resource(kind, int(place), int(generation or 1)),
        at=current.at,
        connection=connection,
        stream=stream,
        by=by,
        size=size,
        chain=held,
    )


_TOLD: Final[dict[str, Callable[[_Open, int, Words], None]]] = {
    "connection": _connection,
    "delivered": _delivered,
    "note": _note,
    "acquired": _resource,
    "used": _resource,
    "released": _resource,
    "held": _resource,
}
_TOLD_FLAGS: Final[frozenset[str]] = frozenset()
_TOLD_VALUES: Final = frozenset(
    [
        "client",
        "server",
        "transport",
        "upgrade_settings",
        "fields",
        "event",
        "stream",
        "by",
        "size",
        "chain",
    ]
)


# --- recognition ---------------------------------------------------------------------------------

_LOOKED_AT_MAX: Final = 1 << 16
_FIRST: Final = re.compile(r"(?:@\S+\s+)?[CS*](?:#[0-9]+)?(?:  +\S| +([A-Za-z_0-9]+)(?: |$))")


def looks_like(text: str) -> bool:
    """Whether the first line that is no comment and no title begins as a line of the notation."""
    for line in text[:_LOOKED_AT_MAX].removeprefix("\ufeff").split("\n"):
        if not line.strip() or line.startswith(("#", "(")) or re.fullmatch(r"@\S+\s*", line):
            continue
        match = _FIRST.match(line)
        if match is None:
            return False
        word = match.group(1)
        return word is None or word in FORMS or word in _SENT or word in _TOLD
    return False
