"""The smallest complete client: it performs exchanges, and accepts or refuses what is pushed.

Requests beyond the server's concurrency wait; bodies go out within its windows; what arrives is
credited back at once. Streams that a GOAWAY leaves out are given up as unprocessed, and nothing is
sent twice. What a response means is not known here.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from h2proof.sim.connection import Connection
from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import FieldLine, Fields
from h2proof.sim.limits import Limits
from h2proof.sim.notices import (
    DataReceived,
    GoAwayReceived,
    InformationalReceived,
    Notice,
    PromiseReceived,
    ResponseReceived,
    SettingsReceived,
    StreamFailed,
    StreamReset,
    TrailersReceived,
    WindowOpened,
)
from h2proof.sim.settings import Setting

PushPolicy = Literal["accept", "refuse", "off"]
"""Take pushed responses, reset each promise, or announce ENABLE_PUSH=0."""


@dataclass(slots=True)
class Exchange:
    """One request, or one promise, and what became of it."""

    request: Fields
    body: bytes = b""
    trailers: Fields = ()
    stream: int | None = None
    """None while it waits for its turn."""
    associated: int | None = None
    """The stream of its promise; None for a request of this client."""
    interim: list[Fields] = field(default_factory=list)
    response: Fields | None = None
    content: bytearray = field(default_factory=bytearray)
    response_trailers: Fields | None = None
    outcome: Literal["waiting", "complete", "reset", "failed", "refused", "unprocessed"] = "waiting"
    sent: int = 0
    """Octets of the body that are out."""


class Requester:
    """A client-side endpoint around a `Connection`."""

    def __init__(
        self,
        *,
        push: PushPolicy = "accept",
        settings: Mapping[int, int] | None = None,
        limits: Limits | None = None,
    ) -> None:
        announced = dict(settings or {})
        if push == "off":
            announced[Setting.ENABLE_PUSH] = 0
        self.connection = Connection("client", settings=announced, limits=limits)
        self.exchanges: list[Exchange] = []
        """All of them, in the order in which they were asked for or promised."""
        self._push: PushPolicy = push
        self._live: dict[int, Exchange] = {}
        self._waiting: deque[Exchange] = deque()

    @property
    def closed(self) -> bool:
        """True: close the transport once the output is flushed."""
        return self.connection.closed

    @property
    def quiet(self) -> bool:
        """True when nothing is waited for."""
        return not self._live and not self._waiting

    def take_output(self) -> bytes:
        """The octets to send; each is handed out once."""
        return self.connection.take_output()

    def request(
        self,
        fields: Iterable[FieldLine],
        body: bytes = b"",
        trailers: Iterable[FieldLine] = (),
    ) -> Exchange:
        """Ask as soon as the server allows; IllegalSend for fields that make no request."""
        exchange = Exchange(tuple(fields), body, tuple(trailers))
        self._waiting.append(exchange)
        self.exchanges.append(exchange)
        try:
            self._ask()
        except ValueError:
            self._waiting.remove(exchange)
            self.exchanges.remove(exchange)
            raise
        return exchange

    def leave(self) -> None:
        """GOAWAY: the connection closes as soon as all that was asked for has come."""
        if not self.closed:
            self.connection.goaway(ErrorCode.NO_ERROR)

    def receive(self, data: bytes) -> list[Notice]:
        """Take octets in any chunking, and go on with the exchanges; raises nothing."""
        notices = []
        for notice in self.connection.receive_stepwise(data):
            notices.append(notice)
            if not self.connection.failed:
                self._react(notice)
                self._ask()
        if self.connection.failed:
            self._lose()
        return notices

    def _react(self, notice: Notice) -> None:
        match notice:
            case InformationalReceived(stream, fields):
                self._live[stream].interim.append(fields)
            case ResponseReceived(stream, fields, end_stream):
                self._live[stream].response = fields
                self._ended(stream, end_stream)
            case DataReceived(stream, data, end_stream=end_stream):
                self._live[stream].content += data
                self.connection.return_credit(notice)
                self._ended(stream, end_stream)
            case TrailersReceived(stream, fields):
                self._live[stream].response_trailers = fields
                self._ended(stream, True)
            case PromiseReceived(stream, promised, fields):
                self._promised(stream, promised, fields)
            case StreamReset(stream):
                self._over(stream, "reset")
            case StreamFailed(stream):
                self._over(stream, "failed")
            case GoAwayReceived(last):
                self._give_up(last)
            case WindowOpened() | SettingsReceived():
                for stream in tuple(self._live):
                    self._go_on(stream)
            case _:
                pass

    def _ask(self) -> None:
        """Open the streams that the server allows."""
        connection = self.connection
        while self._waiting and not self.closed and connection.goaway_received is None:
            most = connection.peer_settings.get(Setting.MAX_CONCURRENT_STREAMS)
            if most is not None and connection.counts().own_active >= most:
                return
            exchange = self._waiting[0]
            ends = not exchange.body and not exchange.trailers
            stream = connection.send_headers(None, exchange.request, end_stream=ends)
            self._waiting.popleft()
            exchange.stream = stream
            self._live[stream] = exchange
            if not ends:
                self._go_on(stream)

    def _go_on(self, stream: int) -> None:
        """Send of a body what the windows allow, and the trailers behind it."""
        exchange = self._live[stream]
        left = len(exchange.body) - exchange.sent
        if not left or exchange.associated is not None:
            return
        octets = min(left, self.connection.send_window(stream))
        whole = octets == left
        if octets:
            piece = exchange.body[exchange.sent : exchange.sent + octets]
            ends = whole and not exchange.trailers
            self.connection.send_data(stream, piece, end_stream=ends)
            exchange.sent += octets
        if whole and exchange.trailers:
            self.connection.send_headers(stream, exchange.trailers, end_stream=True)

    def _promised(self, associated: int, promised: int, fields: Fields) -> None:
        exchange = Exchange(fields, stream=promised, associated=associated)
        self.exchanges.append(exchange)
        self._live[promised] = exchange
        if self._push != "accept":
            self.connection.reset(promised, ErrorCode.REFUSED_STREAM)
            self._over(promised, "refused")

    def _ended(self, stream: int, end_stream: bool) -> None:
        if not end_stream:
            return
        if not self.connection.state(stream).closed:
            # the response came before the request's end, so the rest of it is of no use (§8.1)
            self.connection.reset(stream, ErrorCode.CANCEL)
        self._over(stream, "complete")

    def _give_up(self, last: int) -> None:
        """The server acts on no stream above `last`, nor will it on what still waits (§6.8)."""
        for stream in tuple(self._live):
            if stream & 1 and stream > last:
                self.connection.reset(stream, ErrorCode.CANCEL)
                self._over(stream, "unprocessed")
        for exchange in self._waiting:
            exchange.outcome = "unprocessed"
        self._waiting.clear()

    def _lose(self) -> None:
        """The connection failed, and with it all that was waited for."""
        for exchange in (*self._live.values(), *self._waiting):
            exchange.outcome = "failed"
        self._live.clear()
        self._waiting.clear()

    def _over(
        self, stream: int, outcome: Literal["complete", "reset", "failed", "refused", "unprocessed"]
    ) -> None:
        exchange = self._live.pop(stream, None)
        if exchange is not None:
            exchange.outcome = outcome
