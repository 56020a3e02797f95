"""A client on one connection: polite, unless an act of its plan says otherwise.

It asks for what its plan says, gives credit back when half a window is used, answers what has to
be answered. Behaviours change that: they withhold credit, stop reading, react at a moment. They
see what a peer can see: the notices of the client's own end of HTTP/2, and what arrived when.
When the faults stop, `calm` makes it polite again and lets everything end. What the server does
with all this is not known here.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.credit import INITIAL_WINDOW_SIZE, WINDOW, Credit
from h2proof.sim.clients.exchanges import CHANGES, Exchange
from h2proof.sim.clients.moments import Moment, moments_of
from h2proof.sim.clock import VirtualLoop
from h2proof.sim.codec import encode
from h2proof.sim.endpoint import Peer
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import AnyFrame
from h2proof.sim.notices import Notice
from h2proof.sim.pipe import PipeCut, Transport
from h2proof.sim.scenario import ClientPlan, RequestPlan

ENABLE_PUSH: Final = 2
MAX_CONCURRENT_STREAMS: Final = 3

Action = Callable[[int], None]
"""What a behaviour does at a moment, given the stream on which it came."""
Connect = Callable[[Mapping[int, int]], tuple[Transport, Peer]]
"""Opens a connection: the client's end of the transport, and of HTTP/2 with its first SETTINGS."""


@dataclass(slots=True)
class Reaction:
    """Something to be done at the `nth` moment of a kind, or at each one (0)."""

    part: Part
    moment: Moment
    nth: int
    action: Action
    seen: int = 0


class Client:
    """One client. The connection is made anew by `dial`; all else belongs to the present one."""

    connection: Peer
    transport: Transport

    def __init__(
        self,
        number: int,
        plan: ClientPlan,
        acts: tuple[tuple[Behaviour, Part], ...],
        loop: VirtualLoop,
        connect: Connect,
    ) -> None:
        self.number = number
        self.name = f"client {number}"
        self.plan = plan
        self.requests: list[RequestPlan] = list(plan.requests)
        """What it will ask for; a behaviour may change it before the client begins."""
        self.loop = loop
        self.settings: dict[int, int] = dict(plan.settings)
        """Its first SETTINGS; a behaviour may change them before the client begins."""
        self.asks = True
        """False: a behaviour does the asking."""
        self.write_octets_max: int | None = None
        """Into what pieces its octets are cut before they go into the pipe."""
        self.reads_again = True
        """False: it does not even read when the faults stop."""
        self.exchanges: dict[int, Exchange] = {}
        self.lost = False
        """Whether the connection is gone, one way or the other."""
        self.turned_away = False
        """Whether the server has said GOAWAY: nothing new can be asked for."""
        self.credit = Credit()
        self._connect = connect
        self._acts = acts
        self._plays: list[asyncio.Task[None]] = []
        self._asked = 0
        self._begun = 0
        """Acts that are on stage."""
        self._muted = False
        self._reactions: list[Reaction] = []
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    # -- life --

    def begin(self) -> None:
        """Prepare the acts, open the connection, and start all that the plan says."""
        for behaviour, part in self._acts:
            if behaviour.prepare is not None:
                behaviour.prepare(self, part)
        self.dial()
        for act, (behaviour, part) in zip(self.plan.acts, self._acts, strict=True):
            if behaviour.play is not None:
                play = self._on_stage(behaviour, part, act.from_ns, act.until_ns)
                self._plays.append(self.loop.create_task(play, f"{self.name} {behaviour.name}"))
        if self.asks:
            self._plays.append(self.loop.create_task(self._ask_all(), f"{self.name} asks"))

    def dial(self) -> None:
        """Open a connection, the first or a new one; what the old one had is forgotten."""
        self.transport, self.connection = self._connect(self.settings)
        self.exchanges = {}
        self.lost = self.turned_away = False
        self.credit.owed = 0
        self._muted = False
        self.flush()
        self.loop.create_task(self._read_all(self.transport, self.connection), f"{self.name} reads")

    async def _on_stage(
        self, behaviour: Behaviour, part: Part, from_ns: int, until_ns: int | None
    ) -> None:
        assert behaviour.play is not None
        if from_ns:
            await self.sleep(from_ns)
        else:
            self._begun += 1
            self._poke()
        if until_ns is None:
            await behaviour.play(self, part)
            return
        try:
            async with asyncio.timeout((until_ns - from_ns) / 1_000_000_000):
                await behaviour.play(self, part)
        except TimeoutError:
            pass

    async def _ask_all(self) -> None:
        began = self.loop.now_ns
        if self._acts:
            first = sum(
                behaviour.play is not None and not act.from_ns
                for act, (behaviour, _) in zip(self.plan.acts, self._acts, strict=True)
            )
            await self.until(lambda: self._begun >= first, "its acts to begin")
        for ordinal in range(len(self.requests)):
            wait = began + self.requests[ordinal].at_ns - self.loop.now_ns
            if wait > 0:
                await self.sleep(wait)
            if not self._may_ask():
                await self.until(self._may_ask, "a free stream")
            self.ask(ordinal)

    def _may_ask(self) -> bool:
        if self.lost or self.turned_away:
            return True  # asking does nothing then, and need not be waited for
        most = self.connection.peer_settings.get(MAX_CONCURRENT_STREAMS)
        if most is None:
            return True
        mine = sum(1 for each in self.exchanges.values() if each.stream & 1 and not each.over)
        return mine < most

    @property
    def content(self) -> bool:
        """Whether it has asked for everything, and everything has ended."""
        return self.lost or (self._asked >= len(self.requests) and not self.open_exchanges)

    @property
    def open_exchanges(self) -> int:
        """How many of its streams have not ended both ways."""
        count = 0
        for exchange in self.exchanges.values():
            if not (exchange.ended_here and exchange.ended_there):
                count += 1
        return count

    def calm(self) -> None:
        """The faults stop: no act is on stage any more, all credit is given, all bodies end."""
        for play in self._plays:
            play.cancel()
        self._plays.clear()  # a cancelled task knows where it was, and so its client
        self.loop.create_task(self._calm(), f"{self.name} calms down")

    async def _calm(self) -> None:
        self._reactions.clear()
        self.credit.withheld.clear()
        self._asked = len(self.requests)
        self._muted = False
        if self.reads_again:
            self.transport.incoming.resume()
        if self.lost:
            return
        if self.settings.get(INITIAL_WINDOW_SIZE, WINDOW) < WINDOW:
            self.change({INITIAL_WINDOW_SIZE: WINDOW})
        self.credit.pay_all(self)
        for exchange in tuple(self.exchanges.values()):
            if not exchange.ended_here:
                self.connection.send_data(exchange.stream, b"", end_stream=True)
                exchange.ended_here = True
        self.flush()

    def leave(self) -> None:
        """Say GOAWAY and close; for one that has not lost its connection yet."""
        if self.lost:
            return
        if not self.connection.closed:
            self.connection.goaway(ErrorCode.NO_ERROR)
        self.flush()
        self.transport.close()

    # -- what it does --

    def ask(self, ordinal: int, *, end: bool = True) -> int:
        """Send the request with that ordinal; its stream. `end` False leaves the body open.

        Stream 0, and nothing sent, where the connection takes no more requests.
        """
        self._asked = max(self._asked, ordinal + 1)
        if self.lost or self.turned_away:
            return 0
        plan = self.requests[ordinal]
        ends = end and not plan.body_octets
        stream = self.connection.send_headers(None, plan.section(), end_stream=ends)
        self.exchanges[stream] = Exchange(stream, ordinal, stream, ends)
        self.flush()
        if plan.body_octets:
            body = self._send_body(stream, plan.body_octets, end=end)
            self._plays.append(self.loop.create_task(body, f"{self.name} stream {stream}"))
        if self._reactions:
            self._happened(Moment.ASKED, stream)
        if self._waiters:
            self._poke()
        return stream

    def ask_all(self) -> None:
        """Send all requests of the plan at once, as many as the server allows."""
        for ordinal in range(len(self.requests)):
            if self._may_ask():
                self.ask(ordinal)

    async def _send_body(self, stream: int, octets: int, *, end: bool) -> None:
        exchange = self.exchanges[stream]
        while octets and not exchange.ended_here:
            room = min(self.connection.send_window(stream), octets)
            if not room:
                await self.until(
                    lambda: exchange.ended_here or self.connection.send_window(stream) > 0,
                    f"credit on stream {stream}",
                )
                continue
            octets -= room
            last = end and not octets
            self.connection.send_data(stream, bytes(room), end_stream=last)
            exchange.ended_here = exchange.ended_here or last
            self.flush()

    def reset(self, stream: int, code: int = ErrorCode.CANCEL) -> None:
        """Send RST_STREAM; nothing if the stream is over."""
        exchange = self.exchanges.get(stream)
        if exchange is None or exchange.over or self.lost:
            return
        self.connection.reset(stream, code)
        exchange.ended_here = exchange.ended_there = True
        self.flush()
        self._poke()

    def grant(self, stream: int, octets: int) -> None:
        """Send WINDOW_UPDATE; nothing if the stream is over, or the server has ended it."""
        exchange = self.exchanges.get(stream)
        if self.lost or (stream and (exchange is None or exchange.ended_there)):
            return
        self.connection.credit(stream, octets)
        self.flush()

    def change(self, values: dict[int, int]) -> None:
        """Send SETTINGS."""
        if not self.lost:
            self.settings.update(values)
            self.connection.update_settings(values)
            self.flush()

    def ping(self, payload: bytes = bytes(8)) -> None:
        """Send PING."""
        if not self.lost:
            self.connection.ping(payload)
            self.flush()

    def goaway(self, code: int = ErrorCode.NO_ERROR, *, last: int | None = None) -> None:
        """Send GOAWAY, and go on."""
        if not self.lost:
            self.connection.goaway(code, last=last)
            self.flush()

    def send(self, *frames: AnyFrame) -> None:
        """Put frames on the wire that the client's own end of HTTP/2 knows nothing of."""
        self.send_octets(b"".join(encode(frame) for frame in frames))

    def send_octets(self, octets: bytes) -> None:
        """Put any octets on the wire."""
        if self.lost:
            return
        step = self.write_octets_max
        try:
            if step is None:
                self.transport.put(octets)
            else:
                for start in range(0, len(octets), step):
                    self.transport.put(octets[start : start + step])
        except PipeCut:
            self.lost = True

    def vanish(self, *, orderly: bool = False) -> None:
        """Be gone: close the connection in order, or lose it."""
        if orderly:
            self.transport.close()
        else:
            self.transport.abort()
        self.lost = True
        self._poke()

    def flush(self) -> None:
        """Put on the wire what the client's end of HTTP/2 has to say."""
        if self.connection.output and not self._muted:
            self.send_octets(self.connection.take_output())

    # -- how a behaviour changes it --

    async def sleep(self, ns: int) -> None:
        """Wait in virtual time."""
        await asyncio.sleep(ns / 1_000_000_000)

    async def forever(self) -> None:
        """Wait until the act ends."""
        await self.loop.waiter("the end of the act")

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the condition holds; it is looked at whenever something arrived."""
        while not condition():
            waiter = self.loop.waiter(what)
            self._waiters.append((condition, waiter))
            await waiter

    async def at(self, part: Part, action: Action) -> None:
        """Do the action at the moment that the part names in `after` and `nth`, until the act ends.

        It is done between two frames: nothing that arrived later has been seen by then.
        """
        reaction = Reaction(part, Moment(part.text("after")), part.number("nth"), action)
        self._reactions.append(reaction)
        try:
            await self.forever()
        finally:
            if reaction in self._reactions:
                self._reactions.remove(reaction)

    @contextmanager
    def withholding(self, withheld: Callable[[int], bool]) -> Iterator[None]:
        """Give no credit for the streams of which `withheld` is true (0 is the connection)."""
        held = self.credit.withheld
        held.append(withheld)
        try:
            yield
        finally:
            if withheld in held:
                held.remove(withheld)
            self.credit.pay_all(self)

    @contextmanager
    def mute(self) -> Iterator[None]:
        """Send nothing that the client's end of HTTP/2 has to say."""
        self._muted = True
        try:
            yield
        finally:
            self._muted = False
            self.flush()

    @contextmanager
    def not_reading(self) -> Iterator[None]:
        """Leave in the pipe what arrives."""
        self.transport.incoming.pause()
        try:
            yield
        finally:
            self.transport.incoming.resume()

    def plays_in(self, part: Part, stream: int) -> bool:
        """Whether the part is about the stream: its request, or a promise on that."""
        exchange = self.exchanges.get(stream)
        return exchange is None or part.includes(exchange.ordinal)

    # -- what arrives --

    async def _read_all(self, transport: Transport, connection: Peer) -> None:
        read, receive, change_of = transport.read, connection.receive, CHANGES.get
        try:
            while octets := await read():
                notices = receive(octets)
                if self.connection.output:
                    self.flush()
                for notice in notices:
                    change = change_of(type(notice))
                    if change is not None:
                        change(self, notice)
                    if self._reactions:
                        self._react(notice)
                if self._reactions and transport.incoming.delivered:
                    self._happened(Moment.FRAME, 0)
                if self._waiters:
                    self._poke()
                if connection.closed:
                    break
        except PipeCut:
            pass
        if transport is self.transport:
            self.flush()
            self.lost = True
            self._poke()
        transport.close()

    def _react(self, notice: Notice) -> None:
        stream, moments = moments_of(notice)
        for moment in moments:
            self._happened(moment, stream)

    def _happened(self, moment: Moment, stream: int) -> None:
        for reaction in tuple(self._reactions):
            if reaction.moment is not moment or not self.plays_in(reaction.part, stream):
                continue
            reaction.seen += 1
            if reaction.nth in (0, reaction.seen):
                reaction.action(stream)

    def _poke(self) -> None:
        waiting, self._waiters = self._waiters, []
        for condition, waiter in waiting:
            if waiter.done():
                continue
            if condition():
                waiter.set_result(None)
            else:
                self._waiters.append((condition, waiter))
