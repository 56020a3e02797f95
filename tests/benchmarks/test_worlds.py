"""The pair of h2 exchanges the frames of our run, and both are measured; nothing is judged by time."""

from collections.abc import Iterator

import pytest
from tests.benchmarks.worlds import calls_of, h2_pair, measure, ours, scenario

from h2proof.sim.codec import HEADER_LENGTH, PREFACE, read_header
from h2proof.sim.frames import FrameType


def heads(octets: bytes) -> Iterator[tuple[int, int]]:
    """Type and stream of each frame."""
    offset = 0
    while offset < len(octets):
        header = read_header(octets, offset)
        yield header.type, header.stream
        offset += HEADER_LENGTH + header.length


@pytest.mark.parametrize("path", ["/", "/some/page"])
@pytest.mark.parametrize("server", ["plain", "go"])
def test_the_pair_of_h2_sends_the_same_frames(server: str, path: str) -> None:
    trace, verdict = ours(scenario(server, path))
    sent = h2_pair(calls_of(trace))

    assert () == verdict.violations
    assert 3 == sum(frame.type == FrameType.PUSH_PROMISE for frame in trace.frames())
    for side in ("client", "server"):
        mine = [(frame.type, frame.stream) for frame in trace.frames() if frame.sender == side]
        assert sorted(mine) == sorted(heads(bytes(sent[side]).removeprefix(PREFACE)))


def test_rows_are_measured_for_each_server_model() -> None:
    rows = list(measure(runs=1, repetitions=1))
    measured = [(row["server"], row["paths"]) for row in rows]

    assert [(s, p) for s in ("plain", "go") for p in ("again", "fresh")] == measured
    assert all(isinstance(row["ratio"], float) for row in rows)
