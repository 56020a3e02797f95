"""One transport connection: its octets wait until they tell what they are, then become a trace.

What came before the decision is kept, and given once more, in order, to whoever reads on: the
framers of both sides, or TLS. A connection that is not HTTP/2 is let go with a reason.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple, Protocol

from h2proof.oracle.importers.capture import upgrade
from h2proof.oracle.importers.capture.builder import Builder
from h2proof.oracle.importers.capture.detect import (
    DECIDE_OCTETS_MAX,
    Decision,
    Head,
    Mode,
    look,
    starts_with_settings,
)
from h2proof.oracle.importers.capture.framer import Framer
from h2proof.oracle.importers.capture.held import Held
from h2proof.oracle.importers.capture.tcp import Consumer, EndHow
from h2proof.oracle.importers.imported import Gap, Options
from h2proof.sim.trace import SENDERS, ConnectionInfo


class Outlet(Protocol):
    """What gives one side's octets: a direction of TCP, or of TLS."""

    consumer: Consumer
    started: bool
    """Whether the very first octet was, or will be, among them."""


class KeyLog(Protocol):
    """The TLS secrets that are known so far, by label and client random."""

    def secret(self, label: str, client_random: bytes) -> bytes | None:
        """The secret, or None."""


class Context(NamedTuple):
    """What all conversations of an input share."""

    options: Options
    traces: Held
    """Counts the octets of all unfinished traces."""
    keys: KeyLog


class Inner(Protocol):
    """What reads a conversation that turned out to be TLS."""

    @property
    def sides(self) -> tuple[Consumer, Consumer]:
        """Where the octets of the two sides go."""

    def finish(self, packet: int, at: int) -> None:
        """Nothing more will come."""

    @property
    def builder(self) -> Builder:
        """The trace; without frames where nothing could be read."""

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be decrypted."""

    @property
    def alpn(self) -> str | None:
        """The protocol that was agreed on, if that is known."""

    @property
    def skipped(self) -> str:
        """Why it is no HTTP/2, if that is known."""

    @property
    def locked(self) -> str:
        """Why it could not be decrypted, or nothing."""


class Ignored:
    """Takes octets and forgets them."""

    __slots__ = ()

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """See `Consumer`."""

    def lost(self, octets: int, packet: int, at: int) -> None:
        """See `Consumer`."""

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """See `Consumer`."""


IGNORED: Final = Ignored()


class Behind:
    """Passes on what lies behind the first `skip` octets."""

    __slots__ = ("_skip", "_then")

    def __init__(self, skip: int, then: Consumer) -> None:
        self._skip = skip
        self._then = then

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """See `Consumer`."""
        skip = min(self._skip, len(data))
        self._skip -= skip
        rest = data[skip:] if skip else data
        if rest:
            self._then.octets(rest, position + skip, packet, at, acknowledged, committed)

    def lost(self, octets: int, packet: int, at: int) -> None:
        """See `Consumer`."""
        skip = min(self._skip, octets)
        self._skip -= skip
        if octets > skip:
            self._then.lost(octets - skip, packet, at)

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """See `Consumer`."""
        self._then.end(how, packet, at)


class Conversation:
    """Both sides of a connection, from the first octet to what became of them."""

    __slots__ = (
        "_calls",
        "_context",
        "_framers",
        "_heads",
        "_held",
        "_look_at",
        "_waiting",
        "builder",
        "decision",
        "ends",
        "inner",
        "outlets",
        "transport",
    )

    def __init__(
        self,
        context: Context,
        held: Held,
        ends: tuple[str, str],
        outlets: tuple[Outlet, Outlet],
        transport: Literal["h2c", "tls"] = "h2c",
    ) -> None:
        self._context = context
        self._held = held
        self._calls: list[tuple[int, Callable[[Consumer], None]]] = []
        self._heads = (Head(), Head())
        self._waiting = self._look_at = 0
        self._framers: tuple[Framer, ...] = ()
        self.ends = ends
        """Addresses of the two sides, as text."""
        self.outlets = outlets
        self.transport = transport
        self.decision: Decision | None = None
        self.builder: Builder | None = None
        self.inner: Inner | None = None
        for side, outlet in enumerate(outlets):
            outlet.consumer = _Waiting(self, side)

    # -- before the decision --

    def wait(self, side: int, call: Callable[[Consumer], None], data: bytes | None) -> None:
        """Keep what happened; `data` are octets, None says that some are missing from here on."""
        self._calls.append((side, call))
        head = self._heads[side]
        if data is None:
            head.holed = True
            return
        self._waiting += len(data)
        self._held.take(len(data))
        if not head.holed:
            head.octets += data
        if self._waiting >= self._look_at:
            self._look_at = self._waiting + (self._waiting >> 3)
            self._look(final=self._waiting > DECIDE_OCTETS_MAX or self._held.full)

    def wait_for_end(self, side: int, call: Callable[[Consumer], None], packet: int) -> None:
        """Keep the end of one side's octets, which was at this packet."""
        self._calls.append((side, call))
        self._heads[side].ended = packet

    def _look(self, *, final: bool) -> None:
        for head, outlet in zip(self._heads, self.outlets, strict=True):
            head.started = outlet.started
        decision = look(self._heads, final=final)
        if decision is None:
            return
        self.decision = decision
        self._held.give(self._waiting)
        consumers = self._consumers(decision)
        for outlet, consumer in zip(self.outlets, consumers, strict=True):
            outlet.consumer = consumer
        calls, self._calls = self._calls, []
        for side, call in calls:
            call(consumers[side])

    # -- the decision --

    def _consumers(self, decision: Decision) -> tuple[Consumer, Consumer]:
        ends = self.ends
        client = decision.client
        names = ends[client], ends[1 - client]
        if decision.what == "http2":
            info = ConnectionInfo(*names, self.transport)
            return self._framed(decision, info, self._modes(decision))
        if decision.what == "upgrade":
            return self._upgraded(decision, names)
        if decision.what == "tls" and self.transport == "h2c":
            from h2proof.oracle.importers.capture.tls import Tls  # clear text does without

            inner = Tls(self._context, self._held, ends, client)
            self.inner = inner
            return inner.sides
        return IGNORED, IGNORED

    def _framed(
        self, decision: Decision, info: ConnectionInfo, modes: tuple[Mode, Mode]
    ) -> tuple[Framer, Framer]:
        context = self._context
        builder = Builder(info, keep_data=context.options.keep_data, traces=context.traces)
        first, second = (
            Framer(
                SENDERS[side != decision.client],
                builder,
                modes[side],
                fixed=self.transport == "tls",
            )
            for side in (0, 1)
        )
        first.peer, second.peer = second, first
        self.builder, self._framers = builder, (first, second)
        if decision.late:
            for sender in SENDERS:
                builder.cut(sender, "late", None, 0, 0)
            builder.gaps.append(Gap("the connection is older than the capture"))
        return first, second

    def _modes(self, decision: Decision) -> tuple[Mode, Mode]:
        """How each side begins; where its start may be missing, frames have to be looked for."""
        first, second = (
            "search"
            if mode == "frames" and not (head.started or starts_with_settings(head.octets))
            else mode
            for mode, head in zip(decision.modes, self._heads, strict=True)
        )
        return first, second

    def _upgraded(self, decision: Decision, names: tuple[str, str]) -> tuple[Consumer, Consumer]:
        client = decision.client
        request = upgrade.parse(self._heads[client].octets)
        answer = upgrade.response_octets(self._heads[1 - client].octets)
        info = ConnectionInfo(*names, "h2c-upgrade", request.settings, request.fields)
        first, second = self._framed(decision, info, decision.modes)
        skips = (answer, request.octets) if client else (request.octets, answer)
        return Behind(skips[0], first), Behind(skips[1], second)

    # -- the end --

    def finish(self, packet: int, at: int) -> None:
        """Nothing more will come of either side."""
        if self.decision is None:
            self._look(final=True)
        if self.inner is not None:
            self.inner.finish(packet, at)
        for framer in self._framers:
            framer.finish(packet, at)


class _Waiting:
    """One side of an undecided conversation, as a consumer."""

    __slots__ = ("_conversation", "_side")

    def __init__(self, conversation: Conversation, side: int) -> None:
        self._conversation = conversation
        self._side = side

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """See `Consumer`."""

        def call(consumer: Consumer) -> None:
            consumer.octets(data, position, packet, at, acknowledged, committed)

        self._conversation.wait(self._side, call, data)

    def lost(self, octets: int, packet: int, at: int) -> None:
        """See `Consumer`."""
        call = partial(_lose, octets, packet, at)
        self._conversation.wait(self._side, call, None)

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """See `Consumer`."""
        self._conversation.wait_for_end(self._side, partial(_end, how, packet, at), packet)


def _lose(octets: int, packet: int, at: int, consumer: Consumer) -> None:
    consumer.lost(octets, packet, at)


def _end(how: EndHow, packet: int, at: int, consumer: Consumer) -> None:
    consumer.end(how, packet, at)
