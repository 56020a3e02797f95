"""The smallest complete server: it answers every complete request, and nothing else.

It reacts to each notice before the next frame is looked at, so that its output, too, does not
depend on the chunks in which the octets came. What a request asks for is not known here.
"""

from collections.abc import Mapping
from typing import Final

from h2proof.sim.connection import Connection
from h2proof.sim.hpack import Fields
from h2proof.sim.limits import Limits
from h2proof.sim.notices import (
    DataReceived,
    Notice,
    RequestReceived,
    SettingsReceived,
    StreamFailed,
    StreamReset,
    TrailersReceived,
    WindowOpened,
)
from h2proof.sim.settings import Setting

BODY: Final = b"hello, this is h2proof\n"
HEAD: Final[Fields] = ((b":status", b"200"), (b"content-type", b"text/plain"))
STREAMS_MAX: Final = 100
"""What RFC 9113 §6.5.2 recommends as the least."""


class Responder:
    """A server-side endpoint around a `Connection`."""

    def __init__(
        self,
        *,
        body: bytes = BODY,
        settings: Mapping[int, int] | None = None,
        limits: Limits | None = None,
    ) -> None:
        announced = {Setting.MAX_CONCURRENT_STREAMS: STREAMS_MAX, **(settings or {})}
        if limits is None:
            # a client that never acknowledges the setting is refused as well (§8.7 allows it)
            most = max(STREAMS_MAX, announced[Setting.MAX_CONCURRENT_STREAMS])
            limits = Limits(streams_max=most)
        self.connection = Connection("server", settings=announced, limits=limits)
        self.body = body
        self._length = (b"content-length", b"%d" % len(body))
        self._methods: dict[int, bytes] = {}
        """Requests that are not complete yet."""
        self._unsent: dict[int, int] = {}
        """Responses that wait for credit: how many octets of the body are out."""

    @property
    def closed(self) -> bool:
        """True: close the transport once the output is flushed."""
        return self.connection.closed

    def take_output(self) -> bytes:
        """The octets to send; each is handed out once."""
        return self.connection.take_output()

    def receive(self, data: bytes) -> list[Notice]:
        """Take octets in any chunking, and answer what they complete; raises nothing."""
        notices = []
        for notice in self.connection.receive_stepwise(data):
            notices.append(notice)
            if not self.connection.failed:
                self._react(notice)
        return notices

    def _react(self, notice: Notice) -> None:
        match notice:
            case RequestReceived(stream, fields, end_stream):
                self._methods[stream] = dict(fields)[b":method"]
                if end_stream:
                    self._answer(stream)
            case DataReceived(stream, end_stream=end_stream):
                self.connection.return_credit(notice)
                if end_stream:
                    self._answer(stream)
            case TrailersReceived(stream):
                self._answer(stream)
            case StreamReset(stream) | StreamFailed(stream):
                self._methods.pop(stream, None)
                self._unsent.pop(stream, None)
            case WindowOpened(stream) if stream:
                self._go_on(stream)
            case WindowOpened() | SettingsReceived():
                for stream in tuple(self._unsent):
                    self._go_on(stream)
            case _:
                pass

    def _answer(self, stream: int) -> None:
        method = self._methods.pop(stream)
        bodiless = method == b"HEAD"
        # what follows a 200 to CONNECT is the tunnel's, and has no length (RFC 9110 §9.3.6)
        head = HEAD if method == b"CONNECT" else (*HEAD, self._length)
        self.connection.send_headers(stream, head, end_stream=bodiless)
        if not bodiless:
            self._unsent[stream] = 0
            self._go_on(stream)

    def _go_on(self, stream: int) -> None:
        """Send of the body what the windows allow."""
        start = self._unsent.get(stream)
        if start is None:
            return
        end = min(len(self.body), start + self.connection.send_window(stream))
        whole = end == len(self.body)
        if end > start or whole:
            self.connection.send_data(stream, self.body[start:end], end_stream=whole)
        if whole:
            del self._unsent[stream]
        else:
            self._unsent[stream] = end


def responder(
    *,
    body: bytes = BODY,
    settings: Mapping[int, int] | None = None,
    limits: Limits | None = None,
) -> Responder:
    """A server-side endpoint that answers every complete request with 200 and a body.

    It announces MAX_CONCURRENT_STREAMS and keeps within the client's windows. A malformed request
    gets RST_STREAM(PROTOCOL_ERROR). `body` has any length; the response to HEAD has none.
    """
    return Responder(body=body, settings=settings, limits=limits)
