"""Resets a promised stream twice (RFC 9113 §5.1 allows PRIORITY only after the first)."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import RstStream


async def play(client: Client, part: Part) -> None:
    """RST_STREAM, and the same again."""

    def twice(stream: int) -> None:
        client.reset(stream, ErrorCode.CANCEL)
        client.send(RstStream(stream, ErrorCode.CANCEL))

    await client.at(part, twice)


RESETS_TWICE = Behaviour(
    "resets-twice",
    "sends RST_STREAM on a promised stream twice",
    play,
    legal=False,
    invariants=("I3", "I10", "I21"),
    params={"after": "promise", "nth": 1},
    variants=({"after": "pushed response"},),
)
