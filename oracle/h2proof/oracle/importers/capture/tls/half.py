"""One direction of a TLS connection: records are opened with the keys of their time.

A record for which the keys are not known yet waits. What can never be opened is counted and given
on as a hole. Handshake messages go to the session, application data to whoever reads on.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Literal, Protocol

from h2proof.oracle.importers.capture.held import Held
from h2proof.oracle.importers.capture.tcp import Consumer, EndHow
from h2proof.oracle.importers.capture.tls.protection import Plain, Protection
from h2proof.oracle.importers.capture.tls.records import APPLICATION_DATA, Record, Records

Stage = Literal["plain", "early", "handshake", "application"]

_CHANGE_CIPHER_SPEC: Final = 20
_HANDSHAKE: Final = 22
_MESSAGE_OCTETS_MAX: Final = 1 << 20
_TRIES_MAX: Final = 4096
"""So many sequence numbers are tried behind a hole that hides an unknown number of records."""
_RECORD_OCTETS_MIN: Final = 22
"""No protected record is shorter, its header included."""


class Session(Protocol):
    """What both directions share."""

    tls13: bool | None
    """Whether this is TLS 1.3; None before the server has said so."""

    def protection(self, client: bool, stage: Stage) -> Protection | None:
        """The keys of a side at a stage; None while, or if, they are not known."""

    def message(self, half: "Half", kind: int, body: bytes) -> None:
        """A handshake message."""


class Half:
    """One direction; a `Consumer` of octets of TCP, and an `Outlet` of those of the application."""

    __slots__ = (
        "_held",
        "_hidden",
        "_messages",
        "_number",
        "_protection",
        "_pumping",
        "_records",
        "_session",
        "_waiting",
        "client",
        "consumer",
        "encrypted",
        "lenient",
        "opened",
        "stage",
        "started",
    )

    consumer: Consumer

    def __init__(self, session: Session, held: Held, *, client: bool) -> None:
        self.client = client
        self.started = True
        self.stage: Stage = "plain"
        self.encrypted = 0
        """Octets of application data that could not be opened."""
        self.opened = 0
        """Records of application data that were opened."""
        self.lenient = False
        """Whether records may come that belong to a stage of which the keys are not known."""
        self._session = session
        self._held = held
        self._records = Records(self)
        self._protection: Protection | None = None
        self._number = 0
        self._hidden = 0
        """How many records a hole may have hidden."""
        self._messages = bytearray()
        self._waiting: deque[tuple[int, Callable[[], bool]]] = deque()
        """What happened and has to wait for keys, with the octets that it holds."""
        self._pumping = False

    # -- octets of TCP, and their records --

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """See `tcp.Consumer`."""
        self._records.octets(data, position, packet, at, acknowledged, committed)

    def lost(self, octets: int, packet: int, at: int) -> None:
        """See `tcp.Consumer`."""
        self._records.lost(octets, packet, at)

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """See `tcp.Consumer`."""
        self._later(0, partial(self._end, how, packet, at))

    def record(self, record: Record) -> None:
        """The next record (see `RecordConsumer`)."""
        self._later(len(record.content), partial(self._open, record))

    def hole(self, octets: int, records: int | None, packet: int, at: int) -> None:
        """Missing records (see `RecordConsumer`)."""
        self._later(0, partial(self._hole, octets, records, packet, at))

    def _later(self, octets: int, step: Callable[[], bool]) -> None:
        self._waiting.append((octets, step))
        self._held.take(octets)
        self.pump()
        if self._waiting and self._held.full:
            self.give_up()

    def pump(self) -> None:
        """Go on as far as keys are known."""
        if self._pumping:
            return
        self._pumping = True
        waiting = self._waiting
        while waiting and waiting[0][1]():
            self._held.give(waiting.popleft()[0])
        self._pumping = False

    def give_up(self) -> None:
        """Forget what waits, and count it."""
        while self._waiting:
            octets, _ = self._waiting.popleft()
            self._held.give(octets)
            self.encrypted += octets

    # -- one step each; False if it has to wait for keys --

    def _end(self, how: EndHow, packet: int, at: int) -> bool:
        self.consumer.end(how, packet, at)
        return True

    def _hole(self, octets: int, records: int | None, packet: int, at: int) -> bool:
        self._hidden += octets // _RECORD_OCTETS_MIN + 1 if records is None else records
        self._messages.clear()
        if self.stage != "plain":
            self.consumer.lost(octets, packet, at)
        return True

    def _open(self, record: Record) -> bool:
        kind, tls13 = record.kind, self._session.tls13
        if kind == APPLICATION_DATA or (self.stage != "plain" and not tls13):
            return self._open_protected(record)
        if kind == _HANDSHAKE:
            self._handshake(record.content)
        elif kind == _CHANGE_CIPHER_SPEC:
            if tls13 is None:
                return False
            if not tls13:
                self.enter("application")
        return True

    def _open_protected(self, record: Record) -> bool:
        if self.stage != "plain" and record.kind == _CHANGE_CIPHER_SPEC:  # renegotiation
            self.enter("application")
            return True
        if not self._ready():
            return False
        plain = self._plain(record)
        if plain is None:
            self._unopened(record)
        elif plain.kind == APPLICATION_DATA:
            self.opened += 1
            octets = plain.octets
            if octets:
                _, _, position, packet, at, acknowledged, committed = record
                start = position - len(octets)
                self.consumer.octets(octets, start, packet, at, acknowledged, committed)
        elif plain.kind == _HANDSHAKE:
            self._handshake(plain.octets)
        return True

    # -- keys --

    def enter(self, stage: Stage) -> None:
        """From the next record on other keys are used."""
        self.stage = stage
        self._protection = None
        self._number = 0

    def update(self) -> None:
        """The sender changes to the keys that follow from those it uses (TLS 1.3)."""
        if self._protection is not None:
            self._protection = self._protection.updated()
            self._number = 0

    def _ready(self) -> bool:
        if self._protection is None and self.stage != "plain":
            self._protection = self._session.protection(self.client, self.stage)
            if self._protection is None and self.stage == "handshake":
                later = self._session.protection(self.client, "application")
                if later is not None:  # what comes before it cannot be opened, and is not needed
                    self.enter("application")
                    self.lenient = True
                    self._protection = later
        return self._protection is not None

    def _plain(self, record: Record) -> Plain | None:
        protection = self._protection
        assert protection is not None
        header, content = record.header, record.content
        plain = protection.open(header, content, self._number)
        if plain is not None:
            self._number += 1
            return plain
        hidden = min(self._hidden, _TRIES_MAX)
        for number in range(self._number + 1, self._number + hidden + 1):
            plain = protection.open(header, content, number)
            if plain is not None:
                self._number, self._hidden = number + 1, 0
                return plain
        return self._plain_of_next_stage(record) if self.stage == "handshake" else None

    def _plain_of_next_stage(self, record: Record) -> Plain | None:
        """The end of the handshake may have been in a hole."""
        later = self._session.protection(self.client, "application")
        if later is None:
            return None
        for number in range(min(self._hidden, _TRIES_MAX) + 1):
            plain = later.open(record.header, record.content, number)
            if plain is not None:
                self.enter("application")
                self._protection, self._number, self._hidden = later, number + 1, 0
                return plain
        return None

    def _unopened(self, record: Record) -> None:
        if self.lenient and not self.opened:
            return  # of the handshake, or early data that were not accepted
        protection = self._protection
        octets = max(0, len(record.content) - (protection.overhead if protection else 0))
        self._number += 1
        self.encrypted += octets
        if self.opened and octets:
            self.consumer.lost(octets, record.packet, record.at)

    # -- handshake messages --

    def _handshake(self, octets: bytes) -> None:
        messages = self._messages
        messages += octets
        while len(messages) >= 4:
            size = 4 + int.from_bytes(messages[1:4], "big")
            if size > _MESSAGE_OCTETS_MAX:
                messages.clear()
            if len(messages) < size:
                break
            kind, body = messages[0], bytes(messages[4:size])
            del messages[:size]
            self._session.message(self, kind, body)
