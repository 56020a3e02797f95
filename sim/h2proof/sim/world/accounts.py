"""Accounts of what one end of HTTP/2 counts: streams, promises, window octets, field blocks.

A `Watched` end does what any does and looks afterwards at the streams that were touched. Each
entry of an account is an object in one of its tables, watched like any other: it is released when
its stream closes or its octets are credited, and with the whole end when nobody refers to that any
more. An end that is kept shows as what it keeps. What the calls mean is known by the end itself.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from h2proof.sim.connection import Connection
from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import FieldLine
from h2proof.sim.notices import ConnectionFailed, DataReceived, GoAwayReceived, Notice
from h2proof.sim.resources import Register
from h2proof.sim.streams import HALF_CLOSED_REMOTE

OF_ALL_STREAMS: Final = frozenset({GoAwayReceived, ConnectionFailed})
"""Notices that may be about any stream."""


class Entry:
    """One thing that is counted; it lives as long as it is in a table. `octets` are yet to go."""

    __slots__ = ("__weakref__", "octets")
    octets: int


class Watched(Connection):
    """An end of HTTP/2 with accounts; `options` are a `Connection`'s."""

    __slots__ = (
        "__weakref__",
        "_block",
        "_connection",
        "_owed",
        "_promises",
        "_register",
        "_slots",
    )

    def __init__(
        self,
        register: Register,
        connection: int,
        settings: Mapping[int, int] | None = None,
        **options: Any,
    ) -> None:
        Connection.__init__(self, "server", settings=settings, **options)
        self._register = register
        self._connection = connection
        self._slots: dict[int, Entry] = {}
        self._promises: dict[int, Entry] = {}
        self._owed: dict[int, deque[Entry]] = {0: deque()}
        """Octets received and not credited, by stream, oldest first; 0 is the connection."""
        self._block: Entry | None = None

    def receive(self, data: bytes) -> list[Notice]:
        """As any connection; then what the notices touched is looked at."""
        notices = Connection.receive(self, data)
        for notice in notices:
            if type(notice) in OF_ALL_STREAMS:
                self._look_at_all()
                continue
            if isinstance(notice, DataReceived):
                self._owe(notice.stream, notice.flow_controlled_length)
            stream = getattr(notice, "stream", 0)
            if stream:
                self._look(stream)
        if not self.block.octets:
            self._block = None
        elif self._block is None:
            self._block = self._entry("field block buffer", 0, self.block.octets)
        return notices

    def send_headers(
        self, stream: int | None, fields: Iterable[FieldLine], *, end_stream: bool = False
    ) -> int:
        """As any connection."""
        stream = Connection.send_headers(self, stream, fields, end_stream=end_stream)
        self._look(stream)
        return stream

    def send_data(
        self, stream: int, data: bytes, *, end_stream: bool = False, padding: int | None = None
    ) -> None:
        """As any connection."""
        Connection.send_data(self, stream, data, end_stream=end_stream, padding=padding)
        if end_stream:
            self._look(stream)

    def push(self, stream: int, fields: Iterable[FieldLine], *, promised: int | None = None) -> int:
        """As any connection; the identifier is in use until its stream is closed."""
        promised = Connection.push(self, stream, fields, promised=promised)
        self._promises[promised] = self._entry("promised identifier", promised)
        self._look(promised)
        return promised

    def reset(self, stream: int, code: int = ErrorCode.CANCEL) -> None:
        """As any connection."""
        Connection.reset(self, stream, code)
        self._look(stream)

    def goaway(
        self, code: int = ErrorCode.NO_ERROR, *, last: int | None = None, debug: bytes = b""
    ) -> None:
        """As any connection."""
        Connection.goaway(self, code, last=last, debug=debug)
        self._look_at_all()

    def credit(self, stream: int, octets: int) -> None:
        """As any connection; the oldest octets are paid first."""
        Connection.credit(self, stream, octets)
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
        slots, owed = self._slots, self._owed
        live = self.streams.live.get(stream)
        if live is not None:
            state = live.state
            if stream not in slots and state.active:
                slots[stream] = self._entry("stream slot", stream)
            # nothing more can come, so nothing more has to be let in (RFC 9113 §6.9.1)
            ended = state is HALF_CLOSED_REMOTE
        else:
            ended = True
            if stream in slots:
                del slots[stream]
            if stream in self._promises:
                del self._promises[stream]
        if ended and stream in owed:
            del owed[stream]

    def _look_at_all(self) -> None:
        for stream in sorted({*self._slots, *self._promises}):
            self._look(stream)

    def _entry(self, kind: str, stream: int, octets: int = 0) -> Entry:
        entry = Entry()
        entry.octets = octets
        self._register.track(entry, kind, self._connection, stream, octets)
        return entry
