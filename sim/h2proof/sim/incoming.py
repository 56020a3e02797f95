"""What a connection does with each frame of its peer: one function a type, and the table.

A function asks the machine that knows, then lets `Core` do what was said. It gives the fault that
the frame earned, which `Core.answer` answers. The order is the same everywhere: what concerns the
connection (field blocks, its window) first, then the stream's state, then its window, then the
message.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from h2proof.sim.codec import STREAM_MAX, FrameHeader, decode, encode, raw
from h2proof.sim.core import Core
from h2proof.sim.errors import ErrorCode, Fault, connection_error, stream_error
from h2proof.sim.extensions import alternative, origin_set, refuse_priority_update
from h2proof.sim.fields import Malformed
from h2proof.sim.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    PRIORITY_FLAG,
    AltSvc,
    AnyFrame,
    Data,
    FrameType,
    Headers,
    Origin,
    PriorityUpdate,
    PushPromise,
    Settings,
    Unreadable,
    type_name,
)
from h2proof.sim.hpack import Undecodable
from h2proof.sim.messages import UNKNOWN, Step, request_step, response_step, trailers_step
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
from h2proof.sim.settings import SETTING, read_announcement
from h2proof.sim.streams import RECEIVE, RESERVED_LOCAL, RESERVED_REMOTE, Cell, Event, Role
from h2proof.sim.values import value

SETTINGS: Final = FrameType.SETTINGS.value
STREAM_SIZED: Final = frozenset({FrameType.DATA.value, FrameType.PRIORITY.value})
"""Types of which one that is too long for the settings is an error of its stream (§4.2)."""

_DATA: Final = RECEIVE["DATA"], RECEIVE["DATA_ES"]
_HEADERS: Final = RECEIVE["HEADERS"], RECEIVE["HEADERS_ES"]
"""What they do in each state, without END_STREAM and with it."""

SETTINGS_ACK: Final = encode(Settings(ack=True))
PING_OCTETS: Final = 8

_U32: Final = Struct(">L")
_TWO_U32: Final = Struct(">LL")


def misplaced(core: Core, row: Row | None, kind: int, flags: int, stream: int) -> Fault | None:
    """What a frame earns that may not come here, whatever it says; None if it may."""
    if core.block.stream and (fault := core.block.intruder(kind, stream)):
        return fault
    if not core.greeted:
        if kind != SETTINGS or flags & ACK:
            reason = f"the first frame is {type_name(kind)}, not SETTINGS"
            return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-3.4-09", reason)
        core.greeted = True
    if row is None or row.on_stream is not (stream == 0):
        return None
    reason = f"{type_name(kind)} on stream {stream}"
    return connection_error(ErrorCode.PROTOCOL_ERROR, row.requirement, reason)


def oversized(
    core: Core, row: Row | None, kind: int, flags: int, stream: int, length: int
) -> Fault | None:
    """A frame above SETTINGS_MAX_FRAME_SIZE, judged by its header alone (§4.2)."""
    if fault := misplaced(core, row, kind, flags, stream):
        return fault
    reason = f"{type_name(kind)} with {length} octets, above {core.payload_max}"
    placed = row is not None and row.on_stream is not None
    if not stream or (placed and kind not in STREAM_SIZED):
        return connection_error(ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-03", reason)
    if kind == FrameType.DATA:
        if fault := core.flow.take_connection(length):
            return fault
        core.give_back(length)
    return stream_error(stream, ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-02", reason)


def fruitless(core: Core) -> Fault:
    """Too many frames came that only asked for an answer, or did nothing (`Limits`)."""
    reason = f"{core.fruitless} frames in a row moved nothing"
    return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)


def _frame(kind: FrameType, flags: int, stream: int, payload: bytes) -> AnyFrame:
    """The frame as the codec reads it: for what is rare, and for what makes no frame."""
    return decode(FrameHeader(len(payload), kind.value, flags, stream), payload)


def _misshapen(kind: FrameType, flags: int, stream: int, payload: bytes) -> Fault:
    frame = _frame(kind, flags, stream, payload)
    assert isinstance(frame, Unreadable)
    return frame.fault


# -- content --


def _data(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    content, size = payload, length
    if flags & PADDED:
        frame = _frame(FrameType.DATA, flags, number, payload)
        if not isinstance(frame, Data):
            return _misshapen(FrameType.DATA, flags, number, payload)
        content = frame.data
        size = len(content)
    ends = flags & END_STREAM
    stream = core.streams.live.get(number)
    if stream is None or (cell := _DATA[ends][stream.state]).kind != "take":
        return _late_data(core, ends, number, length)
    if fault := core.flow.take(stream, length):
        return _discarded(core, length, fault)
    message = stream.incoming
    if message.left != UNKNOWN:
        if why := message.check_data(size, ends != 0):
            return _discarded(core, length, _malformed(number, why))
        message.left -= size
    if cell.next is not None:
        core.move(stream, cell.next)
    if length or ends:
        core.fruitless = 0
    core.notices.append(DataReceived(number, content, length, ends != 0))
    return None


def _late_data(core: Core, ends: int, number: int, length: int) -> Fault | None:
    """DATA on a stream that takes none counts against the connection's window all the same."""
    if fault := core.flow.take_connection(length):
        return fault
    outcome = _cell(core, "DATA_ES" if ends else "DATA", number)
    assert type(outcome) is not Cell
    return _discarded(core, length, outcome)


def _discarded(core: Core, octets: int, fault: Fault | None) -> Fault | None:
    """The owner never sees these octets, so nobody else would credit them (§6.9)."""
    if fault is None or fault.scope == "stream":
        core.give_back(octets)
    return fault


def _malformed(stream: int, why: Malformed) -> Fault:
    return stream_error(stream, ErrorCode.PROTOCOL_ERROR, why.requirement, why.reason)


# -- field blocks --


def _headers(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if flags & (PADDED | PRIORITY_FLAG):
        frame = _frame(FrameType.HEADERS, flags, number, payload)
        if not isinstance(frame, Headers):
            return _misshapen(FrameType.HEADERS, flags, number, payload)
        payload = frame.fragment
        length = len(payload)
    if not flags & END_HEADERS:
        return core.block.open(FrameType.HEADERS.value, flags, number, payload)
    if length > core.limits.field_block_octets_max:
        return core.block.fault(length)
    return _section(core, flags, number, payload)


def _push_promise(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if flags & PADDED or length < _U32.size:
        frame = _frame(FrameType.PUSH_PROMISE, flags, number, payload)
        if not isinstance(frame, PushPromise):
            return _misshapen(FrameType.PUSH_PROMISE, flags, number, payload)
        promised, payload = frame.promised, frame.fragment
    else:
        promised = _U32.unpack_from(payload)[0] & STREAM_MAX
        payload = payload[_U32.size :]
    if not flags & END_HEADERS:
        return core.block.open(FrameType.PUSH_PROMISE.value, flags, number, payload, promised)
    if length > core.limits.field_block_octets_max and (fault := core.block.fault(len(payload))):
        return fault
    return _promise(core, number, promised, payload)


def _continuation(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    block = core.block
    if not block.stream:
        reason = f"CONTINUATION on stream {number} continues nothing"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-6.10-06", reason)
    fault = block.extend(payload)
    if fault is not None or not flags & END_HEADERS:
        return fault
    whole = block.close()
    if block.type == FrameType.HEADERS:
        return _section(core, block.flags, number, whole)
    return _promise(core, number, block.promised, whole)


def _undecodable(why: Undecodable) -> Fault:
    clause = "RFC9113-4.3-06" if why.oversized else "RFC9113-4.3-07"
    return connection_error(ErrorCode.COMPRESSION_ERROR, clause, why.reason)


def _section(core: Core, flags: int, number: int, block: bytes) -> Fault | None:
    """A whole HEADERS. Its block is decoded whatever becomes of it, for the table moves (§4.3)."""
    fields = core.decoder.decode(block)
    if type(fields) is Undecodable:
        return _undecodable(fields)
    ends = flags & END_STREAM
    stream = core.streams.live.get(number)
    if (
        stream is None
        or (cell := _HEADERS[ends][stream.state]).kind != "take"
        or core.promised_state is not RESERVED_LOCAL
    ):
        outcome = _headers_cell(core, ends, number)
        if type(outcome) is not Cell:
            return outcome
        cell = outcome
    opens = stream is None
    crowded = _crowded(core, number) if stream is None or stream.state.reserved else None
    if stream is None:
        assert cell.next is not None
        stream = core.streams.open(number, cell.next)
        core.priorities.opened(number)
    if crowded is not None:
        return crowded
    if core.decoder.section_octets > core.section_octets_max:
        return _too_large(core, number)
    if opens:
        step = request_step(fields, ends != 0, core.extended_connect)
    elif core.role == "client":
        step = response_step(stream.incoming, stream.method, fields, ends != 0)
    else:
        step = trailers_step(stream.incoming, fields, ends != 0)
    if type(step) is Malformed:
        return _malformed(number, step)
    message = stream.incoming
    message.phase, message.left = step.phase, step.left
    if opens:
        stream.method = step.method
    if step.phase == "tunnel":
        stream.outgoing.phase = "tunnel"
    if cell.next is not None and not opens:
        core.move(stream, cell.next)
    core.fruitless = 0
    notice: Notice
    if step.section == "response":
        notice = ResponseReceived(number, fields, ends != 0)
    elif step.section == "request":
        notice = RequestReceived(number, fields, ends != 0)
    elif step.section == "interim":
        notice = InformationalReceived(number, fields)
    else:
        notice = TrailersReceived(number, fields)
    core.notices.append(notice)
    return None


def _headers_cell(core: Core, ends: int, number: int) -> Cell | Fault | None:
    known = core.promised_state is RESERVED_LOCAL
    if not known and core.streams.is_own(number):
        reason = f"HEADERS on stream {number}, which is not the client's"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-5.1.1-01", reason)
    return _cell(core, "HEADERS_ES" if ends else "HEADERS", number)


def _crowded(core: Core, stream: int) -> Fault | None:
    """One stream more would be active than the peer has acknowledged, or than we bear (§5.1.2)."""
    if core.streams.their_active < core.streams_max:
        return None
    reason = f"{core.streams.their_active} streams are active, one more is too many"
    return stream_error(stream, ErrorCode.REFUSED_STREAM, "RFC9113-5.1.2-03", reason)


def _too_large(core: Core, stream: int) -> Fault:
    """The section is above the announced or the own limit; its block was decoded (§10.5.1)."""
    size, most = core.decoder.section_octets, core.section_octets_max
    reason = f"a field section of {size} octets, above {most}"
    return stream_error(stream, ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5.1-02", reason)


def _promise(core: Core, number: int, promised: int, block: bytes) -> Fault | None:
    """A whole PUSH_PROMISE; its block is decoded whatever becomes of it, too."""
    fields = core.decoder.decode(block)
    if type(fields) is Undecodable:
        return _undecodable(fields)
    if core.goaway_sent is not None and core.beyond_goaway(promised):
        return None
    if fault := receive_promise(core.streams, core.own, number, promised):
        return fault
    stream = core.streams.open(promised, RESERVED_REMOTE)
    associated = core.streams.live.get(number)
    if associated is not None and associated.incoming.phase == "tunnel":
        reason = "PUSH_PROMISE on a connected stream"
        core.answer(_malformed(number, Malformed("RFC9113-8.5-06", reason)))
    if core.decoder.section_octets > core.section_octets_max:
        return _too_large(core, promised)
    step = promised_request(core.streams, core.limits, promised, fields)
    if type(step) is not Step:
        return step
    stream.method = step.method
    core.fruitless = 0
    core.notices.append(PromiseReceived(number, promised, fields))
    return None


def _unwanted_promise(
    core: Core, flags: int, number: int, length: int, payload: bytes
) -> Fault | None:
    frame = _frame(FrameType.PUSH_PROMISE, flags, number, payload)
    return frame.fault if isinstance(frame, Unreadable) else refuse_promise(number)


# -- control --


def _priority(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    """Taken in every state, and obeyed in none (§5.3.2, §6.3)."""
    frame = _frame(FrameType.PRIORITY, flags, number, payload)
    return frame.fault if isinstance(frame, Unreadable) else None


def _rst_stream(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if length != _U32.size:
        return _misshapen(FrameType.RST_STREAM, flags, number, payload)
    cell = _cell(core, "RST_STREAM", number)
    if type(cell) is not Cell:
        return cell
    assert cell.next is not None
    core.move(core.streams.live[number], cell.next)
    core.fruitless = 0
    core.notices.append(StreamReset(number, _U32.unpack(payload)[0]))
    core.resets += 1
    most = core.limits.resets_max
    if most is None or core.resets <= most:
        return None
    reason = f"{core.resets} streams were reset and not ended"
    return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)


def _window_update(
    core: Core, flags: int, number: int, length: int, payload: bytes
) -> Fault | None:
    if length != _U32.size:
        return _misshapen(FrameType.WINDOW_UPDATE, flags, number, payload)
    increment = _U32.unpack(payload)[0] & STREAM_MAX
    if not number:
        fault = core.flow.open_connection(increment)
    else:
        cell = _cell(core, "WINDOW_UPDATE", number)
        if type(cell) is not Cell:
            return cell
        fault = core.flow.open_stream(core.streams.live[number], increment)
    if fault is None:
        core.fruitless = 0
        core.notices.append(WindowOpened(number, increment))
    return fault


def _cell(core: Core, event: Event, stream: int) -> Cell | Fault | None:
    """The cell to follow, the fault, or None where the frame is ignored."""
    if core.goaway_sent is not None and core.beyond_goaway(stream):
        return None
    return core.streams.receive(event, stream)


def _settings(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if length % SETTING.size or (length and flags & ACK):
        return _misshapen(FrameType.SETTINGS, flags, number, payload)
    if flags & ACK:
        acknowledged = core.own.acknowledge()
        if acknowledged is not None:
            core.bind_settings(acknowledged)
            core.notices.append(SettingsAcknowledged(acknowledged))
        return None
    values = read_announcement(payload, core.peer_role)
    if isinstance(values, Fault):
        return values
    if fault := core.obey(values):
        return fault
    core.output.append(SETTINGS_ACK)
    core.notices.append(SettingsReceived(values))
    return None


def _ping(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if length != PING_OCTETS:
        return _misshapen(FrameType.PING, flags, number, payload)
    if flags & ACK:
        core.notices.append(PingAcknowledged(payload))
    else:
        core.output.append(raw(FrameType.PING, ACK, 0, payload))
        core.notices.append(PingReceived(payload))
    return None


def _goaway(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    if length < _TWO_U32.size:
        return _misshapen(FrameType.GOAWAY, flags, number, payload)
    last, code = _TWO_U32.unpack_from(payload)
    last &= STREAM_MAX
    known = core.goaway_received
    core.goaway_received = last if known is None else min(known, last)
    core.notices.append(GoAwayReceived(last, code, payload[_TWO_U32.size :]))
    return None


# -- extensions --


def _priority_update(
    core: Core, flags: int, number: int, length: int, payload: bytes
) -> Fault | None:
    frame = _frame(FrameType.PRIORITY_UPDATE, flags, number, payload)
    if not isinstance(frame, PriorityUpdate):
        return _misshapen(FrameType.PRIORITY_UPDATE, flags, number, payload)
    if core.role == "client":
        return refuse_priority_update()
    told = core.priorities.receive(frame, core.streams, core.streams_max)
    if isinstance(told, PriorityUpdated):
        core.notices.append(told)
        return None
    return told


def _altsvc(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    frame = _frame(FrameType.ALTSVC, flags, number, payload)
    if not isinstance(frame, AltSvc):
        return _misshapen(FrameType.ALTSVC, flags, number, payload)
    if told := alternative(frame):
        core.notices.append(told)
    return None


def _origin(core: Core, flags: int, number: int, length: int, payload: bytes) -> Fault | None:
    frame = _frame(FrameType.ORIGIN, flags, number, payload)
    if not isinstance(frame, Origin):
        return _misshapen(FrameType.ORIGIN, flags, number, payload)
    if told := origin_set(frame, cleartext=core.cleartext):
        core.notices.append(told)
    return None


# -- the table --


@value(frozen=True, slots=True)
class Row:
    """What concerns every frame of a type."""

    on_stream: bool | None
    """Whether it has a stream; elsewhere it is a connection error PROTOCOL_ERROR."""
    requirement: str
    receiver: Callable[[Core, int, int, int, bytes], Fault | None]
    """Takes flags, stream, length and payload."""


# fmt: off
_BOTH: Final[dict[int, Row]] = {
    FrameType.DATA:            Row(True,  "RFC9113-6.1-05",  _data),
    FrameType.HEADERS:         Row(True,  "RFC9113-6.2-08",  _headers),
    FrameType.PRIORITY:        Row(True,  "RFC9113-6.3-01",  _priority),
    FrameType.RST_STREAM:      Row(True,  "RFC9113-6.4-05",  _rst_stream),
    FrameType.CONTINUATION:    Row(True,  "RFC9113-6.10-04", _continuation),
    FrameType.SETTINGS:        Row(False, "RFC9113-6.5-08",  _settings),
    FrameType.PING:            Row(False, "RFC9113-6.7-06",  _ping),
    FrameType.GOAWAY:          Row(False, "RFC9113-6.8-06",  _goaway),
    FrameType.WINDOW_UPDATE:   Row(None,  "",                _window_update),
    FrameType.PRIORITY_UPDATE: Row(False, "RFC9218-7.1-02",  _priority_update),
}
_CLIENT: Final[dict[int, Row]] = _BOTH | {
    FrameType.PUSH_PROMISE:    Row(True,  "RFC9113-6.6-07",  _push_promise),
    FrameType.ALTSVC:          Row(None,  "",                _altsvc),
    FrameType.ORIGIN:          Row(None,  "",                _origin),
}
_SERVER: Final[dict[int, Row]] = _BOTH | {
    FrameType.PUSH_PROMISE:    Row(True,  "RFC9113-6.6-07",  _unwanted_promise),
}
# fmt: on
LAST_TYPE: Final = max(FrameType).value
ROWS: Final[dict[Role, tuple[Row | None, ...]]] = {
    "client": tuple(map(_CLIENT.get, range(LAST_TYPE + 1))),
    "server": tuple(map(_SERVER.get, range(LAST_TYPE + 1))),
}
"""By the receiver's role, and by type; a frame that has no row is discarded (§5.5)."""
