"""State machines for endpoints: a client, a server, both ends; meant for subclassing.

Each step is something an endpoint's owner may do, or some octets that arrive, at any place in the
stream of octets. After every step the oracle looks at all that was sent so far. `ServerMachine` and
`ClientMachine` put your endpoint on trial against a connection of ours; `BothMachine` drives both.

    class TestMine(ServerMachine.TestCase): ...      # unittest's form, as with Hypothesis

    class Mine(ServerMachine):
        def endpoint(self):
            return my_server()
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple
from hypothesis.stateful import rule as step

from h2proof.oracle import judge
from h2proof.properties.broken import Broken
from h2proof.properties.strategies.fields import REQUEST, RESPONSE
from h2proof.properties.told import tell
from h2proof.sim.codec import PREFACE, FrameReader, write_header
from h2proof.sim.connection import Connection
from h2proof.sim.endpoint import Endpoint, Peer
from h2proof.sim.errors import IllegalSend
from h2proof.sim.respond import responder
from h2proof.sim.settings import Setting
from h2proof.sim.trace import Sender, Trace

OCTETS: Final = st.integers(0, 300)
CODES: Final = st.sampled_from((8, 0, 2))
"""Codes that fit whatever has happened; REFUSED_STREAM, say, does not after a response (§8.7)."""
VALUES: Final = st.sampled_from(
    (
        {Setting.INITIAL_WINDOW_SIZE: 0},
        {Setting.INITIAL_WINDOW_SIZE: 100},
        {Setting.INITIAL_WINDOW_SIZE: 65_535},
        {Setting.MAX_CONCURRENT_STREAMS: 1},
        {Setting.HEADER_TABLE_SIZE: 0},
    )
)


class Wire:
    """One direction between the ends: octets under way, written into the trace as frames."""

    def __init__(self, sender: Sender, trace: Trace) -> None:
        self.sender: Sender = sender
        self._trace = trace
        self._reader = FrameReader()
        self._octets = bytearray()
        self._frames: deque[tuple[int, int]] = deque()
        """The event of each frame under way, and the octets until its end is here."""
        self._sent = 0
        self._delivered = 0
        self._preface_left = len(PREFACE) if sender == "client" else 0

    def __len__(self) -> int:
        return len(self._octets)

    def send(self, octets: bytes) -> None:
        """Octets set out."""
        self._octets += octets
        if self._preface_left and octets:
            # whole in the first output of any client (RFC 9113 §3.4)
            self._trace.preface()
            self._sent, self._preface_left = self._preface_left, 0
            octets = octets[len(PREFACE) :]
        for header, payload in self._reader.feed(octets):
            assert payload is not None
            event = self._trace.add_octets_of_frame(self.sender, write_header(header) + payload)
            self._sent += 9 + header.length
            self._frames.append((event, self._sent))

    def take(self, octets: int) -> bytes:
        """Up to so many octets that arrive, not beyond the end of a frame.

        So whoever takes them answers each frame before the next one: the oracle knows then what
        an answer can have known.
        """
        size = min(octets, len(self._octets))
        if self._frames:
            size = min(size, self._frames[0][1] - self._delivered)
        arrived = bytes(self._octets[:size])
        del self._octets[:size]
        self._delivered += size
        if self._frames and self._frames[0][1] == self._delivered:
            self._trace.delivered(self._frames.popleft()[0])
        return arrived


class Machine(RuleBasedStateMachine):
    """What all machines share: two ends, a wire each way, a trace, the oracle."""

    streams = Bundle("streams")
    tried: ClassVar[tuple[Sender, ...]] = ("client", "server")
    """Whose frames the oracle is asked about."""

    def __init__(self) -> None:
        super().__init__()
        self.trace = Trace()
        """All that was sent and has arrived so far."""
        self.wires: dict[Sender, Wire] = {
            "client": Wire("client", self.trace),
            "server": Wire("server", self.trace),
        }
        self.client = self.make_client()
        self.server = self.make_server()
        self.flush()

    def make_client(self) -> Endpoint:
        """The client's end; override it to put your own on trial."""
        return Connection("client")

    def make_server(self) -> Endpoint:
        """The server's end."""
        return Connection("server")

    def flush(self) -> None:
        """Let what both ends have to say set out."""
        self.wires["client"].send(self.client.take_output())
        self.wires["server"].send(self.server.take_output())

    def deliver(self, sender: Sender, octets: int | None = None) -> None:
        """Let octets of that side arrive, all that are under way if None is given."""
        wire = self.wires[sender]
        receiver = self.server if sender == "client" else self.client
        left = len(wire) if octets is None else min(octets, len(wire))
        while left:
            arrived = wire.take(left)
            left -= len(arrived)
            receiver.receive(arrived)
            self.flush()

    def settle(self) -> None:
        """Let everything arrive, until nobody has anything more to say."""
        while any(self.wires.values()):
            self.deliver("client")
            self.deliver("server")

    def attempt(self, call: Callable[[], object]) -> None:
        """Make a call of an owner; one that would break the RFC is refused, and changes nothing."""
        try:
            call()
        except IllegalSend:
            return
        self.flush()

    @invariant()
    def keeps_the_rfc(self) -> None:
        """What the ends on trial have sent is legal, whatever they knew."""
        for finding in judge(self.trace).violations:
            if finding.actor in self.tried:
                raise self.told(finding)

    def told(self, finding: Any) -> Broken:
        """The failure, with the table of streams below."""
        broken = tell(finding, self.trace, who=type(self).__name__)
        return Broken(
            f"{broken}\n\n{self.table()}",
            rule=broken.rule,
            fingerprint=broken.fingerprint,
            resource=broken.resource,
        )

    def table(self) -> str:
        """Streams and windows, as far as an end tells them."""
        rows = [f"  {'stream':>8}  {'end':<6}  {'state':<20}{'may send':>10}{'may receive':>13}"]
        numbers = sorted({event.stream for event in self.trace.frames()})
        for name, end in (("client", self.client), ("server", self.server)):
            if isinstance(end, Connection):
                rows += (_row(name, end, number) for number in numbers)
        return "\n".join(rows)

    def teardown(self) -> None:
        """At the end everything arrives, and the oracle looks once more."""
        self.settle()
        self.keeps_the_rfc()

    @step(octets=st.integers(1, 60) | st.none())
    def client_octets_arrive(self, octets: int | None = None) -> None:
        """Some octets of the client reach the server."""
        self.deliver("client", octets)

    @step(octets=st.integers(1, 60) | st.none())
    def server_octets_arrive(self, octets: int | None = None) -> None:
        """Some octets of the server reach the client."""
        self.deliver("server", octets)


def _row(name: str, end: Peer, stream: int) -> str:
    state = end.state(stream).phrase if stream else "connection"
    windows = f"{end.send_window(stream):>10}{end.receive_window(stream):>13}"
    return f"  {stream:>8}  {name:<6}  {state:<20}{windows}"


class ServerMachine(Machine):
    """A server's end on trial: our client asks, sends, credits, resets, pings, leaves."""

    tried: ClassVar[tuple[Sender, ...]] = ("server",)

    def endpoint(self) -> Endpoint:
        """The endpoint on trial; override it."""
        return responder()

    def make_server(self) -> Endpoint:
        return self.endpoint()

    @property
    def driver(self) -> Connection:
        """The client that drives."""
        assert isinstance(self.client, Connection)
        return self.client

    @step(
        target=Machine.streams,
        method=st.sampled_from((b"GET", b"HEAD", b"POST")),
        end=st.booleans(),
    )
    def ask(self, method: bytes = b"GET", end: bool = True) -> Any:
        """Open a stream with a request."""
        section = ((b":method", method), *REQUEST[1:])
        try:
            stream = self.driver.send_headers(None, section, end_stream=end)
        except IllegalSend:
            return multiple()
        self.flush()
        return stream

    @step(stream=Machine.streams, octets=OCTETS, end=st.booleans())
    def send(self, stream: int, octets: int = 0, end: bool = False) -> None:
        """Content of a request, as far as the window goes."""
        octets = min(octets, self.driver.send_window(stream))
        self.attempt(lambda: self.driver.send_data(stream, bytes(octets), end_stream=end))

    @step(stream=Machine.streams, code=CODES)
    def reset(self, stream: int, code: int = 8) -> None:
        """Give a stream up."""
        self.attempt(lambda: self.driver.reset(stream, code))

    @step(stream=st.just(0) | Machine.streams, octets=st.integers(1, 100_000))
    def credit(self, stream: int = 0, octets: int = 1) -> None:
        """Let the server send more."""
        self.attempt(lambda: self.driver.credit(stream, octets))

    @step(values=VALUES)
    def change(self, values: Mapping[int, int]) -> None:
        """Announce settings."""
        self.attempt(lambda: self.driver.update_settings(values))

    @step()
    def ping(self) -> None:
        """Ask whether the server is there."""
        self.attempt(self.driver.ping)

    @step()
    def leave(self) -> None:
        """Announce the end."""
        self.attempt(self.driver.goaway)


class ClientMachine(Machine):
    """A client's end on trial: our server answers, promises, credits, resets, pings, leaves.

    `request` is how your client asks; it gives the stream.
    """

    tried: ClassVar[tuple[Sender, ...]] = ("client",)

    def endpoint(self) -> Endpoint:
        """The endpoint on trial; override it together with `request`."""
        return Connection("client")

    def make_client(self) -> Endpoint:
        return self.endpoint()

    def request(self) -> int:
        """Have the endpoint on trial ask for something; the identifier of its stream."""
        assert isinstance(self.client, Connection)
        return self.client.send_headers(None, REQUEST, end_stream=True)

    @property
    def driver(self) -> Connection:
        """The server that drives."""
        assert isinstance(self.server, Connection)
        return self.server

    @step(target=Machine.streams)
    def ask(self) -> Any:
        """The client asks; its request arrives."""
        try:
            stream = self.request()
        except IllegalSend:
            return multiple()
        self.flush()
        self.deliver("client")
        return stream

    @step(stream=Machine.streams, end=st.booleans())
    def answer(self, stream: int, end: bool = False) -> None:
        """Begin a response."""
        self.attempt(lambda: self.driver.send_headers(stream, RESPONSE, end_stream=end))

    @step(stream=Machine.streams, octets=OCTETS, end=st.booleans())
    def send(self, stream: int, octets: int = 0, end: bool = False) -> None:
        """Content of a response, as far as the window goes."""
        octets = min(octets, self.driver.send_window(stream))
        self.attempt(lambda: self.driver.send_data(stream, bytes(octets), end_stream=end))

    @step(target=Machine.streams, stream=Machine.streams)
    def promise(self, stream: int) -> Any:
        """Promise a response."""
        try:
            promised = self.driver.push(stream, REQUEST)
        except IllegalSend:
            return multiple()
        self.flush()
        return promised

    @step(stream=Machine.streams, code=CODES)
    def reset(self, stream: int, code: int = 8) -> None:
        """Give a stream up."""
        self.attempt(lambda: self.driver.reset(stream, code))

    @step(values=VALUES)
    def change(self, values: Mapping[int, int]) -> None:
        """Announce settings."""
        self.attempt(lambda: self.driver.update_settings(values))

    @step()
    def leave(self) -> None:
        """Announce the end."""
        self.attempt(self.driver.goaway)


class BothMachine(ClientMachine):
    """Both ends of ours: the client resets, credits and pings too; both are on trial."""

    tried: ClassVar[tuple[Sender, ...]] = ("client", "server")

    @step(stream=Machine.streams, code=CODES)
    def client_resets(self, stream: int, code: int = 8) -> None:
        """The client gives a stream up."""
        self.attempt(lambda: self._asking.reset(stream, code))

    @step(stream=st.just(0) | Machine.streams, octets=st.integers(1, 100_000))
    def client_credits(self, stream: int = 0, octets: int = 1) -> None:
        """The client lets the server send more."""
        self.attempt(lambda: self._asking.credit(stream, octets))

    @step(values=VALUES)
    def client_changes(self, values: Mapping[int, int]) -> None:
        """The client announces settings."""
        self.attempt(lambda: self._asking.update_settings(values))

    @step()
    def client_pings(self) -> None:
        """The client asks whether the server is there."""
        self.attempt(self._asking.ping)

    @property
    def _asking(self) -> Connection:
        assert isinstance(self.client, Connection)
        return self.client

    @invariant()
    def windows_agree_when_all_has_arrived(self) -> None:
        """What one end may still send is what the other would still take."""
        if any(self.wires.values()) or self._asking.closed or self.driver.closed:
            return
        for one, other in ((self._asking, self.driver), (self.driver, self._asking)):
            assert one.send_window(0) == max(0, other.receive_window(0)), self.table()


Step = str | tuple[str, Mapping[str, Any]]


def scenario(machine: type[Machine], steps: Sequence[Step]) -> Machine:
    """Carry out the steps in order, each by its name, with its arguments where it wants some.

    The invariants hold after each; the machine as it stands then is given back. Streams are given
    by their identifiers, 1, 3, 5, ... in the order of `ask`. Broken as from a random sequence.
    """
    __tracebackhide__ = True
    playing = machine()
    for each in steps:
        name, arguments = (each, {}) if isinstance(each, str) else each
        getattr(playing, name)(**arguments)
        playing.keeps_the_rfc()
    playing.teardown()
    return playing
