"""The record layer of one direction: octets in order become records, with where they were seen.

A record that a hole touches is given as lost. Behind a hole that hides a header, records are
looked for where a sound header is followed by another one, or by the end of what is at hand.
"""

from typing import Final, NamedTuple, Protocol

from h2proof.oracle.importers.capture.tcp import EndHow

HEADER_OCTETS: Final = 5
APPLICATION_DATA: Final = 23
_LENGTH_MAX: Final = (1 << 14) + 2048
_KINDS: Final = range(20, 25)
_SEARCH_OCTETS_MAX: Final = 2 * _LENGTH_MAX


class Record(NamedTuple):
    """A record, protected or not.

    It is known from `packet` on, in which its last octet (at `position` - 1) was; `acknowledged`
    and `committed` are those of its first octet (see `tcp.Consumer`).
    """

    header: bytes
    content: bytes
    position: int
    packet: int
    at: int
    acknowledged: int
    committed: int

    @property
    def kind(self) -> int:
        """The content type that its header names."""
        return self.header[0]


class RecordConsumer(Protocol):
    """What is given the records of one direction."""

    def record(self, record: Record) -> None:
        """The next record."""

    def hole(self, octets: int, records: int | None, packet: int, at: int) -> None:
        """So many octets are missing, which hide so many records (None: not known)."""

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """The sender ended its octets."""


class Records:
    """One direction; a `Consumer` of its octets."""

    __slots__ = ("_begin", "_buffer", "_hidden", "_lost", "_need", "_searching", "_then")

    def __init__(self, then: RecordConsumer) -> None:
        self._then = then
        self._buffer = bytearray()
        self._begin = (0, 0)
        """`acknowledged` and `committed` of the first octet in the buffer."""
        self._need = HEADER_OCTETS
        """How long the buffer has to be before looking at it is worth while."""
        self._lost = 0
        """Octets of the current record that are still to come, and of no use."""
        self._hidden = 0
        """Octets that a search has passed over."""
        self._searching = False

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """See `tcp.Consumer`."""
        if self._lost:
            passed = min(self._lost, len(data))
            self._lost -= passed
            data, position = data[passed:], position + passed
            if not data:
                return
        begin = (acknowledged, committed)
        buffer = self._buffer
        if not buffer:
            self._begin = begin
        buffer += data
        if len(buffer) < self._need:
            return
        stop = position + len(data)
        if self._searching and not self._found(packet, at):
            return
        offset, size = 0, len(buffer)
        while size - offset >= HEADER_OCTETS:
            length = _sound(buffer, offset)
            if not length:
                break
            end = offset + HEADER_OCTETS + length
            if end > size:
                break
            start = offset + HEADER_OCTETS
            where = stop - (size - end), packet, at
            record = Record(
                bytes(buffer[offset:start]), bytes(buffer[start:end]), *where, *self._begin
            )
            self._begin = begin
            offset = end
            self._then.record(record)
        del buffer[:offset]
        self._wait_for_more(packet, at)

    def _wait_for_more(self, packet: int, at: int) -> None:
        buffer = self._buffer
        if len(buffer) < HEADER_OCTETS:
            self._need = HEADER_OCTETS
            return
        length = _sound(buffer, 0)
        if length:
            self._need = HEADER_OCTETS + length
        else:  # no header stands here: the octets are damaged
            self._searching = True
            self._hidden += 1
            del buffer[:1]
            self._need = HEADER_OCTETS

    def _found(self, packet: int, at: int) -> bool:
        """Drop what stands before the next record; False if there is none yet."""
        buffer = self._buffer
        offset = 0
        while len(buffer) - offset >= HEADER_OCTETS:
            length = _sound(buffer, offset)
            following = offset + HEADER_OCTETS + length
            if length and len(buffer) < min(following, _SEARCH_OCTETS_MAX + offset):
                break  # its end has to be seen
            if length and _may_begin(buffer, following):
                self._hidden += offset
                del buffer[:offset]
                self._then.hole(self._hidden, None, packet, at)
                self._hidden, self._searching = 0, False
                return True
            offset += 1
        self._hidden += offset
        del buffer[:offset]
        self._need = len(buffer) + 1
        return False

    def lost(self, octets: int, packet: int, at: int) -> None:
        """See `tcp.Consumer`."""
        if self._searching:
            self._hidden += octets + len(self._buffer)
            self._buffer.clear()
            self._need = HEADER_OCTETS
            return
        missing = self._lost or max(0, self._need - len(self._buffer))
        header_known = self._lost or len(self._buffer) >= HEADER_OCTETS
        if header_known and octets <= missing:  # the next header is still in its place
            if not self._lost:
                self._then.hole(self._need - HEADER_OCTETS, 1, packet, at)
            self._lost = missing - octets
            self._buffer.clear()
        else:
            self._hidden += octets + len(self._buffer)
            self._buffer.clear()
            self._lost = 0
            self._searching = True
        self._need = HEADER_OCTETS

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """See `tcp.Consumer`."""
        self._then.end(how, packet, at)


def _sound(octets: bytearray, offset: int) -> int:
    """The length that a record's header names; 0 if there is none."""
    if octets[offset] not in _KINDS or octets[offset + 1] != 3 or octets[offset + 2] > 4:
        return 0
    length = octets[offset + 3] << 8 | octets[offset + 4]
    return length if length <= _LENGTH_MAX else 0


def _may_begin(octets: bytearray, offset: int) -> bool:
    """Whether a record may begin there, as far as octets are at hand."""
    if len(octets) - offset >= HEADER_OCTETS:
        return bool(_sound(octets, offset))
    rest = octets[offset:]
    return not rest or rest[0] in _KINDS
