"""What a Connection tells its owner: one frozen value for each thing that happened.

A notice speaks of meaning (a request, a reset, a fault of the peer), never of frames; what a frame
looked like on the wire is the Trace's business. The order of notices is the order of the octets.
"""

from h2proof.sim.errors import Fault
from h2proof.sim.hpack import Fields
from h2proof.sim.values import value

SettingPairs = tuple[tuple[int, int], ...]
"""(identifier, value) pairs in the order of the wire."""


@value(frozen=True, slots=True)
class RequestReceived:
    """A request's header section opened `stream` (RFC 9113 §8.1)."""

    stream: int
    fields: Fields
    end_stream: bool


@value(frozen=True, slots=True)
class ResponseReceived:
    """The final header section of the response on `stream`; even streams are pushed."""

    stream: int
    fields: Fields
    end_stream: bool


@value(frozen=True, slots=True)
class InformationalReceived:
    """An interim (1xx) response; the final one is still to come."""

    stream: int
    fields: Fields


@value(frozen=True, slots=True)
class TrailersReceived:
    """The trailer section; it always ends the peer's side of the stream."""

    stream: int
    fields: Fields


@value(frozen=True, slots=True)
class DataReceived:
    """Content of one whole DATA frame. Its owner credits `flow_controlled_length` octets back."""

    stream: int
    data: bytes
    flow_controlled_length: int
    """Octets that both windows lost: data, padding and the Pad Length (§6.9.1)."""
    end_stream: bool


@value(frozen=True, slots=True)
class StreamReset:
    """The peer reset the stream; codes that no RFC defines stay integers (§7)."""

    stream: int
    code: int


@value(frozen=True, slots=True)
class StreamFailed:
    """The peer made a stream error, and RST_STREAM with the fault's code went out (§5.4.2)."""

    stream: int
    fault: Fault


@value(frozen=True, slots=True)
class PromiseReceived:
    """The server promised the response to `fields` on `promised` (§8.4)."""

    stream: int
    promised: int
    fields: Fields


@value(frozen=True, slots=True)
class SettingsReceived:
    """The peer's settings, now in force here and acknowledged (§6.5.3)."""

    values: SettingPairs


@value(frozen=True, slots=True)
class SettingsAcknowledged:
    """The peer acknowledged these settings of ours: from here on they bind it."""

    values: SettingPairs


@value(frozen=True, slots=True)
class PingReceived:
    """A PING of the peer; the answer is in the output already (§6.7)."""

    payload: bytes


@value(frozen=True, slots=True)
class PingAcknowledged:
    """The peer answered a PING."""

    payload: bytes


@value(frozen=True, slots=True)
class GoAwayReceived:
    """The peer acts on none of our streams above `last` (§6.8); nothing new may be opened."""

    last: int
    code: int
    debug: bytes


@value(frozen=True, slots=True)
class WindowOpened:
    """The peer credited `increment` octets on `stream`, 0 being the connection (§6.9)."""

    stream: int
    increment: int


@value(frozen=True, slots=True)
class PriorityUpdated:
    """A client's new priority for `prioritized`, as the Priority field value (RFC 9218 §7.1)."""

    prioritized: int
    value: bytes


@value(frozen=True, slots=True)
class AltSvcReceived:
    """Alternative services, for `origin` on stream 0 or for the origin of `stream` (RFC 7838 §4)."""

    stream: int
    origin: bytes
    value: bytes


@value(frozen=True, slots=True)
class OriginReceived:
    """The server's Origin Set (RFC 8336 §2)."""

    origins: tuple[bytes, ...]


@value(frozen=True, slots=True)
class ConnectionFailed:
    """The peer made a connection error: GOAWAY went out, and the connection is closed (§5.4.1)."""

    fault: Fault


Notice = (
    RequestReceived
    | ResponseReceived
    | InformationalReceived
    | TrailersReceived
    | DataReceived
    | StreamReset
    | StreamFailed
    | PromiseReceived
    | SettingsReceived
    | SettingsAcknowledged
    | PingReceived
    | PingAcknowledged
    | GoAwayReceived
    | WindowOpened
    | PriorityUpdated
    | AltSvcReceived
    | OriginReceived
    | ConnectionFailed
)
