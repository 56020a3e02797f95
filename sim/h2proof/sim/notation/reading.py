"""A line's words → one frame: a table of frame types, one small function for each.

A function takes the words apart that only its type has; what all frames share (`undefined=`,
`reserved`, and the form `flags=… octets=…` that says everything in octets) is read here for all.
Field blocks come in as octets, for what a section becomes on the wire depends on the lines before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from h2proof.sim.codec import STREAM_MAX, FrameHeader, encode, read_header
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    AltSvc,
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Headers,
    Origin,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Setting,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.notation.sections import read_section
from h2proof.sim.notation.words import (
    Refused,
    number,
    octets,
    shown,
    texts,
    unquoted_octets,
)
from h2proof.sim.trace import Told

Typed = (
    Data
    | Headers
    | Priority
    | RstStream
    | Settings
    | PushPromise
    | Ping
    | GoAway
    | WindowUpdate
    | Continuation
    | AltSvc
    | Origin
    | PriorityUpdate
)
U32_MAX: Final = 0xFFFFFFFF
LENGTH_MAX: Final = 0xFFFFFF
LINE_LENGTH_MAX: Final = 1 << 20
"""How many octets a `len=` may ask for: far above every legal window's worth in one frame."""
_CODES: Final = {code.name: code.value for code in ErrorCode}
_SETTINGS: Final = {setting.name: setting.value for setting in Setting}


@dataclass(slots=True)
class Words:
    """The words behind a frame's name, sorted: what is taken away by a reader is understood."""

    name: str
    stream: int = 0
    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    section: list[str] = field(default_factory=list)
    """The segments that spell a field section."""

    def flag(self, name: str) -> bool:
        """Take a flag away; whether it was there."""
        if name in self.flags:
            self.flags.remove(name)
            return True
        return False

    def number(self, name: str, default: int, high: int, low: int = 0) -> int:
        """Take `name=` away, a number up to `high`."""
        word = self.values.pop(name, None)
        return default if word is None else number(word, f"{name}=", low, high)

    def octets(self, name: str) -> bytes | None:
        """Take `name=` away, octets in hexadecimal."""
        word = self.values.pop(name, None)
        return None if word is None else octets(word, f"{name}=")

    def text(self, name: str) -> bytes:
        """Take `name=` away, quoted octets; nothing where it does not stand."""
        word = self.values.pop(name, None)
        if word is None:
            return b""
        value = unquoted_octets(word)
        if value is None:
            raise Refused(f"{name}= is a text in double quotes, not {shown(word)}")
        return value


class Form(NamedTuple):
    """How the lines of a frame type look."""

    type: int
    read: Callable[[Words, bytes], Typed]
    flags: frozenset[str]
    values: frozenset[str]
    has_stream: bool = True
    """True: the stream's identifier follows the name. Else it is 0, or `stream=` says which."""
    has_block: bool = False


def _data(words: Words, _: bytes) -> Data:
    return Data(words.stream, _content(words), words.flag("END_STREAM"), _padding(words))


def _content(words: Words) -> bytes:
    given = words.octets("octets")
    length = words.number("len", 0, LINE_LENGTH_MAX)
    if given is not None:
        return given
    if words.others:
        word = words.others.pop(0)
        text = unquoted_octets(word)
        if text is None:
            raise Refused(f'the content of DATA is len=, octets= or "text", not {shown(word)}')
        return text
    return bytes(length)


def _padding(words: Words) -> bytes | None:
    given = words.octets("pad_octets")
    if given is not None:
        return given
    length = words.number("pad", -1, 255)
    return None if length < 0 else bytes(length)


def _dependency(words: Words) -> Dependency:
    return Dependency(
        words.number("depends", 0, STREAM_MAX),
        words.number("weight", 16, 256, low=1) - 1,
        words.flag("exclusive"),
    )


def _headers(words: Words, fragment: bytes) -> Headers:
    given = "exclusive" in words.flags or "depends" in words.values or "weight" in words.values
    return Headers(
        words.stream,
        fragment,
        words.flag("END_STREAM"),
        not words.flag("-END_HEADERS"),
        _dependency(words) if given else None,
        _padding(words),
    )


def _priority(words: Words, _: bytes) -> Priority:
    return Priority(words.stream, _dependency(words))


def _code(words: Words, default: int) -> int:
    if not words.others:
        return default
    word = words.others.pop(0)
    if word in _CODES:
        return _CODES[word]
    if not word[:1].isdigit():
        raise Refused(f"an error code is a number or a name of RFC 9113 §7, not {shown(word)}")
    return number(word, "an error code", 0, U32_MAX)


def _rst_stream(words: Words, _: bytes) -> RstStream:
    return RstStream(words.stream, _code(words, ErrorCode.CANCEL))


def _settings(words: Words, _: bytes) -> Settings:
    pairs = tuple(_setting(word) for word in words.others)
    words.others.clear()
    return Settings(pairs, words.flag("ACK"), words.stream)


def _setting(word: str) -> tuple[int, int]:
    name, equals, value = word.partition("=")
    if not equals or not (name in _SETTINGS or name[:1].isdigit()):
        raise Refused(
            f"a setting is NAME=value with a name of RFC 9113 §6.5.2 or a number, not {shown(word)}"
        )
    identifier = _SETTINGS.get(name)
    if identifier is None:
        identifier = number(name, "a setting's identifier", 0, 0xFFFF)
    return identifier, number(value, f"the value of {name}", 0, U32_MAX)


def _push_promise(words: Words, fragment: bytes) -> PushPromise:
    require_promise(words)
    promised = number(words.others[1], "the promised stream", 0, STREAM_MAX)
    del words.others[:2]
    return PushPromise(
        words.stream,
        promised,
        fragment,
        not words.flag("-END_HEADERS"),
        _padding(words),
        words.flag("promised_reserved"),
    )


def require_promise(words: Words) -> None:
    """Refuse a PUSH_PROMISE that does not say what it promises."""
    if words.others[:1] != ["->"] or len(words.others) < 2:
        raise Refused("PUSH_PROMISE is written with the stream it promises: PUSH_PROMISE 1 -> 2")


def _ping(words: Words, _: bytes) -> Ping:
    payload = octets(words.others.pop(0), "the payload of PING") if words.others else b""
    if len(payload) > 8:
        raise Refused("PING carries up to eight octets here; flags= octets= writes any others")
    return Ping(payload.ljust(8, b"\0"), words.flag("ACK"), words.stream)


def _goaway(words: Words, _: bytes) -> GoAway:
    return GoAway(
        words.number("last", 0, STREAM_MAX),
        _code(words, ErrorCode.NO_ERROR),
        words.text("debug"),
        words.stream,
        words.flag("last_reserved"),
    )


def _window_update(words: Words, _: bytes) -> WindowUpdate:
    word = words.others.pop(0) if words.others else ""
    if not word.startswith("+"):
        raise Refused("WINDOW_UPDATE is written with its increment: WINDOW_UPDATE 0 +99")
    increment = number(word[1:], "an increment", 0, STREAM_MAX)
    return WindowUpdate(words.stream, increment, words.flag("increment_reserved"))


def _continuation(words: Words, fragment: bytes) -> Continuation:
    return Continuation(words.stream, fragment, not words.flag("-END_HEADERS"))


def _altsvc(words: Words, _: bytes) -> AltSvc:
    return AltSvc(words.stream, words.text("origin"), words.text("value"))


def _origin(words: Words, _: bytes) -> Origin:
    origins = []
    for word in words.others:
        origin = unquoted_octets(word)
        if origin is None:
            raise Refused(f"an origin is a text in double quotes, not {shown(word)}")
        origins.append(origin)
    words.others.clear()
    return Origin(tuple(origins), words.stream)


def _priority_update(words: Words, _: bytes) -> PriorityUpdate:
    if not words.others:
        raise Refused("PRIORITY_UPDATE is written with the stream it is for: PRIORITY_UPDATE 1")
    return PriorityUpdate(
        number(words.others.pop(0), "the prioritized stream", 0, STREAM_MAX),
        words.text("value"),
        words.stream,
        words.flag("prioritized_reserved"),
    )


def _form(
    kind: FrameType,
    read: Callable[[Words, bytes], Typed],
    flags: str = "",
    values: str = "",
    *,
    has_stream: bool = True,
    has_block: bool = False,
) -> Form:
    return Form(
        kind.value, read, frozenset(flags.split()), frozenset(values.split()), has_stream, has_block
    )


_T: Final = FrameType
_BLOCK: Final = "pad pad_octets part table block"

# fmt: off
FORMS: Final[dict[str, Form]] = {
    "DATA":            _form(_T.DATA, _data, "END_STREAM elided", "len octets pad pad_octets"),
    "HEADERS":         _form(_T.HEADERS, _headers, "END_STREAM -END_HEADERS exclusive",
                             f"depends weight {_BLOCK}", has_block=True),
    "PRIORITY":        _form(_T.PRIORITY, _priority, "exclusive", "depends weight"),
    "RST_STREAM":      _form(_T.RST_STREAM, _rst_stream),
    "SETTINGS":        _form(_T.SETTINGS, _settings, "ACK", has_stream=False),
    "PUSH_PROMISE":    _form(_T.PUSH_PROMISE, _push_promise, "-END_HEADERS promised_reserved",
                             _BLOCK, has_block=True),
    "PING":            _form(_T.PING, _ping, "ACK", has_stream=False),
    "GOAWAY":          _form(_T.GOAWAY, _goaway, "last_reserved", "last debug", has_stream=False),
    "WINDOW_UPDATE":   _form(_T.WINDOW_UPDATE, _window_update, "increment_reserved"),
    "CONTINUATION":    _form(_T.CONTINUATION, _continuation, "-END_HEADERS", "part block",
                             has_block=True),
    "ALTSVC":          _form(_T.ALTSVC, _altsvc, "", "origin value"),
    "ORIGIN":          _form(_T.ORIGIN, _origin, has_stream=False),
    "PRIORITY_UPDATE": _form(_T.PRIORITY_UPDATE, _priority_update, "prioritized_reserved",
                             "value", has_stream=False),
}
# fmt: on

COMMON_FLAGS: Final = frozenset({"reserved", "told"})
COMMON_VALUES: Final = frozenset(
    {
        "undefined",
        "flags",
        "octets",
        "length",
        "packet",
        "begins",
        "knew",
        "stream",
        "unsure",
        "fields",
    }
)


class ReadFrame(NamedTuple):
    """A frame as a trace keeps it: the header, and as much of the payload as there is."""

    header: FrameHeader
    kept: bytes
    told: Told | None = None


def read_typed(form: Form, words: Words, fragment: bytes) -> ReadFrame:
    """The frame that the words of a known type spell."""
    undefined = words.number("undefined", 0, 0xFF)
    reserved = words.flag("reserved")
    frame = form.read(words, fragment)
    finish(words)
    spelled = encode(with_bits(frame, undefined, reserved))
    return ReadFrame(read_header(spelled), spelled[9:])


def with_bits(frame: Typed, undefined: int, reserved: bool) -> Typed:
    """The frame with flag bits that its type does not define, and with the reserved bit."""
    return replace(frame, undefined_flags=undefined, reserved=reserved)


def read_octets(kind: int, words: Words) -> ReadFrame:
    """The frame that `flags=… octets=…` spells: its header and payload exactly."""
    flags = words.number("flags", 0, 0xFF)
    payload = words.octets("octets") or b""
    length = words.number("length", len(payload), LENGTH_MAX, low=len(payload))
    if length == len(payload) > LENGTH_MAX:
        raise Refused(f"a frame has at most {LENGTH_MAX} octets")
    reserved, told = words.flag("reserved"), _told(words)
    finish(words)
    return ReadFrame(FrameHeader(length, kind, flags, words.stream, reserved), payload, told)


def _told(words: Words) -> Told | None:
    """What stands in for a payload: `told unsure="length" fields="GET /","accept: */*"`."""
    if not words.flag("told"):
        return None
    unsure = words.values.pop("unsure", None)
    return Told(read_fields(words), () if unsure is None else texts(unsure, "unsure="))


def read_fields(words: Words) -> Fields | None:
    """Take `fields=` away: a field section that no block carries, a text for each segment."""
    given = words.values.pop("fields", None)
    if given is None:
        return None
    return read_section(texts(given, "fields=") if given else ())


def read_elided(words: Words) -> ReadFrame:
    """A DATA frame of which only the length is known."""
    words.flag("elided")
    flags = int(words.flag("END_STREAM")) | words.number("undefined", 0, 0xFF)
    length = words.number("len", 0, LENGTH_MAX, low=1)
    reserved = words.flag("reserved")
    finish(words)
    return ReadFrame(FrameHeader(length, FrameType.DATA, flags, words.stream, reserved), b"")


def finish(words: Words) -> None:
    """Refuse what no reader took: it would be lost silently."""
    left: Sequence[str] = [
        *words.others,
        *sorted(words.flags),
        *(f"{name}={value}" for name, value in words.values.items()),
        *words.section,
    ]
    if left:
        raise Refused(f"{words.name} is not written with {shown(left[0])}{_allowed(words.name)}")


def _allowed(name: str) -> str:
    form = FORMS.get(name)
    if form is None:
        return "; allowed are flags=, octets=, length= and reserved"
    known = [*sorted(form.flags), *(f"{value}=" for value in sorted(form.values))]
    return f"; allowed are {', '.join([*known, 'reserved, undefined=, flags='])}"
