"""A bench for server and handler models: one connection, a client that does what a test says."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.codec import encode
from h2proof.sim.connection import Connection
from h2proof.sim.frames import AnyFrame
from h2proof.sim.handlers import HANDLERS
from h2proof.sim.notation import print_trace
from h2proof.sim.notices import Notice
from h2proof.sim.pipe import PipeCut, PipeOptions, connect
from h2proof.sim.resources import Register
from h2proof.sim.scenario import Scenario
from h2proof.sim.servers import SERVERS
from h2proof.sim.side import Side, Stage
from h2proof.sim.trace import ConnectionInfo, Trace

MILLISECOND_NS = 1_000_000


class Bench:
    """A server model on a virtual connection, and a client's end that a test drives by hand."""

    def __init__(
        self,
        handler: Any,
        *,
        server: str = "go",
        options: Mapping[str, Any] | None = None,
        settings: Mapping[int, int] | None = None,
        capacity: int = 1 << 20,
        raw: bool = False,
    ) -> None:
        """With `raw` nothing is sent but what the test puts into `near`."""
        self.raw = raw
        self.loop = VirtualLoop()
        self.trace = Trace((ConnectionInfo(),))
        self.register = Register(self.trace, self.loop)
        self.notices: list[Notice] = []
        scenario = Scenario(server=server, options=options or {})
        self.stage = Stage(self.loop, self.register, scenario.options)
        self.near, far = connect(
            self.loop, self.trace, 0, PipeOptions(), PipeOptions(capacity=capacity)
        )
        self.client = Connection("client", settings=settings or {})
        built = HANDLERS[handler].build(self.stage) if isinstance(handler, str) else handler
        side = Side(
            loop=self.loop,
            transport=far,
            register=self.register,
            handler=built,
            scenario=scenario,
            connection=0,
            note=self._note,
            endpoint=self._endpoint,
            stage=self.stage,
        )
        self.peer: Any = None
        self.server = self.loop.create_task(SERVERS[server].serve(side), name="server 0")
        self.loop.create_task(self._read(), name="client")
        self._push_out()
        self.run()

    def _endpoint(self, settings: Mapping[int, int] | None = None, **options: Any) -> Any:
        self.peer = Connection("server", settings=settings, **options)
        return self.peer

    def _note(self, text: str, connection: int = 0, stream: int = 0) -> None:
        self.trace.note(text, at=self.loop.now_ns, connection=connection, stream=stream)

    async def _read(self) -> None:
        try:
            while octets := await self.near.read():
                self.notices += self.client.receive(octets)
                self._push_out()
        except PipeCut:
            pass

    def _push_out(self) -> None:
        octets = self.client.take_output()
        if octets and not self.raw and not self.near.closed:
            self.near.put(octets)

    # -- what a test does --

    def run(self, ms: float | None = 50) -> None:
        """Let so many virtual milliseconds pass."""
        assert ms is not None
        self.loop.advance(until_ns=self.loop.now_ns + round(ms * MILLISECOND_NS))

    def get(
        self,
        path: str = "/",
        *fields: tuple[str, str],
        method: str = "GET",
        end_stream: bool = True,
        run: bool = True,
    ) -> int:
        """A request; its stream."""
        pseudo = ((":method", method), (":scheme", "https"), (":authority", "localhost"))
        lines = [*pseudo, (":path", path), *fields]
        section = [(name.encode(), value.encode()) for name, value in lines]
        stream = self.client.send_headers(None, section, end_stream=end_stream)
        self._push_out()
        if run:
            self.run()
        return stream

    def do(self, call: str, *args: Any, run: bool = True, **options: Any) -> None:
        """A call on the client's connection."""
        getattr(self.client, call)(*args, **options)
        self._push_out()
        if run:
            self.run()

    def send(self, frame: AnyFrame) -> None:
        """A frame that the client's connection would not send."""
        self.near.put(encode(frame))
        self.run()

    def vanish(self) -> None:
        """The client loses the connection."""
        self.near.abort()
        self.run()

    # -- what a test sees --

    @property
    def frames(self) -> list[str]:
        """The server's frames behind its opening, one line each, without field lines and content."""
        lines = print_trace(self.trace).splitlines()
        frames = [line[3:].split(' "')[0] for line in lines if line.startswith("S  ")]
        return [_short(frame) for frame in frames if not frame.startswith(_OPENING)]

    def of_stream(self, stream: int) -> list[str]:
        """The frames that name a stream."""
        return [frame for frame in self.frames if f" {stream} " in f"{frame} "]

    def promises(self) -> list[str]:
        """The promised paths in their order."""
        lines = (line for line in self.frames if line.startswith("PUSH_PROMISE"))
        return [line.split("  ", 1)[1].split(" ", 1)[1].split("  ")[0] for line in lines]

    def live(self, kind: str) -> list[int]:
        """The streams of all live resources of a kind."""
        return [each.stream for each in self.register.live if each.resource.kind == kind]


_OPENING = ("SETTINGS", "WINDOW_UPDATE 0 +983041")


def _short(frame: str) -> str:
    kind, _, rest = frame.partition("  ")
    words = rest.split("  ")
    return f"{kind}  {words[0]}" if words[0] else kind


@pytest.fixture
def bench() -> Iterator[Callable[..., Bench]]:
    """Makes benches; each is taken down at the end."""
    made: list[Bench] = []

    def make(*args: Any, **options: Any) -> Bench:
        made.append(Bench(*args, **options))
        return made[-1]

    yield make
    for each in made:
        for task in each.loop.tasks():
            task.cancel()
        each.loop.set_exception_handler(lambda loop, context: None)
        each.loop.advance(steps_max=10_000)
        cast("Any", each).server = None
