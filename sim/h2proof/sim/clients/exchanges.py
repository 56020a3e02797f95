"""A client's streams as it sees them: its requests and its promises, and what notices change.

What a client does about it is not known here, nor are moments and behaviours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from h2proof.sim.notices import (
    DataReceived,
    GoAwayReceived,
    PromiseReceived,
    ResponseReceived,
    StreamFailed,
    StreamReset,
    TrailersReceived,
)

if TYPE_CHECKING:
    from h2proof.sim.clients.client import Client


@dataclass(slots=True)
class Exchange:
    """One stream as the client sees it: a request of its own, or a promise."""

    stream: int
    ordinal: int
    """Of the request in the plan; a promise has that of its associated stream."""
    associated: int
    """The stream of the request; for that itself the same as `stream`."""
    ended_here: bool = False
    ended_there: bool = False
    octets: int = 0
    """Flow-controlled octets received."""
    owed: int = 0
    """Octets received and not credited to this stream."""

    @property
    def over(self) -> bool:
        """Ended both ways."""
        return self.ended_here and self.ended_there


def _promised(client: "Client", notice: PromiseReceived) -> None:
    promised, associated = notice.promised, notice.stream
    ordinal = client.exchanges[associated].ordinal
    client.exchanges[promised] = Exchange(promised, ordinal, associated, True)


def _content(client: "Client", notice: DataReceived) -> None:
    exchange = client.exchanges[notice.stream]
    if notice.end_stream:
        exchange.ended_there = True
    octets = notice.flow_controlled_length
    if octets:
        exchange.octets += octets
        client.credit.received(client, exchange, octets)


def _response(client: "Client", notice: ResponseReceived) -> None:
    if notice.end_stream:
        client.exchanges[notice.stream].ended_there = True


def _trailers(client: "Client", notice: TrailersReceived) -> None:
    client.exchanges[notice.stream].ended_there = True


def _reset(client: "Client", notice: StreamReset | StreamFailed) -> None:
    _over(client, notice.stream)


def _goaway(client: "Client", notice: GoAwayReceived) -> None:
    client.turned_away = True
    for stream in client.exchanges:
        if stream & 1 and stream > notice.last:
            _over(client, stream)


def _over(client: "Client", stream: int) -> None:
    exchange = client.exchanges.get(stream)
    if exchange is not None:
        exchange.ended_here = exchange.ended_there = True


CHANGES: Final[Mapping[type, Callable[["Client", Any], None]]] = {
    PromiseReceived: _promised,
    DataReceived: _content,
    ResponseReceived: _response,
    TrailersReceived: _trailers,
    StreamReset: _reset,
    StreamFailed: _reset,
    GoAwayReceived: _goaway,
}
"""Of the other notices a client need not know anything; behaviours see their moments."""
