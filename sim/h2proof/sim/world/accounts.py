"""Accounts of what one end of HTTP/2 counts: streams, promises, window octets, field blocks.

A `Watched` end passes every call on and looks afterwards at the streams that were touched. Each
entry of an account is an object in one of its tables, watched like any other: it is released when
its stream closes or its octets are credited, and with the whole end when nobody refers to that any
more. An end that is kept shows as what it keeps. What the calls mean is known by the end itself.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from h2proof.sim.endpoint import Peer
from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import FieldLine
from h2proof.sim.notices import ConnectionFailed, DataReceived, GoAwayReceived, Notice
from h2proof.sim.resources import Register
from h2proof.sim.streams import State

COUNTED: Final = frozenset({State.OPEN, State.HALF_CLOSED_LOCAL, State.HALF_CLOSED_REMOTE})
"""States that count against MAX_CONCURRENT_STREAMS (RFC 9113 §5.1.2); reserved ones do not."""


class Entry:
    """One thing that is counted; it lives as long as it is in a table. `octets` are yet to go."""

    __slots__ = ("__weakref__", "octets")

    def __init__(self, octets: int = 0) -> None:
        self.octets = octets


class Watched:
    """An end of HTTP/2 with accounts; everything that is not counted is the end's own."""

    __slots__ = (
        "__weakref__",
        "_block",
        "_connection",
        "_owed",
        "_peer",
        "_promises",
        "_register",
        "_slots",
    )

    def __init__(self, peer: Peer, register: Register, connection: int) -> None:
        self._peer = peer
        self._register = register
        self._connection = connection
        self._slots: dict[int, Entry] = {}
        self._promises: dict[int, Entry] = {}
        self._owed: dict[int, deque[Entry]] = {0: deque()}
        """Octets received and not credited, by stream, oldest first; 0 is the connection."""
        self._block: Entry | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._peer, name)

    def receive(self, data: bytes) -> list[Notice]:
        """As the end does; then what the notices touched is looked at."""
        notices = self._peer.receive(data)
        for notice in notices:
            if isinstance(notice, DataReceived):
                self._owe(notice.stream, notice.flow_controlled_length)
            if isinstance(notice, GoAwayReceived | ConnectionFailed):
                self._look_at_all()
            else:
                self._look(getattr(notice, "stream", 0))
        self._look_at_block()
        return notices

    def send_headers(
        self, stream: int | None, fields: Iterable[FieldLine], *, end_stream: bool = False
    ) -> int:
        """As the end does."""
        stream = self._peer.send_headers(stream, fields, end_stream=end_stream)
        self._look(stream)
        return stream

    def send_data(
        self, stream: int, data: bytes, *, end_stream: bool = False, padding: int | None = None
    ) -> None:
        """As the end does."""
        self._peer.send_data(stream, data, end_stream=end_stream, padding=padding)
        if end_stream:
            self._look(stream)

    def push(self, stream: int, fields: Iterable[FieldLine]) -> int:
        """As the end does; the identifier is in use until its stream is closed."""
        promised = self._peer.push(stream, fields)
        self._promises[promised] = self._entry("promised identifier", promised)
        self._look(promised)
        return promised

    def reset(self, stream: int, code: int = ErrorCode.CANCEL) -> None:
        """As the end does."""
        self._peer.reset(stream, code)
        self._look(stream)

    def goaway(
        self, code: int = ErrorCode.NO_ERROR, *, last: int | None = None, debug: bytes = b""
    ) -> None:
        """As the end does."""
        self._peer.goaway(code, last=last, debug=debug)
        self._look_at_all()

    def credit(self, stream: int, octets: int) -> None:
        """As the end does; the oldest octets are paid first."""
        self._peer.credit(stream, octets)
        owed = self._owed.get(stream, ())
        while owed and octets:
            paid = min(owed[0].octets, octets)
            owed[0].octets -= paid
            octets -= paid
            if not owed[0].octets:
                owed.popleft()

    @property
    def counted(self) -> Mapping[str, int]:
        """The accounts as they stand, by kind: entries, and octets for window octets."""
        return {
            "stream slot": len(self._slots),
            "promised identifier": len(self._promises),
            "window octets": sum(entry.octets for owed in self._owed.values() for entry in owed),
            "field block buffer": int(self._block is not None),
        }

    def _owe(self, stream: int, octets: int) -> None:
        if octets:
            for owner in (0, stream):
                entry = self._entry("window octets", owner, octets)
                self._owed.setdefault(owner, deque()).append(entry)

    def _look(self, stream: int) -> None:
        """Enter the stream if it counts by now; drop what it had if it is closed."""
        if not stream:
            return
        state = self._peer.state(stream)
        if state.closed:
            self._slots.pop(stream, None)
            self._promises.pop(stream, None)
            self._owed.pop(stream, None)
        elif state in COUNTED and stream not in self._slots:
            self._slots[stream] = self._entry("stream slot", stream)
        if state is State.HALF_CLOSED_REMOTE:
            # nothing more can come, so nothing more has to be let in (RFC 9113 §6.9.1)
            self._owed.pop(stream, None)

    def _look_at_all(self) -> None:
        for stream in sorted({*self._slots, *self._promises}):
            self._look(stream)

    def _look_at_block(self) -> None:
        octets = self._peer.block_octets
        if not octets:
            self._block = None
        elif self._block is None:
            self._block = self._entry("field block buffer", 0, octets)

    def _entry(self, kind: str, stream: int, octets: int = 0) -> Entry:
        entry = Entry(octets)
        self._register.track(entry, kind, connection=self._connection, stream=stream, size=octets)
        return entry
