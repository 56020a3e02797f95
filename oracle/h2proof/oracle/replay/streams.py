"""What a view keeps of a stream: facts, not a history.

Both ends may say END_STREAM and RST_STREAM once or more; what a stream *is* follows from which of
these have been seen, in whatever order. A closed stream leaves a byte of facts and two event
numbers in a page of 64, so a million closed streams cost some ten octets each.
"""

from array import array
from typing import Final

from h2proof.oracle.replay.grids import (
    ENDED,
    HALF_LOCAL,
    HALF_REMOTE,
    OPEN,
    RESERVED_LOCAL,
    RESERVED_REMOTE,
    RESET_RECEIVED,
    RESET_SENT,
    SKIPPED,
)

OPENED: Final = 0x01
"""HEADERS came on it, from its initiator."""
SENT_END: Final = 0x02
GOT_END: Final = 0x04
SENT_RESET: Final = 0x08
GOT_RESET: Final = 0x10
RESERVED: Final = 0x20
"""It was promised."""

Target = tuple[bytes | None, bytes | None, bytes | None] | None
"""Scheme, authority and path of a request; None if not all of it is known."""

BOTH_ENDS: Final = SENT_END | GOT_END
RESETS: Final = SENT_RESET | GOT_RESET


CLOSED: Final = tuple(
    bool(facts & RESETS) or facts & BOTH_ENDS == BOTH_ENDS for facts in range(0x40)
)
"""By facts: true once END_STREAM went both ways or a RST_STREAM either way."""


def state_of(facts: int, *, mine: bool) -> int:
    """The state of RFC 9113 §5.1 for the endpoint whose facts these are.

    `mine`: this endpoint initiated the stream. No facts at all: the stream was skipped.
    """
    if facts & SENT_RESET:
        return RESET_SENT
    if facts & GOT_RESET:
        return RESET_RECEIVED
    if facts & BOTH_ENDS == BOTH_ENDS:
        return ENDED
    if not facts & OPENED:
        if not facts & RESERVED:
            return SKIPPED
        return RESERVED_LOCAL if mine else RESERVED_REMOTE
    if facts & SENT_END:
        return HALF_LOCAL
    return HALF_REMOTE if facts & GOT_END else OPEN


class Stream:
    """A stream that is not closed, as one endpoint sees it. -1 stands for "not known"."""

    __slots__ = (
        "announced",
        "credit",
        "facts",
        "final",
        "granted",
        "heads",
        "id",
        "links",
        "method",
        "octets",
        "opened_by",
        "peer_stop",
        "stop",
        "target",
        "tunnel",
        "websocket",
    )

    def __init__(self, identifier: int, facts: int, opened_by: int) -> None:
        self.id = identifier
        self.facts = facts
        self.opened_by = opened_by
        """The event that opened or promised it."""
        self.stop = -1
        """The own event that ended or reset it."""
        self.peer_stop = -1
        self.credit = 0
        """WINDOW_UPDATE received less DATA sent; the initial window comes on top, never clipped."""
        self.granted = 0
        """WINDOW_UPDATE sent less DATA received; likewise."""
        self.heads = 0
        """Complete field sections this endpoint has sent on it, the promise not counted."""
        self.final = False
        """The own message has its (final) header section."""
        self.announced = -1
        """The content-length of the own message."""
        self.octets = 0
        """Content octets of DATA sent."""
        self.method: bytes | None = None
        """The request's, as far as this endpoint knows it."""
        self.target: Target = None
        """What was promised on it: scheme, authority and path."""
        self.links: tuple[bytes, ...] = ()
        """The paths that Link fields of the own response have referred to."""
        self.websocket = False
        """The request asks for a WebSocket."""
        self.tunnel = False
        """CONNECT was answered with 2xx, as far as this endpoint knows."""


_PAGE: Final = 64
_PLACE: Final = _PAGE - 1
_SAME_PAGE: Final = ~0x7E
"""What identifiers have in common on one page: the initiator, and all but six bits."""
_NO_EVENT: Final = 0xFFFFFFFF
_NO_STOPS: Final = array("I", [_NO_EVENT]) * _PAGE

_Page = tuple[bytearray, "array[int]", "array[int]"]
"""Facts, own events, and events of the peer."""


class Tombs:
    """The closed streams, in pages of 64 with one initiator."""

    __slots__ = ("_pages",)

    def __init__(self) -> None:
        self._pages: dict[int, _Page] = {}

    def facts(self, stream: int) -> int:
        """What is known of a closed stream; 0 for one that was never used."""
        page = self._pages.get(stream & _SAME_PAGE)
        return 0 if page is None else page[0][stream >> 1 & _PLACE]

    def put(self, stream: int, facts: int) -> None:
        """Set the facts of a closed stream, or make it as if it had not been buried."""
        page = self._pages.get(stream & _SAME_PAGE)
        if page is not None:
            page[0][stream >> 1 & _PLACE] = facts

    def bury(self, stream: Stream) -> None:
        """Keep of a closed stream its facts and the events that closed it."""
        number = stream.id
        page = self._pages.get(number & _SAME_PAGE)
        if page is None:
            page = bytearray(_PAGE), _NO_STOPS[:], _NO_STOPS[:]
            self._pages[number & _SAME_PAGE] = page
        facts, stops, peer_stops = page
        place = number >> 1 & _PLACE
        facts[place] = stream.facts
        stops[place] = stream.stop & _NO_EVENT
        peer_stops[place] = stream.peer_stop & _NO_EVENT

    def stops(self, stream: int) -> tuple[int, int]:
        """The own event and the peer's event that closed it; -1 where there was none."""
        page = self._pages.get(stream & _SAME_PAGE)
        if page is None:
            return -1, -1
        _, stops, peer_stops = page
        place = stream >> 1 & _PLACE
        own, peer = stops[place], peer_stops[place]
        return (-1 if own == _NO_EVENT else own), (-1 if peer == _NO_EVENT else peer)
