"""What a connection does with each frame of its peer: one function a type, and the table.

A function asks the machine that knows, then lets `Core` do what was said. It gives the fault that
the frame earned, which `Core.answer` answers. The order is the same everywhere: what concerns the
connection (field blocks, its window) first, then the stream's state, then its window, then the
message.
"""

from collections.abc import Callable
from typing import Any, Final

from h2proof.sim.codec import FrameHeader, decode
from h2proof.sim.core import Core
from h2proof.sim.errors import ErrorCode, Fault, connection_error, stream_error
from h2proof.sim.extensions import alternative, origin_set, refuse_priority_update
from h2proof.sim.fields import Malformed
from h2proof.sim.frames import (
    ACK,
    AltSvc,
    Continuation,
    Data,
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
    Unreadable,
    WindowUpdate,
    type_name,
)
from h2proof.sim.hpack import Fields, Undecodable
from h2proof.sim.messages import Step, request_step, response_step, trailers_step
from h2proof.sim.notices import (
    DataReceived,
    GoAwayReceived,
    InformationalReceived,
    Notice,
    PingAcknowledged,
    PingReceived,
    PriorityUpdated,
    PromiseReceived,
    RequestReceived,
    ResponseReceived,
    SettingsAcknowledged,
    SettingsReceived,
    StreamReset,
    TrailersReceived,
    WindowOpened,
)
from h2proof.sim.push import promised_request, receive_promise, refuse_promise
from h2proof.sim.settings import value_fault
from h2proof.sim.streams import Cell, Event, Role, State, Stream

# fmt: off
PLACES: Final[dict[int, tuple[bool, str]]] = {
    FrameType.DATA:            (True,  "RFC9113-6.1-05"),
    FrameType.HEADERS:         (True,  "RFC9113-6.2-08"),
    FrameType.PRIORITY:        (True,  "RFC9113-6.3-01"),
    FrameType.RST_STREAM:      (True,  "RFC9113-6.4-05"),
    FrameType.PUSH_PROMISE:    (True,  "RFC9113-6.6-07"),
    FrameType.CONTINUATION:    (True,  "RFC9113-6.10-04"),
    FrameType.SETTINGS:        (False, "RFC9113-6.5-08"),
    FrameType.PING:            (False, "RFC9113-6.7-06"),
    FrameType.GOAWAY:          (False, "RFC9113-6.8-06"),
    FrameType.PRIORITY_UPDATE: (False, "RFC9218-7.1-02"),
}
# fmt: on
"""Whether a frame of each type has a stream; elsewhere it is a connection error PROTOCOL_ERROR."""

STREAM_SIZED: Final = frozenset({FrameType.DATA.value, FrameType.PRIORITY.value})
"""Types of which one that is too long for the settings is an error of its stream (§4.2)."""


def take(core: Core, header: FrameHeader, payload: bytes | None) -> Fault | None:
    """One frame of the peer; a payload of None was longer than this endpoint allows."""
    kind, stream = header.type, header.stream
    if core.block.opener is not None and (fault := core.block.intruder(kind, stream)):
        return fault
    if not core.greeted:
        if kind != FrameType.SETTINGS or header.flags & ACK:
            reason = f"the first frame is {type_name(kind)}, not SETTINGS"
            return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-3.4-09", reason)
        core.greeted = True
    place = PLACES.get(kind)
    if place is not None and place[0] is not (stream != 0):
        reason = f"{type_name(kind)} on stream {stream}"
        return connection_error(ErrorCode.PROTOCOL_ERROR, place[1], reason)
    if payload is None:
        return _oversized(core, header)
    core.fruitless += 1
    receiver = RECEIVERS[core.role].get(kind)
    if receiver is not None:
        frame = decode(header, payload)
        fault = frame.fault if isinstance(frame, Unreadable) else receiver(core, frame)
        if fault is not None:
            return fault
    if core.fruitless > core.limits.fruitless_frames_max:
        reason = f"{core.fruitless} frames in a row moved nothing"
        return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)
    return None


def _oversized(core: Core, header: FrameHeader) -> Fault | None:
    """A frame above SETTINGS_MAX_FRAME_SIZE, judged by its header alone (§4.2)."""
    kind, stream, length = header.type, header.stream, header.length
    reason = f"{type_name(kind)} with {length} octets, above {core.reader.payload_max}"
    if not stream or (kind in PLACES and kind not in STREAM_SIZED):
        return connection_error(ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-03", reason)
    if kind == FrameType.DATA:
        if fault := core.flow.take_connection(length):
            return fault
        core.give_back(length)
    return stream_error(stream, ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-02", reason)


# -- content --


def _data(core: Core, frame: Data) -> Fault | None:
    octets = frame.flow_controlled_length
    if fault := core.flow.take_connection(octets):
        return fault
    cell = _cell(core, "DATA_ES" if frame.end_stream else "DATA", frame.stream)
    if not isinstance(cell, Cell):
        return _discarded(core, octets, cell)
    stream = core.streams.live[frame.stream]
    refused = core.flow.stream_fault(stream, octets) or _content_fault(stream, frame)
    if refused is not None:
        return _discarded(core, octets, refused)
    core.flow.take_stream(stream, octets)
    stream.incoming.take_data(len(frame.data))
    core.move(stream, cell.next)
    if octets or frame.end_stream:
        core.fruitless = 0
    core.notices.append(DataReceived(stream.id, frame.data, octets, frame.end_stream))
    return None


def _discarded(core: Core, octets: int, fault: Fault | None = None) -> Fault | None:
    """The owner never sees these octets, so nobody else would credit them (§6.9)."""
    if fault is None or fault.scope == "stream":
        core.give_back(octets)
    return fault


def _content_fault(stream: Stream, frame: Data) -> Fault | None:
    malformed = stream.incoming.check_data(len(frame.data), frame.end_stream)
    return None if malformed is None else _malformed(stream.id, malformed)


def _malformed(stream: int, why: Malformed) -> Fault:
    return stream_error(stream, ErrorCode.PROTOCOL_ERROR, why.requirement, why.reason)


# -- field blocks --


def _opens_block(core: Core, frame: Headers | PushPromise) -> Fault | None:
    fault = core.block.open(frame)
    return _block(core) if fault is None and frame.end_headers else fault


def _continuation(core: Core, frame: Continuation) -> Fault | None:
    if core.block.opener is None:
        reason = f"CONTINUATION on stream {frame.stream} continues nothing"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-6.10-06", reason)
    fault = core.block.extend(frame.fragment)
    return _block(core) if fault is None and frame.end_headers else fault


def _block(core: Core) -> Fault | None:
    """The block is whole. It is decoded whatever becomes of it, for the table moves (§4.3)."""
    opener = core.block.opener
    fields = core.decoder.decode(core.block.close())
    if isinstance(fields, Undecodable):
        clause = "RFC9113-4.3-06" if fields.oversized else "RFC9113-4.3-07"
        return connection_error(ErrorCode.COMPRESSION_ERROR, clause, fields.reason)
    if isinstance(opener, PushPromise):
        return _promise(core, opener, fields)
    assert opener is not None
    return _headers(core, opener, fields)


def _headers(core: Core, frame: Headers, fields: Fields) -> Fault | None:
    cell = _headers_cell(core, frame)
    if not isinstance(cell, Cell):
        return cell
    number = frame.stream
    stream = core.streams.live.get(number)
    opens = stream is None
    crowded = _crowded(core, number) if stream is None or stream.state.reserved else None
    if stream is None:
        assert cell.next is not None
        stream = core.streams.open(number, cell.next)
        core.priorities.opened(number)
    step = (
        crowded
        or _too_large(core, number)
        or _section(core, stream, fields, frame.end_stream, opens)
    )
    if isinstance(step, Fault):
        return step
    _apply(stream, step)
    core.move(stream, cell.next)
    core.fruitless = 0
    core.notices.append(_section_notice(step, number, fields, frame.end_stream))
    return None


def _headers_cell(core: Core, frame: Headers) -> Cell | Fault | None:
    known = core.promised_state is State.RESERVED_LOCAL
    if not known and core.streams.is_own(frame.stream):
        reason = f"HEADERS on stream {frame.stream}, which is not the client's"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-5.1.1-01", reason)
    return _cell(core, "HEADERS_ES" if frame.end_stream else "HEADERS", frame.stream)


def _section(
    core: Core, stream: Stream, fields: Fields, end_stream: bool, opens: bool
) -> Step | Fault:
    """What the field section is in its message, or why it makes the message malformed."""
    if opens:
        step = request_step(fields, end_stream, core.extended_connect)
    elif core.role == "client":
        step = response_step(stream.incoming, stream.method, fields, end_stream)
    else:
        step = trailers_step(stream.incoming, fields, end_stream)
    return _malformed(stream.id, step) if isinstance(step, Malformed) else step


def _apply(stream: Stream, step: Step) -> None:
    stream.incoming.apply(step)
    if step.section == "request":
        stream.method = step.method
    if step.phase == "tunnel":
        stream.outgoing.phase = "tunnel"


def _section_notice(step: Step, stream: int, fields: Fields, end_stream: bool) -> Notice:
    match step.section:
        case "request":
            return RequestReceived(stream, fields, end_stream)
        case "response":
            return ResponseReceived(stream, fields, end_stream)
        case "interim":
            return InformationalReceived(stream, fields)
        case "trailers":
            return TrailersReceived(stream, fields)


def _crowded(core: Core, stream: int) -> Fault | None:
    """One stream more would be active than the peer has acknowledged, or than we bear (§5.1.2)."""
    if core.streams.their_active < core.streams_max:
        return None
    reason = f"{core.streams.their_active} streams are active, one more is too many"
    return stream_error(stream, ErrorCode.REFUSED_STREAM, "RFC9113-5.1.2-03", reason)


def _too_large(core: Core, stream: int) -> Fault | None:
    """The section is above the announced or the own limit; its block was decoded (§10.5.1)."""
    size, most = core.decoder.section_octets, core.section_octets_max
    if size <= most:
        return None
    reason = f"a field section of {size} octets, above {most}"
    return stream_error(stream, ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5.1-02", reason)


def _promise(core: Core, frame: PushPromise, fields: Fields) -> Fault | None:
    promised = frame.promised
    if core.beyond_goaway(promised):
        return None
    if fault := receive_promise(core.streams, core.own, frame.stream, promised):
        return fault
    stream = core.streams.open(promised, State.RESERVED_REMOTE)
    associated = core.streams.live.get(frame.stream)
    if associated is not None and associated.incoming.phase == "tunnel":
        reason = "PUSH_PROMISE on a connected stream"
        core.answer(_malformed(frame.stream, Malformed("RFC9113-8.5-06", reason)))
    step = _too_large(core, promised) or promised_request(
        core.streams, core.limits, promised, fields
    )
    if isinstance(step, Fault):
        return step
    stream.method = step.method
    core.fruitless = 0
    core.notices.append(PromiseReceived(frame.stream, promised, fields))
    return None


def _unwanted_promise(core: Core, frame: PushPromise) -> Fault:
    return refuse_promise(frame.stream)


# -- control --


def _priority(core: Core, frame: Priority) -> None:
    """Taken in every state, and obeyed in none (§5.3.2, §6.3)."""


def _rst_stream(core: Core, frame: RstStream) -> Fault | None:
    cell = _cell(core, "RST_STREAM", frame.stream)
    if cell is None or isinstance(cell, Fault):
        return cell
    core.move(core.streams.live[frame.stream], cell.next)
    core.fruitless = 0
    core.notices.append(StreamReset(frame.stream, frame.code))
    core.resets += 1
    most = core.limits.resets_max
    if most is None or core.resets <= most:
        return None
    reason = f"{core.resets} streams were reset and not ended"
    return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)


def _window_update(core: Core, frame: WindowUpdate) -> Fault | None:
    if not frame.stream:
        fault = core.flow.open_connection(frame.increment)
    else:
        cell = _cell(core, "WINDOW_UPDATE", frame.stream)
        if cell is None or isinstance(cell, Fault):
            return cell
        fault = core.flow.open_stream(core.streams.live[frame.stream], frame.increment)
    if fault is None:
        core.fruitless = 0
        core.notices.append(WindowOpened(frame.stream, frame.increment))
    return fault


def _cell(core: Core, event: Event, stream: int) -> Cell | Fault | None:
    """The cell to follow, the fault, or None where the frame is ignored."""
    if core.goaway_sent is not None and core.beyond_goaway(stream):
        return None
    cell = core.streams.receive(event, stream)
    return None if isinstance(cell, Cell) and cell.kind == "ignore" else cell


def _settings(core: Core, frame: Settings) -> Fault | None:
    if frame.ack:
        values = core.own.acknowledge()
        if values is not None:
            core.bind_settings()
            core.notices.append(SettingsAcknowledged(values))
        return None
    for identifier, value in frame.values:
        if fault := value_fault(identifier, value, core.peer_role):
            return fault
    if fault := core.obey(frame.values):
        return fault
    core.write(Settings(ack=True))
    core.notices.append(SettingsReceived(frame.values))
    return None


def _ping(core: Core, frame: Ping) -> None:
    if frame.ack:
        core.notices.append(PingAcknowledged(frame.payload))
    else:
        core.write(Ping(frame.payload, ack=True))
        core.notices.append(PingReceived(frame.payload))


def _goaway(core: Core, frame: GoAway) -> None:
    known = core.goaway_received
    core.goaway_received = frame.last if known is None else min(known, frame.last)
    core.notices.append(GoAwayReceived(frame.last, frame.code, frame.debug))


# -- extensions --


def _priority_update(core: Core, frame: PriorityUpdate) -> Fault | None:
    told = core.priorities.receive(frame, core.streams, core.streams_max)
    if isinstance(told, PriorityUpdated):
        core.notices.append(told)
        return None
    return told


def _unwanted_priority_update(core: Core, frame: PriorityUpdate) -> Fault:
    return refuse_priority_update()


def _altsvc(core: Core, frame: AltSvc) -> None:
    if told := alternative(frame):
        core.notices.append(told)


def _origin(core: Core, frame: Origin) -> None:
    if told := origin_set(frame, cleartext=core.cleartext):
        core.notices.append(told)


# -- the table --

Receiver = Callable[[Core, Any], Fault | None]

# fmt: off
_BOTH: Final[dict[int, Receiver]] = {
    FrameType.DATA:          _data,
    FrameType.HEADERS:       _opens_block,
    FrameType.PRIORITY:      _priority,
    FrameType.RST_STREAM:    _rst_stream,
    FrameType.SETTINGS:      _settings,
    FrameType.PING:          _ping,
    FrameType.GOAWAY:        _goaway,
    FrameType.WINDOW_UPDATE: _window_update,
    FrameType.CONTINUATION:  _continuation,
}
RECEIVERS: Final[dict[Role, dict[int, Receiver]]] = {
    "client": _BOTH | {
        FrameType.PUSH_PROMISE:    _opens_block,
        FrameType.ALTSVC:          _altsvc,
        FrameType.ORIGIN:          _origin,
        FrameType.PRIORITY_UPDATE: _unwanted_priority_update,
    },
    "server": _BOTH | {
        FrameType.PUSH_PROMISE:    _unwanted_promise,
        FrameType.PRIORITY_UPDATE: _priority_update,
    },
}
# fmt: on
"""By the receiver's role; what a table does not have is discarded (§5.5)."""
