"""What an ordinary frame shows its sender to have had, where a trace does not tell deliveries.

It is a request for what waits first: if that is an ordinary frame too, and nothing but ordinary
frames stands before it, the peer's frames are delivered up to that one, as the search of
`delivery` would. In all other cases nothing happens, and the search has to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from h2proof.oracle.breaches import Breach
from h2proof.oracle.delivery import LateDelivery
from h2proof.oracle.lifting import ANY_SETTINGS, ENDS, OPENS, PINGS
from h2proof.oracle.ordinary import (
    CODE,
    CODE_BITS,
    ENDING,
    LEFT,
    LIMITED,
    OPENING,
    PINGING,
    PROMISED,
    SETTING,
)
from h2proof.oracle.replay.settings import MAX_CONCURRENT_STREAMS
from h2proof.oracle.replay.streams import SENT_END, Stream
from h2proof.sim.trace import NOTHING

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

_HINDERING: Final = frozenset((LIMITED, LEFT))
"""What may make a frame of its receiver's illegal."""
_OFFERING: Final = SETTING | _HINDERING | {PROMISED}
"""The same of a request, which may have become another matter by what stands before the end."""


class Evidence:
    """What the ordinary frames of one party prove; each is named by its place in the columns."""

    __slots__ = ("_columns", "_inbox", "_late", "_party", "_view")

    def __init__(self, party: Party, late: LateDelivery[Breach]) -> None:
        self._columns = late.inbox.ordinary.columns
        self._party, self._late = party, late
        self._view, self._inbox = party.view, late.inbox

    def of_ping(self, place: int, opaque: bytes) -> bool:
        """An acknowledgment: of the peer's first waiting PING, if it is this one."""
        count = self._first(place, PINGS, PINGING)
        if not count or self._inbox.ordinary.opaque(self._waiting(count)) != opaque:
            return False
        self._deliver(count, place)
        return True

    def of_settings(self, place: int) -> bool:
        """An acknowledgment: of the peer's first waiting SETTINGS."""
        count = self._first(place, ANY_SETTINGS, SETTING)
        if not count:
            return False
        self._deliver(count, place)
        return True

    def of_request(self, place: int, stream: int) -> Stream | None:
        """A frame on a stream: of the peer's first waiting request, if it opens this one."""
        view = self._view
        if not stream & 1 or stream <= view.high_theirs or stream in view.spoken:
            return None
        count = self._first(place, OPENS, OPENING)
        if not count or self._columns.stream[self._waiting(count)] != stream:
            return None
        self._deliver(count, place)
        return view.streams[stream]

    def of_room(self, place: int) -> bool:
        """A request above the limit: of the peer's first waiting END_STREAM, if it makes room."""
        view = self._view
        if len(view.counting) > view.peer_settings[MAX_CONCURRENT_STREAMS][0]:
            return False
        count = self._first(place, ENDS, ENDING, _OFFERING)
        if not count:
            return False
        stream = self._columns.stream[self._waiting(count)]
        if not stream & 1 or not view.facts(stream) & SENT_END or stream not in view.streams:
            return False
        self._deliver(count, place)
        return True

    def _first(
        self, place: int, key: int, wanted: frozenset[int], never: frozenset[int] = _HINDERING
    ) -> int:
        """How many waiting frames go up to the first of these kinds; 0 if that cannot be told.

        `key` is what they may lift: if nothing that waits may, there is nothing to look for. Its
        sender can have had them, and no violation or gap of the peer's excuses anything.
        """
        view, inbox, party = self._view, self._inbox, self._party
        if key not in inbox.counts or view.holed >= 0 or view.marked >= 0 or view.marks:
            return 0
        most = min(len(inbox), self._late.budget(party.frames_real))
        knew = self._columns.knew[place]
        if knew != NOTHING and not party.peer.holes:
            most = min(most, knew - inbox.base)
        entries, head = inbox.entries, inbox.head
        for number in range(head, head + most):
            entry = entries[number]
            if not isinstance(entry, int):
                return 0
            if entry & CODE in wanted:
                return number - head + 1
            if entry & CODE in never:
                return 0
        return 0

    def _waiting(self, count: int) -> int:
        """The place of the last of so many waiting frames."""
        entry = self._inbox.entries[self._inbox.head + count - 1]
        assert isinstance(entry, int)
        return entry >> CODE_BITS

    def _deliver(self, count: int, place: int) -> None:
        """So many ordinary frames have come, as the frame at `place` shows."""
        inbox = self._inbox
        for number in range(inbox.base, inbox.base + count):
            inbox.deliver(self._view, number)
        self._late.forced(count, self._columns.event[place])
