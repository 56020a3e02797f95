"""Who claims a fault of the peer's, by the code of a GOAWAY or RST_STREAM.

Whether there was one is not known here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import FrameType
from h2proof.sim.trace import CutEvent, Trace

CLAIMING: Final = frozenset(
    {
        ErrorCode.PROTOCOL_ERROR,
        ErrorCode.FLOW_CONTROL_ERROR,
        ErrorCode.STREAM_CLOSED,
        ErrorCode.FRAME_SIZE_ERROR,
        ErrorCode.COMPRESSION_ERROR,
    }
)
"""The codes that say that the peer did something wrong."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A GOAWAY (stream 0) or RST_STREAM with a code that claims a fault; `sender` as in columns."""

    event: int
    connection: int
    sender: int
    stream: int
    code: int


def claims(trace: Trace, ends: Iterable[int]) -> list[Claim]:
    """All claims on connections whose octets are all there, in order.

    `ends` are the places of GOAWAY and RST_STREAM in the columns.
    """
    columns = trace.columns
    found: list[Claim] = []
    for place in ends:
        payload = columns.payload(place)
        start = 4 if columns.type[place] == FrameType.GOAWAY else 0
        code = int.from_bytes(payload[start : start + 4], "big")
        if code in CLAIMING and len(payload) >= start + 4:
            found.append(
                Claim(
                    columns.event[place],
                    columns.connection[place],
                    columns.sender[place],
                    columns.stream[place],
                    code,
                )
            )
    if not found:
        return []
    holed = {cut.connection for cut in trace.events(CutEvent) if cut.how in ("late", "lost")}
    return [claim for claim in found if claim.connection not in holed]
