"""Framing (RFC 9113 §4, and the layouts of §6): stream 0, lengths, padding, flags, reserved bits."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import SETS, lifting
from h2proof.oracle.replay.sent import (
    ALTSVC,
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    ORIGIN,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Sent,
)
from h2proof.oracle.replay.settings import MAX_FRAME_SIZE
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Answer, Fact, Stage, connection, rule, stream
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    DEFINED_FLAGS,
    Data,
    GoAway,
    Headers,
    PriorityUpdate,
    PushPromise,
    WindowUpdate,
)

ANY: Final = tuple(range(256))
_PROTOCOL_ERROR: Final = connection("PROTOCOL_ERROR")
_FRAME_SIZE_ERROR: Final = connection("FRAME_SIZE_ERROR", "connection:PROTOCOL_ERROR")
_UNPUNISHED: Final = Answer("none", ("ignore",))


# -- which stream --


def _needs_a_stream(sent: Sent) -> Iterator[Fact]:
    if not sent.stream:
        yield Fact(f"{sent.name} is on stream 0, which is the connection")


def _needs_stream_0(sent: Sent) -> Iterator[Fact]:
    if sent.stream:
        yield Fact(f"{sent.name} is on a stream, but concerns the connection")


@rule(
    DATA,
    "9113-6.1-04",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.1-05",),
)
def data_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """DATA is sent on a stream."""
    return _needs_a_stream(sent)


@rule(
    HEADERS,
    "9113-6.2-07",
    "9113-5.1.1-03",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.2-08",),
)
def headers_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """HEADERS is sent on a stream."""
    return _needs_a_stream(sent)


@rule(
    PRIORITY,
    "9113-6.3-01",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.3-01",),
)
def priority_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY is sent on a stream."""
    return _needs_a_stream(sent)


@rule(
    RST_STREAM,
    "9113-6.4-04",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.4-05",),
)
def rst_stream_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM is sent on a stream."""
    return _needs_a_stream(sent)


@rule(
    PUSH_PROMISE,
    "9113-6.6-06",
    "9113-6.6-12",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.6-07",),
)
def promise_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """PUSH_PROMISE is sent on a stream of the peer's."""
    return _needs_a_stream(sent)


@rule(
    CONTINUATION,
    "9113-6.10-03",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.10-04",),
)
def continuation_on_stream_0(view: View, sent: Sent) -> Iterator[Fact]:
    """CONTINUATION is sent on a stream."""
    return _needs_a_stream(sent)


@rule(
    SETTINGS,
    "9113-6.5-07",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.5-08",),
)
def settings_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """SETTINGS is sent on stream 0."""
    return _needs_stream_0(sent)


@rule(
    PING,
    "9113-6.7-06",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.7-06",),
)
def ping_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """PING is sent on stream 0."""
    return _needs_stream_0(sent)


@rule(
    GOAWAY,
    "9113-6.8-06",
    "9113-4.1-07",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.8-06",),
)
def goaway_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """GOAWAY is sent on stream 0."""
    return _needs_stream_0(sent)


# -- lengths --


def _ill_formed(sent: Sent, *, padding: bool = False) -> Iterator[Fact]:
    """The octets make no frame of their type, for the padding or for any other reason."""
    fault = sent.fault
    if fault is not None and (fault.code is ErrorCode.PROTOCOL_ERROR) is padding:
        yield Fact(fault.reason)


@rule(
    RST_STREAM,
    "9113-6.4-08",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-6.4-08", "9113-4.2-02"),
)
def rst_stream_has_wrong_length(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM has four octets."""
    return _ill_formed(sent)


@rule(
    PRIORITY,
    "9113-6.3-04",
    stage=Stage.FORMAT,
    answer=stream("FRAME_SIZE_ERROR"),
    reacts=("9113-6.3-04", "9113-4.2-02"),
)
def priority_has_wrong_length(view: View, sent: Sent) -> Iterator[Fact]:
    """PRIORITY has five octets."""
    return _ill_formed(sent)


@rule(
    SETTINGS,
    "9113-6.5-05",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-6.5-06", "9113-4.2-03"),
)
def settings_ack_has_payload(view: View, sent: Sent) -> Iterator[Fact]:
    """An acknowledgment of SETTINGS is empty."""
    if sent.is_ack:
        yield from _ill_formed(sent)


@rule(
    SETTINGS,
    "9113-6.5-10",
    "9113-6.5-09",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-6.5-10", "9113-6.5-09", "9113-4.2-03"),
)
def settings_have_wrong_length(view: View, sent: Sent) -> Iterator[Fact]:
    """SETTINGS has a multiple of six octets."""
    if not sent.is_ack:
        yield from _ill_formed(sent)


@rule(
    PING,
    "9113-6.7-01",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-6.7-07", "9113-4.2-03"),
)
def ping_has_wrong_length(view: View, sent: Sent) -> Iterator[Fact]:
    """PING has eight octets."""
    return _ill_formed(sent)


@rule(
    WINDOW_UPDATE,
    "9113-6.9-09",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-6.9-09", "9113-4.2-02"),
)
def window_update_has_wrong_length(view: View, sent: Sent) -> Iterator[Fact]:
    """WINDOW_UPDATE has four octets."""
    return _ill_formed(sent)


@rule(
    (DATA, HEADERS, PUSH_PROMISE, GOAWAY, *range(10, 256)),
    "9113-4.2-02",
    "9113-4.2-03",
    stage=Stage.FORMAT,
    answer=_FRAME_SIZE_ERROR,
    reacts=("9113-4.2-02", "9113-4.2-03"),
)
def frame_is_too_short(view: View, sent: Sent) -> Iterator[Fact]:
    """A frame is long enough for the fields of its type."""
    for fact in _ill_formed(sent):
        yield fact._replace(answer=_of_extension(view)) if sent.type in _OPTIONAL else fact


def _of_extension(view: View) -> Answer:
    """A server ignores ALTSVC and ORIGIN, a client may not know them."""
    return _UNPUNISHED if view.client else connection("FRAME_SIZE_ERROR", "ignore")


_OPTIONAL: Final = (ALTSVC, ORIGIN)


@rule(
    ANY,
    "9113-4.1-01",
    "9113-4.2-02",
    "9113-4.2-03",
    "9113-6.5-04",
    "9113-6.5.3-01",
    "9113-6.5.3-03",
    stage=Stage.PEER,
    answer=connection("FRAME_SIZE_ERROR", "connection:PROTOCOL_ERROR"),
    reacts=("9113-4.2-02", "9113-4.2-03"),
    lifts=lambda view, sent: (lifting(SETS, MAX_FRAME_SIZE),),
)
def frame_exceeds_max_frame_size(view: View, sent: Sent) -> Iterator[Fact]:
    """No frame is longer than the receiver's MAX_FRAME_SIZE."""
    limit = view.setting(MAX_FRAME_SIZE)
    if sent.length > limit:
        yield Fact(
            f"{sent.name} has {sent.length} octets where {limit} are allowed",
            answer=stream("FRAME_SIZE_ERROR") if _concerns_one_stream(sent) else None,
        )
        if view.setting_event(MAX_FRAME_SIZE) >= 0:
            yield Fact(f"MAX_FRAME_SIZE is {limit}", view.setting_event(MAX_FRAME_SIZE))


def _concerns_one_stream(sent: Sent) -> bool:
    """Not a field block, not SETTINGS, not stream 0 (§4.2)."""
    blocks = (HEADERS, PUSH_PROMISE, CONTINUATION, SETTINGS)
    return bool(sent.stream) and sent.type not in blocks


# -- padding --


@rule(
    DATA,
    "9113-6.1-09",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR", "connection:FRAME_SIZE_ERROR", "stream:FRAME_SIZE_ERROR"),
    reacts=("9113-6.1-09",),
)
def data_padding_is_too_long(view: View, sent: Sent) -> Iterator[Fact]:
    """The padding of DATA is shorter than the payload."""
    return _ill_formed(sent, padding=True)


@rule(
    HEADERS,
    "9113-6.2-09",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR", "connection:FRAME_SIZE_ERROR"),
    reacts=("9113-6.2-09",),
)
def headers_padding_is_too_long(view: View, sent: Sent) -> Iterator[Fact]:
    """The padding of HEADERS is shorter than the payload."""
    return _ill_formed(sent, padding=True)


@rule(
    PUSH_PROMISE,
    "9113-6.6-18",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR", "connection:FRAME_SIZE_ERROR"),
    reacts=("9113-6.6-18",),
)
def promise_padding_is_too_long(view: View, sent: Sent) -> Iterator[Fact]:
    """The padding of PUSH_PROMISE is shorter than the payload."""
    return _ill_formed(sent, padding=True)


@rule(
    (DATA, HEADERS, PUSH_PROMISE),
    "9113-6.1-02",
    "9113-6.2-02",
    "9113-6.6-02",
    stage=Stage.MINOR,
    answer=connection("PROTOCOL_ERROR", "accept"),
    blindly=True,
)
def padding_is_not_zero(view: View, sent: Sent) -> Iterator[Fact]:
    """Padding consists of octets of zero."""
    frame = sent.frame
    if isinstance(frame, Data | Headers | PushPromise) and frame.padding and any(frame.padding):
        cites = {DATA: "9113-6.1-02", HEADERS: "9113-6.2-02", PUSH_PROMISE: "9113-6.6-02"}
        yield Fact(f"the padding of {sent.name} is not zero", cites=(cites[sent.type],))


# -- bits without a meaning --


@rule(
    tuple(DEFINED_FLAGS),
    "9113-4.1-04",
    stage=Stage.MINOR,
    answer=_UNPUNISHED,
    blindly=True,
)
def undefined_flags_are_set(view: View, sent: Sent) -> Iterator[Fact]:
    """Flags that a frame type does not define are left unset."""
    undefined = sent.flags & 0xFF & ~DEFINED_FLAGS[sent.type]
    if undefined:
        yield Fact(f"{sent.name} has the undefined flags 0x{undefined:02x}")


@rule(ANY, "9113-4.1-05", stage=Stage.MINOR, answer=_UNPUNISHED, blindly=True)
def reserved_bit_is_set(view: View, sent: Sent) -> Iterator[Fact]:
    """Reserved bits in front of a stream identifier or an increment are left unset."""
    if sent.reserved or _has_reserved_bit(sent):
        yield Fact(f"{sent.name} has a reserved bit set")


def _has_reserved_bit(sent: Sent) -> bool:
    match sent.frame:
        case PushPromise(promised_reserved=bit) | GoAway(last_reserved=bit):
            return bit
        case WindowUpdate(increment_reserved=bit) | PriorityUpdate(prioritized_reserved=bit):
            return bit
    return False


RULES: Final = (
    data_on_stream_0,
    headers_on_stream_0,
    priority_on_stream_0,
    rst_stream_on_stream_0,
    promise_on_stream_0,
    continuation_on_stream_0,
    settings_on_a_stream,
    ping_on_a_stream,
    goaway_on_a_stream,
    rst_stream_has_wrong_length,
    priority_has_wrong_length,
    settings_ack_has_payload,
    settings_have_wrong_length,
    ping_has_wrong_length,
    window_update_has_wrong_length,
    frame_is_too_short,
    data_padding_is_too_long,
    headers_padding_is_too_long,
    promise_padding_is_too_long,
    frame_exceeds_max_frame_size,
    padding_is_not_zero,
    undefined_flags_are_set,
    reserved_bit_is_set,
)
