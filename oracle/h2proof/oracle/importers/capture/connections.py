"""Packets of many connections, each led to its own; a connection is given on when it is over.

Which of them are followed is decided by number and port alone, for that is what a user filters by;
what they are is decided by their octets. Where there are too many at a time, the longest silent
give way.
"""

from collections import deque
from collections.abc import Iterator
from struct import Struct
from typing import Final

from h2proof.oracle.importers.capture.conversation import Context, Conversation, KeyLog
from h2proof.oracle.importers.capture.detect import LATE_TLS
from h2proof.oracle.importers.capture.held import Held
from h2proof.oracle.importers.capture.ip import endpoints, ports, segment, turned
from h2proof.oracle.importers.capture.packets import Packet
from h2proof.oracle.importers.capture.tcp import ACK, SYN, Direction, TcpConnection
from h2proof.oracle.importers.imported import Account, Imported, Options

_TCP: Final = Struct(">LLBB").unpack_from
_LINGER_PACKETS: Final = 256
"""So long after its end a connection may still show packets that come late."""
_GIVING_WAY: Final = 8
"""Of a full table this part gives way at once, so that looking for it costs little."""


class Followed:
    """A connection in the table; without `conversation` its octets are of no interest (any more)."""

    __slots__ = ("conversation", "key", "last_packet", "number", "opened_by", "tcp")

    def __init__(self, number: int, key: bytes, tcp: TcpConnection) -> None:
        self.number = number
        self.key = key
        self.tcp = tcp
        self.last_packet = 0
        self.opened_by: int | None = None
        """The sequence number of the SYN that opened it."""
        self.conversation: Conversation | None = None


def _each(table: dict[bytes, tuple[Followed, Direction]]) -> list[Followed]:
    """Every connection of a table once, in the order of their opening."""
    return list({entry[0].number: entry[0] for entry in table.values()}.values())


class Connections:
    """The table of connections, and what it makes of packets."""

    def __init__(self, options: Options, account: Account, keys: KeyLog) -> None:
        limits = options.limits
        self._options = options
        self._account = account
        self._held = Held(limits.held_octets_max)
        self._context = Context(options, Held(limits.trace_octets_max), keys)
        self._table: dict[bytes, tuple[Followed, Direction]] = {}
        self._opened = 0
        self._over: deque[Followed] = deque()

    def read(self, packets: Iterator[Packet]) -> Iterator[Imported]:
        """Every HTTP/2 connection among the packets; at their end those that are still open."""
        account, table = self._account, self._table
        over = self._over
        number = 0
        for number, at, decoder, octets, start, end, _ in packets:
            kind, offset = decoder(octets, start, end)
            found = segment(kind, octets, offset, end)
            if isinstance(found, str):
                account.skip(f"packets: {found}")
                continue
            key, tcp, stop = found
            sequence, acknowledgment, size, flags = _TCP(octets, tcp + 4)
            entry = table.get(key)
            if entry is None or (flags & SYN and self._reopened(entry, sequence, flags)):
                if entry is not None:
                    yield from self._give(entry[0])
                entry = self._open(key, sequence, flags)
                entry[0].last_packet = number
                if len(table) > 2 * self._options.limits.connections_max:
                    yield from self._give_way()
            followed, direction = entry
            followed.last_packet = number
            conversation = followed.conversation
            if conversation is None:
                continue
            data = tcp + (size >> 4 << 2)
            if not tcp + 20 <= data <= stop:
                account.skip("packets: damaged TCP header")
                continue
            cut = stop - end if stop > end else 0
            if data > end:  # the capture ends inside the options
                cut, data = stop - data, end
            direction.receive(
                sequence, acknowledgment, flags, octets, data, min(stop, end), cut, number, at
            )
            if conversation.decision is not None and conversation.decision.what == "other":
                self._drop(followed)
            elif flags & 5 and followed.tcp.over:
                over.append(followed)
            if over and over[0].last_packet + _LINGER_PACKETS < number:
                yield from self._give(over.popleft())
        account.packets = number
        for followed in _each(table):
            yield from self._give(followed)

    # -- opening --

    def _reopened(self, entry: tuple[Followed, Direction], sequence: int, flags: int) -> bool:
        """Whether a SYN opens a new connection between the same two ends."""
        followed, direction = entry
        if flags & ACK:
            return False
        if followed.tcp.over or followed.opened_by is not None:
            return followed.tcp.over or followed.opened_by != sequence
        return direction.known and not direction.started  # the old one was joined late

    def _open(self, key: bytes, sequence: int, flags: int) -> tuple[Followed, Direction]:
        held = Held(self._options.limits.connection_octets_max, self._held)
        tcp = TcpConnection(self._opened, key, held)
        followed = Followed(self._opened, key, tcp)
        self._opened += 1
        if flags & SYN and not flags & ACK:
            followed.opened_by = sequence
        self._table[key] = followed, tcp.first
        self._table[turned(key)] = followed, tcp.second
        if self._wanted(followed):
            followed.conversation = Conversation(
                self._context, held, endpoints(key), (tcp.first, tcp.second)
            )
        return self._table[key]

    def _wanted(self, followed: Followed) -> bool:
        options = self._options
        if options.connection not in (None, followed.number):
            self._account.skip("connections: another number than asked for")
            return False
        if options.port is not None and options.port not in ports(followed.key):
            self._account.skip("connections: another port than asked for")
            return False
        return True

    # -- closing --

    def _drop(self, followed: Followed) -> None:
        conversation = followed.conversation
        assert conversation is not None
        assert conversation.decision is not None
        reason = conversation.decision.reason
        self._account.skip(f"connections: {reason}")
        if reason == LATE_TLS:
            self._account.locked = f"{reason}: start the capture before the connection"
        followed.conversation = None

    def _give(self, followed: Followed) -> Iterator[Imported]:
        """What became of a connection; its place in the table stays, for late copies."""
        conversation = followed.conversation
        if conversation is None:
            return
        tcp = followed.tcp
        tcp.finish()
        packet = max(tcp.first.packet, tcp.second.packet)
        conversation.finish(packet, max(tcp.first.at, tcp.second.at))
        decision = conversation.decision
        assert decision is not None
        if decision.what == "other":
            self._drop(followed)
            return
        followed.conversation = None
        imported = self._imported(followed.number, conversation)
        if imported is not None:
            yield imported

    def _imported(self, number: int, conversation: Conversation) -> Imported | None:
        inner = conversation.inner
        builder = conversation.builder if inner is None else inner.builder
        assert builder is not None
        self._context.traces.give(builder.weight)
        gaps = tuple(builder.gaps)
        if inner is None:
            return Imported(number, builder.trace, builder.complete, gaps)
        if inner.skipped:
            self._account.skip(f"connections: {inner.skipped}")
            return None
        gaps += inner.gaps
        complete = builder.complete and not gaps
        return Imported(number, builder.trace, complete, gaps, inner.alpn, inner.locked)

    def _give_way(self) -> Iterator[Imported]:
        """The longest silent connections are given up, those that are over first of all."""
        everyone = _each(self._table)
        everyone.sort(
            key=lambda followed: (followed.conversation is not None, followed.last_packet)
        )
        for followed in everyone[: len(everyone) // _GIVING_WAY]:
            if followed.conversation is not None:
                self._account.skip("connections: given up, for too many were open at a time")
            yield from self._give(followed)
            for key in (followed.key, turned(followed.key)):
                if key in self._table and self._table[key][0] is followed:
                    del self._table[key]
