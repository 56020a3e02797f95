"""The chunks in which octets come mean nothing: same notices, same output, same memory.

Tried on legal, illegal and mutated octets, for both roles and for the responder; and on real
captures, split at every point.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.oracle import importers
from h2proof.sim import Connection, Limits, Requester, Responder, notation, responder
from h2proof.sim.codec import PREFACE, encode, raw
from h2proof.sim.frames import (
    Data,
    Dependency,
    GoAway,
    Ping,
    Priority,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import Notice
from h2proof.sim.trace import FrameEvent, OctetsEvent, PrefaceEvent, Trace
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

Memory = Callable[[object], object]

CAPTURE_OCTETS_MAX = 4096
NEIGHBOURS = Path(__file__).resolve().parents[2] / "data" / "neighbours"


class Seen(NamedTuple):
    """All that an endpoint shows."""

    notices: list[Notice]
    output: bytes
    memory: object


def asking_client() -> Connection:
    """A client with requests under way, so that there is something to answer."""
    client = Connection("client")
    for number in range(4):
        client.send_headers(None, REQUEST, end_stream=number % 2 == 0)
    return client


TIGHT = Limits(
    streams_max=2,
    reserved_streams_max=1,
    field_section_octets_max=150,
    field_block_octets_max=60,
    continuations_max=1,
    fruitless_frames_max=3,
    resets_max=1,
    reset_streams_known_max=1,
)


def requester(limits: Limits | None = None) -> Requester:
    client = Requester(push="refuse", limits=limits)
    for _ in range(4):
        client.request(REQUEST, bytes(20))
    return client


ENDPOINTS: dict[str, Callable[[], Connection | Responder | Requester]] = {
    "server": lambda: Connection("server"),
    "client": asking_client,
    "responder": responder,
    "requester": requester,
    "tight responder": lambda: responder(limits=TIGHT),
    "tight requester": lambda: requester(TIGHT),
}


def play(name: str, chunks: list[bytes], memory: Memory) -> Seen:
    endpoint = ENDPOINTS[name]()
    notices: list[Notice] = []
    output = b""
    for chunk in chunks:
        notices += endpoint.receive(chunk)
        output += endpoint.take_output()
    return Seen(notices, output, memory(endpoint))


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[start:end] for start, end in pairwise(edges)]


# -- octets: what a peer may say, in an order that nobody checks --

streams = st.sampled_from([0, 1, 2, 3, 4, 5, 7, 101])
sections: st.SearchStrategy[Fields] = st.sampled_from(
    [REQUEST, RESPONSE, TRAILERS, ((b":status", b"103"),), ((b"Bad", b"x"),), ()]
)


class Said(NamedTuple):
    """One step of the peer's; field blocks need its encoder, so it is written last."""

    kind: str
    stream: int
    fields: Fields
    flag: bool
    number: int
    octets: bytes


said = st.builds(
    Said,
    st.sampled_from(
        [
            "headers",
            "cut",
            "promise",
            "data",
            "reset",
            "window",
            "settings",
            "ack",
            "ping",
            "goaway",
            "priority",
            "unknown",
            "raw",
            "garbage",
        ]
    ),
    streams,
    sections,
    st.booleans(),
    st.sampled_from([0, 1, 2, 3, 100, 16_384, 65_535, 2**31 - 1]),
    st.binary(max_size=12),
)


def write(wire: Wire, step: Said) -> bytes:
    stream, flag, number, octets = step.stream, step.flag, step.number, step.octets
    match step.kind:
        case "headers" | "cut":
            size = 1 if step.kind == "cut" else 0
            return wire.headers(stream, step.fields, end_stream=flag, cut=size)
        case "promise":
            return wire.promise(1, stream, step.fields)
        case "data":
            return encode(Data(stream, octets, flag, bytes(number % 7) if flag else None))
        case "reset":
            return encode(RstStream(stream, number))
        case "window":
            return encode(WindowUpdate(stream if flag else 0, number))
        case "settings":
            return encode(Settings(((stream, number),)))
        case "ack":
            return encode(Settings(ack=True))
        case "ping":
            return encode(Ping(ack=flag))
        case "goaway":
            return encode(GoAway(number, 0, octets))
        case "priority":
            return encode(Priority(stream, Dependency(0)))
        case "unknown":
            return encode(Unknown(0x40 + stream, 0xFF, stream, octets))
        case "raw":
            return raw(number % 17, stream, stream, octets)
    return octets


def written(steps: list[Said], start: bytes, mutations: list[tuple[int, int]]) -> bytes:
    wire = Wire()
    octets = bytearray(start + b"".join(write(wire, step) for step in steps))
    for place, value in mutations:
        if octets:
            octets[place % len(octets)] = value
    return bytes(octets)


CLIENTS = ("client", "requester", "tight requester")
START = {
    name: encode(Settings()) if name in CLIENTS else PREFACE + encode(Settings())
    for name in ENDPOINTS
}
places = st.lists(st.integers(0, 2**20), max_size=12)
mutations = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=2)


@pytest.mark.parametrize("name", ENDPOINTS)
@given(steps=st.lists(said, max_size=12), changes=mutations, where=places)
@hypothesis_settings(max_examples=60)
def test_any_chunking_gives_the_same(
    name: str,
    steps: list[Said],
    changes: list[tuple[int, int]],
    where: list[int],
    memory: Memory,
) -> None:
    octets = written(steps, START[name], changes)
    whole = play(name, [octets], memory)

    assert whole == play(name, cut(octets, where), memory)
    assert whole == play(name, [octets[place : place + 1] for place in range(len(octets))], memory)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDPOINTS)
@given(steps=st.lists(said, max_size=40), changes=mutations, where=places)
@hypothesis_settings(max_examples=3000)
def test_any_chunking_gives_the_same_at_length(
    name: str,
    steps: list[Said],
    changes: list[tuple[int, int]],
    where: list[int],
    memory: Memory,
) -> None:
    octets = written(steps, START[name], changes)

    assert play(name, [octets], memory) == play(name, cut(octets, where), memory)


@pytest.mark.parametrize("name", ENDPOINTS)
@given(octets=st.binary(max_size=80), where=places)
@hypothesis_settings(max_examples=40)
def test_nothing_is_raised_by_garbage_and_nothing_is_held_once_closed(
    name: str, octets: bytes, where: list[int], memory: Memory
) -> None:
    endpoint = ENDPOINTS[name]()
    for chunk in cut(START[name] + octets, where):
        endpoint.receive(chunk)
    inner = endpoint if isinstance(endpoint, Connection) else endpoint.connection

    assert not endpoint.closed or (0, 0) == (inner.frame_octets, inner.block_octets)


# -- captures --

FEW = (
    "go-go-ping",
    "raw-rst-idle-nghttpd",
    "raw-interleaved-block-caddy",
    "syn-merged-three-pushes",
)
"""What the fast tier takes; the slow one takes all."""


def directions(trace: Trace) -> Iterator[tuple[str, bytes]]:
    """What each side sent; the start that a short trace leaves out is put in front."""
    sides = {"client": b"", "server": b""}
    began = False
    for event in trace:
        if isinstance(event, PrefaceEvent):
            began = True
            sides["client"] += PREFACE
        elif isinstance(event, FrameEvent | OctetsEvent):
            sides[event.sender] += event.octets
    yield "server", sides["client"] if began else START["server"] + sides["client"]
    yield "client", sides["server"] if began else START["client"] + sides["server"]


def splits_agree(trace: Trace, memory: Memory) -> int:
    """Try every point at which the octets of a direction can be split in two; how many."""
    tried = 0
    for name, octets in directions(trace):
        if len(octets) > CAPTURE_OCTETS_MAX:
            continue
        whole = play(name, [octets], memory)
        for place in range(1, len(octets)):
            assert whole == play(name, [octets[:place], octets[place:]], memory), (name, place)
            tried += 1
    return tried


def captured(path: Path) -> Iterator[Trace]:
    """The connections of a capture of which all octets are there."""
    for imported in importers.read(path, importers.Options(keep_data=True)):
        if imported.complete:
            yield imported.trace


def written_traces() -> list[Trace]:
    """The trace files of this suite."""
    return [
        titled.trace
        for path in sorted(NEIGHBOURS.glob("*.txt"))
        for titled in notation.parse(path.read_text())
    ]


def captures(shared: Path) -> Iterator[Path]:
    """The captures in clear text."""
    for path in sorted((shared / "traces").glob("*.pcap*")):
        if "tls" not in path.name and path.stat().st_size < 2**20:
            yield path


@pytest.mark.parametrize("name", FEW)
def test_every_split_of_a_capture_gives_the_same(shared: Path, name: str, memory: Memory) -> None:
    [path] = (shared / "traces").glob(f"{name}.pcap*")

    assert sum(splits_agree(trace, memory) for trace in captured(path))


def test_every_split_of_a_trace_file_gives_the_same(memory: Memory) -> None:
    assert sum(splits_agree(trace, memory) for trace in written_traces()[::40])


@pytest.mark.slow
def test_every_split_of_every_trace_file_gives_the_same(memory: Memory) -> None:
    assert sum(splits_agree(trace, memory) for trace in written_traces())


@pytest.mark.slow
def test_every_split_of_every_capture_gives_the_same(shared: Path, memory: Memory) -> None:
    tried = [
        sum(splits_agree(trace, memory) for trace in captured(path)) for path in captures(shared)
    ]

    assert 100 < sum(count > 0 for count in tried)
