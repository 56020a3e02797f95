"""Pipes: octets arrive whole and in order, frames are recorded when sent and when delivered."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.codec import PREFACE, encode, raw
from h2proof.sim.frames import Data, Ping, Settings
from h2proof.sim.pipe import PipeCut, PipeOptions, Transport, connect
from h2proof.sim.trace import ConnectionInfo, OctetsEvent, Trace

MS = 1_000_000
AT_ONCE = PipeOptions(delay_ns=0)


class Stage:
    """A loop, a trace, and the two ends of a connection."""

    def __init__(self, options: PipeOptions = AT_ONCE) -> None:
        self.loop = VirtualLoop()
        self.trace = Trace((ConnectionInfo(),))
        self.client, self.server = connect(self.loop, self.trace, 0, options, options)
        self.read: list[bytes] = []
        self.ended = ""

    def reader(self, end: Transport) -> None:
        """Read everything that comes, until the end."""

        async def read() -> None:
            try:
                while octets := await end.read():
                    self.read.append(octets)
                self.ended = "fin"
            except PipeCut as cut:
                self.ended = cut.how

        self.loop.create_task(read(), name="reader")

    def story(self) -> list[str]:
        """The trace in short: what happened when, in milliseconds."""
        told = []
        for event in self.trace:
            text = event.kind
            if event.kind == "delivered":
                text += f" {event.frame_event}"  # type: ignore[union-attr]  # by its kind
            elif event.kind in ("frame", "cut", "octets"):
                text += f" {event.sender}"  # type: ignore[union-attr]  # by its kind
            told.append(f"{event.at // MS} {text}")
        return told


def test_a_frame_is_recorded_when_handed_over_and_delivered_when_read() -> None:
    stage = Stage(PipeOptions(delay_ns=3 * MS))
    stage.reader(stage.client)
    stage.server.put(encode(Settings()))
    stage.server.put(encode(Ping()))

    stage.loop.advance()

    assert ["0 frame server", "0 frame server", "3 delivered 0", "3 delivered 1"] == stage.story()
    assert [encode(Settings()), encode(Ping())] == stage.read


def test_a_read_never_goes_beyond_the_end_of_a_frame() -> None:
    stage = Stage()
    stage.reader(stage.client)
    frames = [encode(Settings()), encode(Data(1, b"abc")), encode(Ping())]

    stage.server.put(b"".join(frames))
    stage.loop.advance()

    assert frames == stage.read


@given(st.lists(st.integers(1, 60), min_size=1), st.integers(1, 40), st.sampled_from([None, 1, 7]))
def test_octets_arrive_whole_and_in_order_whatever_the_pieces(
    sizes: list[int], capacity: int, chunk: int | None
) -> None:
    stage = Stage(PipeOptions(capacity=capacity, delay_ns=MS, chunk=chunk))
    stage.reader(stage.server)
    frames = [encode(Settings()), encode(Data(1, bytes(range(30)))), encode(Ping())]
    octets = PREFACE + b"".join(frames)

    async def write() -> None:
        start = 0
        for size in sizes:
            await stage.client.write(octets[start : start + size])
            start += size
        await stage.client.write(octets[start:])
        stage.client.close()

    stage.loop.create_task(write())
    stage.loop.advance()

    kinds = [event.kind for event in stage.trace]
    assert octets == b"".join(stage.read)
    assert "fin" == stage.ended
    assert ["preface", "frame", "frame", "frame"] == [
        kind for kind in kinds if kind in ("preface", "frame", "octets")
    ]
    assert 3 == kinds.count("delivered")
    assert frames == [event.octets for event in stage.trace.frames()]
    assert chunk is None or all(len(piece) <= chunk for piece in stage.read)


def test_a_full_pipe_blocks_the_writer_until_it_is_read() -> None:
    stage = Stage(PipeOptions(capacity=20, delay_ns=0))
    done: list[int] = []

    async def write() -> None:
        for number in range(3):
            await stage.server.write(encode(Ping()))
            done.append(number)

    stage.loop.create_task(write(), name="writer")
    stage.loop.advance()
    blocked, waiting = list(done), stage.loop.waiting()
    stage.reader(stage.client)
    stage.loop.advance()

    assert [0] == blocked
    assert ["writer waits for room for server's octets of connection 0"] == waiting
    assert [0, 1, 2] == done
    assert 3 * encode(Ping()) == b"".join(stage.read)


def test_put_says_whether_all_of_it_fits() -> None:
    stage = Stage(PipeOptions(capacity=20, delay_ns=0))

    assert stage.server.put(encode(Ping()))
    assert not stage.server.put(encode(Ping()))
    assert 14 == stage.server.outgoing.blocked
    assert 20 == stage.server.outgoing.held


def test_writers_are_served_in_the_order_of_their_calls() -> None:
    stage = Stage(PipeOptions(capacity=10, delay_ns=MS))
    order: list[int] = []

    async def write(number: int) -> None:
        await stage.server.write(encode(Ping(bytes([number] * 8))))
        order.append(number)

    for number in range(4):
        stage.loop.create_task(write(number))
    stage.reader(stage.client)
    stage.loop.advance()

    assert [0, 1, 2, 3] == order


def test_a_reader_that_pauses_lets_the_pipe_fill_and_goes_on_later() -> None:
    stage = Stage(PipeOptions(capacity=20, delay_ns=0))
    stage.reader(stage.client)
    stage.client.incoming.pause()
    stage.server.put(encode(Ping()) * 3)
    stage.loop.advance()
    while_paused = list(stage.read)

    stage.client.incoming.resume()
    stage.loop.advance()

    assert [] == while_paused
    assert [encode(Ping())] * 3 == [b"".join(stage.read)[n * 17 : n * 17 + 17] for n in range(3)]


def test_an_orderly_end_arrives_behind_the_octets() -> None:
    stage = Stage(PipeOptions(delay_ns=2 * MS))
    stage.reader(stage.client)
    stage.server.put(encode(Ping()))
    stage.server.close()

    stage.loop.advance()

    assert ["0 frame server", "0 cut server", "2 delivered 0"] == stage.story()
    assert "fin" == stage.ended


def test_a_lost_connection_takes_the_octets_on_the_way_with_it() -> None:
    stage = Stage(PipeOptions(delay_ns=2 * MS))
    stage.reader(stage.client)
    stage.server.put(encode(Ping()))
    stage.loop.advance(until_ns=MS)

    stage.client.abort()
    stage.loop.advance()

    cuts = [event for event in stage.trace if event.kind == "cut"]
    assert [("client", "rst", 0), ("server", "rst", 17)] == [
        (cut.sender, cut.how, cut.octets)  # type: ignore[union-attr]  # by their kind
        for cut in cuts
    ]
    assert "rst" == stage.ended
    assert [] == stage.read


@pytest.mark.parametrize("cut", ["own end", "own loss", "other's loss"])
def test_writing_after_a_cut_raises(cut: str) -> None:
    stage = Stage()
    if cut == "own end":
        stage.server.close()
    elif cut == "own loss":
        stage.server.abort()
    else:
        stage.client.abort()

    with pytest.raises(PipeCut):
        stage.server.put(encode(Ping()))


def test_a_blocked_writer_is_released_by_a_cut() -> None:
    stage = Stage(PipeOptions(capacity=5, delay_ns=0))
    raised: list[str] = []

    async def write() -> None:
        try:
            await stage.server.write(encode(Ping()))
        except PipeCut as cut:
            raised.append(cut.how)

    stage.loop.create_task(write())
    stage.loop.advance()
    stage.client.abort()
    stage.loop.advance()

    assert ["rst"] == raised


def test_a_frame_that_never_ends_is_octets_when_the_sender_ends() -> None:
    stage = Stage()
    stage.reader(stage.server)
    stage.client.put(PREFACE + encode(Settings()) + encode(Ping())[:12])
    stage.client.close()

    stage.loop.advance()

    assert ["0 preface", "0 frame client", "0 octets client", "0 cut client", "0 delivered 1"] == (
        stage.story()
    )
    assert PREFACE + encode(Settings()) + encode(Ping())[:12] == b"".join(stage.read)


@pytest.mark.parametrize("split", [1, 3, 10, 30])
def test_what_is_no_preface_has_no_frames_behind_it(split: int) -> None:
    stage = Stage()
    stage.reader(stage.server)
    octets = b"PRI * HTTP/1.1\r\n\r\n" + encode(Settings()) * 3
    for start in range(0, len(octets), split):
        stage.client.put(octets[start : start + split])

    stage.loop.advance()

    loose = [event for event in stage.trace if isinstance(event, OctetsEvent)]
    assert len(stage.trace) == len(loose)
    assert octets == b"".join(event.octets for event in loose)
    assert octets == b"".join(stage.read)


def test_a_frame_handed_over_in_pieces_knows_what_its_first_octet_could_know() -> None:
    stage = Stage()
    stage.reader(stage.client)
    ping = encode(Ping())
    stage.server.put(encode(Settings()))
    stage.loop.advance()
    stage.client.put(PREFACE + ping[:4])
    stage.server.put(encode(Settings()))
    stage.loop.advance()

    stage.client.put(ping[4:] + ping)

    first, second = (frame for frame in stage.trace.frames() if frame.sender == "client")
    assert 1 == first.knew
    assert second.knew is None


def test_without_burst_each_frame_is_a_step_of_its_own() -> None:
    def steps(*, burst: bool) -> int:
        stage = Stage(PipeOptions(delay_ns=0, burst=burst))
        stage.reader(stage.client)
        stage.server.put(encode(Ping()) * 10)
        stage.loop.advance()
        assert 10 == len(stage.read)
        return stage.loop.steps

    assert 10 == steps(burst=False) - steps(burst=True)


def test_a_raw_frame_of_any_kind_is_recorded_as_it_is() -> None:
    stage = Stage()
    stage.client.put(PREFACE + raw(0xFA, 0xFF, 7, b"grease", reserved=True))

    (frame,) = stage.trace.frames()

    assert (0xFA, 0xFF, 7, True, b"grease") == (
        frame.type,
        frame.flags,
        frame.stream,
        frame.reserved,
        frame.payload,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"capacity": 0}, "lets nothing through"),
        ({"delay_ns": -1}, "arrive after they were sent"),
        ({"chunk": 0}, "None sets no limit"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PipeOptions(**options)  # type: ignore[arg-type]  # that is the point


def test_a_cancelled_read_leaves_the_octets_where_they_are() -> None:
    stage = Stage()

    async def read() -> bytes:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stage.client.read()
        stage.server.put(encode(Ping()))
        return await stage.client.read()

    assert encode(Ping()) == stage.loop.run_until_complete(read())


@pytest.mark.parametrize("delay_ns", [0, MS])
def test_frames_travel_alike_one_by_one_and_in_one_piece(delay_ns: int) -> None:
    frames = [encode(Settings()), encode(Data(1, bytes(30))), encode(Ping())] * 3
    one_by_one, at_once = (
        Stage(PipeOptions(delay_ns=delay_ns)),
        Stage(PipeOptions(delay_ns=delay_ns)),
    )
    for frame in frames:
        one_by_one.server.put(frame)
    at_once.server.put(b"".join(frames))

    for stage in (one_by_one, at_once):
        stage.server.put(frames[0][:5])
        stage.server.put(frames[0][5:] + frames[1])
        stage.reader(stage.client)
        stage.loop.advance()

    assert one_by_one.trace == at_once.trace
    assert one_by_one.read == at_once.read
    assert [*frames, frames[0][:5], frames[0][5:], frames[1]] == at_once.read
    assert 0 == one_by_one.server.outgoing.held
