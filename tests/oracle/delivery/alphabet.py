"""A small alphabet of frames, and connections of a few of them: what the search is tried on.

Field blocks use the static table only, so that a frame has the same octets wherever it stands.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from h2proof.oracle.replay.blocks import Blocks
from h2proof.oracle.replay.reading import read
from h2proof.oracle.replay.sections import read_section
from h2proof.oracle.replay.sent import Sent
from h2proof.sim.codec import encode
from h2proof.sim.frames import (
    AnyFrame,
    Data,
    GoAway,
    Headers,
    Ping,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.trace import Sender, Trace

_GET: Final = bytes.fromhex("828784")
_OK: Final = bytes.fromhex("88")
AA, BB = b"a" * 8, b"b" * 8

CLIENT: Final[tuple[AnyFrame, ...]] = (
    Headers(1, _GET),
    Headers(3, _GET, end_stream=True),
    RstStream(1, 8),
    Settings(((2, 0),)),
    Settings(((4, 0),)),
    Settings(ack=True),
    WindowUpdate(1, 5),
    WindowUpdate(0, 0x7FFFFFFF - 65_535),
    Data(1, b"x" * 10, end_stream=True),
    Ping(AA),
    Ping(BB, ack=True),
    GoAway(0),
)
SERVER: Final[tuple[AnyFrame, ...]] = (
    Headers(1, _OK),
    Headers(3, _OK, end_stream=True),
    Data(1, b"x" * 10),
    Headers(2, _OK),
    PushPromise(1, 2, _GET),
    RstStream(1, 8),
    Settings(((3, 1),)),
    Settings(((4, 5),)),
    Settings(ack=True),
    WindowUpdate(0, 0x7FFFFFFF - 65_535),
    Ping(BB),
    Ping(AA, ack=True),
    GoAway(0),
)
Step = tuple[Sender, AnyFrame]
STEPS: Final[tuple[Step, ...]] = (
    *(("client", frame) for frame in CLIENT),
    *(("server", frame) for frame in SERVER),
)
FEW: Final[tuple[Step, ...]] = (
    *(("client", CLIENT[place]) for place in (0, 2, 3, 5, 9, 10)),
    *(("server", SERVER[place]) for place in (0, 4, 7, 8, 10, 11)),
)
"""The same, smaller: requests, resets, promises, SETTINGS and PING with their answers."""
_OCTETS: Final = {id(frame): encode(frame) for _, frame in STEPS}


def trace_of(steps: Sequence[Step]) -> Trace:
    """The steps as a capture."""
    trace = Trace()
    for sender, frame in steps:
        trace.add_octets_of_frame(sender, _OCTETS[id(frame)])
    return trace


def frames_of(steps: Sequence[Step]) -> list[Sent]:
    """The steps as the judge reads them, field sections included."""
    return sent_of(trace_of(steps))


def sent_of(trace: Trace) -> list[Sent]:
    """All frames of a trace as the judge reads them, field sections included."""
    blocks = Blocks(), Blocks()
    found = []
    for place, sender in enumerate(trace.columns.sender):
        sent = read(trace, place)
        sent.section = blocks[sender].take(sent)
        if sent.section is not None:
            read_section(sent.section)
        found.append(sent)
    return found


def longer(
    steps: tuple[Step, ...], each_max: int, alphabet: Sequence[Step] = STEPS
) -> Iterator[tuple[Step, ...]]:
    """All connections with one step more, as long as neither side says more than `each_max`."""
    for sender, frame in alphabet:
        if sum(who == sender for who, _ in steps) < each_max:
            yield (*steps, (sender, frame))
