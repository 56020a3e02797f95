"""Server push (RFC 9113 §6.6, §8.4): who may promise, on which stream, which identifier, what.

Both directions are decided here and nothing is changed: a promise is carried out by the
connection. The response to a promised request is an ordinary message, and known to `messages`.
"""

from typing import Final

from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error, stream_error
from h2proof.sim.fields import Malformed
from h2proof.sim.hpack import Fields
from h2proof.sim.limits import Limits
from h2proof.sim.messages import Step, promised_step
from h2proof.sim.settings import ENABLE_PUSH, OwnSettings, PeerSettings
from h2proof.sim.streams import SEND, Role, Stream, Streams

_PROMISE_ON: Final = SEND["PROMISE_ON"]


def refuse_promise(stream: int) -> Fault:
    """A client cannot push: PUSH_PROMISE is an error in every state of a server (§8.4)."""
    reason = f"a client sent PUSH_PROMISE on stream {stream}"
    return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-8.4-08", reason)


def receive_promise(
    streams: Streams, own: OwnSettings, associated: int, promised: int
) -> Fault | None:
    """The connection error that a PUSH_PROMISE earns by what it names, if any."""
    if not own.in_force[ENABLE_PUSH]:
        reason = f"stream {promised} promised after ENABLE_PUSH=0 was acknowledged"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-6.6-10", reason)
    cell = streams.receive("PROMISE_ON", associated)
    if type(cell) is not Fault:
        cell = streams.receive("PROMISE_OF", promised)
    return cell if type(cell) is Fault else None


def promised_request(
    streams: Streams, limits: Limits, promised: int, fields: Fields
) -> Step | Fault:
    """What the promised request says, or the error on the promised stream (§8.4.1, §10.5)."""
    step = promised_step(fields)
    if type(step) is Malformed:
        return stream_error(promised, ErrorCode.PROTOCOL_ERROR, step.requirement, step.reason)
    if streams.reserved > limits.reserved_streams_max:
        reason = f"more than {limits.reserved_streams_max} streams are reserved"
        return stream_error(promised, ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-02", reason)
    return step


def check_may_push(
    role: Role, streams: Streams, peer: PeerSettings, associated: int, *, leaving: bool
) -> Stream:
    """The associated stream; `IllegalSend` where no promise may be made on it now."""
    if role == "client":
        raise IllegalSend("RFC9113-8.4.1-05", "a client cannot push")
    if not peer.in_force[ENABLE_PUSH]:
        raise IllegalSend("RFC9113-6.6-09", "the client has turned push off")
    if leaving:
        raise IllegalSend("RFC9113-6.8-03", "the client sent GOAWAY, so no stream may be reserved")
    stream = streams.live.get(associated)
    if stream is None or _PROMISE_ON[stream.state].kind != "take":
        streams.send("PROMISE_ON", associated)
        stream = streams.live[associated]
    if associated & 1 == streams.own_parity:
        reason = f"stream {associated} is a pushed one"
        raise IllegalSend("RFC9113-8.4.1-06", reason, "promise on the client's stream")
    if stream.outgoing.phase == "tunnel":
        raise IllegalSend("RFC9113-8.5-05", f"stream {associated} is connected")
    return stream


def check_promised(fields: Fields) -> Step:
    """The promised request; `IllegalSend` where it may not be promised (§8.4)."""
    step = promised_step(fields)
    if type(step) is Malformed:
        raise IllegalSend(step.requirement, step.reason)
    return step
