"""One frame → the words of its line: the mirror of `reading`, type by type.

Only what does not follow from the rest is written: no padding where there is none, no code that is
the default, no octets that are zero. Fragments of field blocks are the printer's affair.
"""

from collections.abc import Callable
from typing import Any, Final

from h2proof.sim.errors import ErrorCode, code_name
from h2proof.sim.frames import (
    END_STREAM,
    PADDED,
    TYPE_NAMES,
    AltSvc,
    AnyFrame,
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
    Settings,
    Unknown,
    Unreadable,
    WindowUpdate,
    setting_name,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.notation.reading import FORMS, LINE_LENGTH_MAX
from h2proof.sim.notation.sections import write_section
from h2proof.sim.notation.words import quoted, quoted_octets
from h2proof.sim.trace import FrameEvent, Told


def write_frame(event: FrameEvent) -> list[str]:
    """The words of a frame without its field section, the name first."""
    if event.elided:
        return _elided(event)
    frame = event.frame
    if isinstance(frame, Unknown | Unreadable) or _too_long(frame):
        return in_octets(event)
    words = [*_name(event), *_WRITERS[frame.type](frame)]
    if frame.undefined_flags:
        words.append(f"undefined=0x{frame.undefined_flags:02x}")
    return [*words, *_reserved(event)]


def in_octets(event: FrameEvent) -> list[str]:
    """The form that says everything in octets."""
    words = [*_name(event), f"flags=0x{event.flags:02x}"]
    if event.kept:
        words.append(f"octets={event.kept.hex()}")
    if len(event.kept) < event.length:
        words.append(f"length={event.length}")
    return [*words, *_reserved(event), *([] if event.told is None else _told(event.told))]


def _told(told: Told) -> list[str]:
    words = ["told"]
    if told.unsure:
        words.append(f"unsure={','.join(map(quoted, told.unsure))}")
    return words if told.fields is None else [*words, fields_word(told.fields)]


def fields_word(fields: Fields) -> str:
    """A field section that no block carries, as one word."""
    return f"fields={','.join(map(quoted, write_section(fields)))}"


def _name(event: FrameEvent) -> list[str]:
    name = TYPE_NAMES.get(event.type)
    if name is None:
        return [f"0x{event.type:02x}", str(event.stream)]
    if FORMS[name].has_stream:
        return [name, str(event.stream)]
    return [name, f"stream={event.stream}"] if event.stream else [name]


def _reserved(event: FrameEvent) -> list[str]:
    return ["reserved"] if event.reserved else []


def _too_long(frame: AnyFrame) -> bool:
    return isinstance(frame, Data) and len(frame.data) > LINE_LENGTH_MAX


def _elided(event: FrameEvent) -> list[str]:
    if event.type != FrameType.DATA or event.kept or event.told or event.flags & PADDED:
        return in_octets(event)
    words = [*_name(event), *(["END_STREAM"] if event.flags & END_STREAM else [])]
    words += [f"len={event.length}", "elided"]
    if event.flags & ~END_STREAM:
        words.append(f"undefined=0x{event.flags & ~END_STREAM:02x}")
    return [*words, *_reserved(event)]


def _data(frame: Data) -> list[str]:
    words = ["END_STREAM"] if frame.end_stream else []
    if frame.data:
        words.append(_content(frame.data))
    return [*words, *_padding(frame.padding)]


def _content(data: bytes) -> str:
    if not any(data):
        return f"len={len(data)}"
    if data.isascii() and data.decode("ascii").isprintable():
        return quoted_octets(data)
    return f"octets={data.hex()}"


def _padding(padding: bytes | None) -> list[str]:
    if padding is None:
        return []
    return [f"pad_octets={padding.hex()}" if any(padding) else f"pad={len(padding)}"]


def _dependency(dependency: Dependency) -> list[str]:
    words = [f"depends={dependency.stream}"]
    if dependency.weight != 15:
        words.append(f"weight={dependency.weight + 1}")
    return [*words, *(["exclusive"] if dependency.exclusive else [])]


def _headers(frame: Headers) -> list[str]:
    words = ["END_STREAM"] if frame.end_stream else []
    if frame.dependency is not None:
        words += _dependency(frame.dependency)
    return [*words, *_padding(frame.padding)]


def _priority(frame: Priority) -> list[str]:
    return _dependency(frame.dependency)


def _code(code: int, default: int) -> list[str]:
    return [] if code == default else [code_name(code)]


def _rst_stream(frame: RstStream) -> list[str]:
    return [code_name(frame.code)]


def _settings(frame: Settings) -> list[str]:
    pairs = [f"{setting_name(identifier)}={value}" for identifier, value in frame.values]
    return [*(["ACK"] if frame.ack else []), *pairs]


def _push_promise(frame: PushPromise) -> list[str]:
    words = ["->", str(frame.promised)]
    if frame.promised_reserved:
        words.append("promised_reserved")
    return [*words, *_padding(frame.padding)]


def _ping(frame: Ping) -> list[str]:
    payload = frame.payload.rstrip(b"\0")
    return [*(["ACK"] if frame.ack else []), *([payload.hex()] if payload else [])]


def _goaway(frame: GoAway) -> list[str]:
    words = [f"last={frame.last}", *_code(frame.code, ErrorCode.NO_ERROR)]
    if frame.last_reserved:
        words.append("last_reserved")
    return [*words, *([f"debug={quoted_octets(frame.debug)}"] if frame.debug else [])]


def _window_update(frame: WindowUpdate) -> list[str]:
    return [f"+{frame.increment}", *(["increment_reserved"] if frame.increment_reserved else [])]


def _continuation(_: Continuation) -> list[str]:
    return []


def _altsvc(frame: AltSvc) -> list[str]:
    words = [f"origin={quoted_octets(frame.origin)}"] if frame.origin else []
    return [*words, *([f"value={quoted_octets(frame.value)}"] if frame.value else [])]


def _origin(frame: Origin) -> list[str]:
    return [quoted_octets(origin) for origin in frame.origins]


def _priority_update(frame: PriorityUpdate) -> list[str]:
    words = [str(frame.prioritized)]
    if frame.prioritized_reserved:
        words.append("prioritized_reserved")
    return [*words, *([f"value={quoted_octets(frame.value)}"] if frame.value else [])]


_WRITERS: Final[dict[int, Callable[[Any], list[str]]]] = {
    FrameType.DATA.value: _data,
    FrameType.HEADERS.value: _headers,
    FrameType.PRIORITY.value: _priority,
    FrameType.RST_STREAM.value: _rst_stream,
    FrameType.SETTINGS.value: _settings,
    FrameType.PUSH_PROMISE.value: _push_promise,
    FrameType.PING.value: _ping,
    FrameType.GOAWAY.value: _goaway,
    FrameType.WINDOW_UPDATE.value: _window_update,
    FrameType.CONTINUATION.value: _continuation,
    FrameType.ALTSVC.value: _altsvc,
    FrameType.ORIGIN.value: _origin,
    FrameType.PRIORITY_UPDATE.value: _priority_update,
}
