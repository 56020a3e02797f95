"""python-hyper h2 as endpoints: what it does with octets, and the least server on top of it.

h2 raises on a peer's error, having queued its GOAWAY; here that becomes `closed`. It drops the
events of the octets before the error if they came in the same call, so it is given one frame at a
time: its events then depend on the octets only. What else h2 raises is not translated.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from h2proof.properties.stacks.stack import Stack
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, read_header

if TYPE_CHECKING:
    import h2.connection

_ADDRESS: Final = re.compile(r":? <memory at 0x[0-9a-f]+>")
BODY: Final = b"hello"
STREAMS_MAX: Final = 100


def _connection(*, client: bool) -> "h2.connection.H2Connection":
    try:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
    except ImportError:
        raise RuntimeError("the stack h2 needs the package h2; pip install h2") from None
    config = H2Configuration(client_side=client, header_encoding=None)
    return H2Connection(config)


class H2Endpoint:
    """An h2 connection as an endpoint; notices are the texts of its events."""

    def __init__(self, *, client: bool) -> None:
        self._connection = _connection(client=client)
        self._pending = b""
        self._output = b""
        self._preface_left = 0 if client else len(PREFACE)
        self._closed = False
        self._start()

    def _start(self) -> None:
        self._connection.initiate_connection()

    @property
    def closed(self) -> bool:
        """Whether h2 has given up the connection."""
        return self._closed

    def take_output(self) -> bytes:
        """What h2 wants to send."""
        octets, self._output = self._output + self._connection.data_to_send(), b""
        return octets

    def receive(self, data: bytes) -> list[str]:
        """One frame at a time into h2; what it says about them."""
        notices: list[str] = []
        for octets in self._pieces(data):
            if self._closed:
                break
            notices += self._receive(octets)
            # at once, for at a GOAWAY h2 forgets what it had to say
            self._output += self._connection.data_to_send()
        if self._closed:
            self._pending = b""
        return notices

    def _pieces(self, data: bytes) -> Iterable[bytes]:
        """The preface octet by octet, as h2 judges it, then whole frames."""
        buffer = self._pending + data
        start = 0
        while self._preface_left and start < len(buffer):
            self._preface_left -= 1
            start += 1
            yield buffer[start - 1 : start]
        while len(buffer) - start >= HEADER_LENGTH and not self._closed:
            length = read_header(buffer, start).length
            if length > self._connection.max_inbound_frame_size:
                length = 0  # h2 judges by the header
            end = start + HEADER_LENGTH + length
            if end > len(buffer):
                break
            piece, start = buffer[start:end], end
            yield piece
        self._pending = buffer[start:]

    def _receive(self, octets: bytes) -> list[str]:
        from h2.exceptions import ProtocolError

        try:
            events = self._connection.receive_data(octets)
        except ProtocolError as error:
            self._closed = True
            # its texts may name octets by their address
            return [_ADDRESS.sub("", f"{type(error).__name__}: {error}")]
        for event in events:
            self._take(event)
        return [repr(event) for event in events]

    def _take(self, event: Any) -> None:
        """What the owner of the connection does about an event."""
        import h2.events

        if isinstance(event, h2.events.ConnectionTerminated):
            self._closed = True


class H2Responder(H2Endpoint):
    """The least server on h2: it answers each complete request with 200 and five octets."""

    def __init__(self) -> None:
        self._waiting: dict[int, bytes] = {}
        super().__init__(client=False)

    def _start(self) -> None:
        from h2.settings import SettingCodes

        self._connection.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS_MAX})
        self._connection.initiate_connection()

    def _take(self, event: Any) -> None:
        import h2.events

        super()._take(event)
        match event:
            case h2.events.DataReceived() if event.flow_controlled_length:
                self._credit(event.stream_id, event.flow_controlled_length)
            case h2.events.StreamEnded():
                self._answer(event.stream_id)
            case h2.events.StreamReset():
                self._waiting.pop(event.stream_id, None)
        self._send()

    def _credit(self, stream: int, octets: int) -> None:
        from h2.exceptions import ProtocolError

        try:
            self._connection.acknowledge_received_data(octets, stream)
        except ProtocolError:
            return  # the stream is gone; h2 has credited the connection already

    def _answer(self, stream: int) -> None:
        from h2.exceptions import ProtocolError

        try:
            self._connection.send_headers(stream, [(b":status", b"200")])
        except ProtocolError:
            return  # reset by a later octet of the same frame
        self._waiting[stream] = BODY

    def _send(self) -> None:
        for stream in tuple(self._waiting):
            body = self._waiting[stream]
            room = self._connection.local_flow_control_window(stream)
            if room < len(body):
                if room <= 0:
                    continue
                self._connection.send_data(stream, body[:room])
                self._waiting[stream] = body[room:]
                continue
            self._connection.send_data(stream, body, end_stream=True)
            del self._waiting[stream]


H2_SERVER = Stack("h2", "python-hyper h2 with the least server on top", "server", H2Responder)
H2_CLIENT = Stack(
    "h2-client", "python-hyper h2 as a client", "client", lambda: H2Endpoint(client=True)
)
