"""Resets a promised stream: before its response, during it, or each one."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.errors import ErrorCode


async def play(client: Client, part: Part) -> None:
    """RST_STREAM on the promised stream, between two frames."""
    await client.at(part, lambda stream: client.reset(stream, part.number("code")))


CANCELS_PROMISE = Behaviour(
    "cancels-promise",
    "resets a promised stream",
    play,
    invariants=("I2", "I3", "I9", "I10"),
    params={"after": "promise", "nth": 1, "code": int(ErrorCode.CANCEL)},
    variants=(
        {"code": int(ErrorCode.REFUSED_STREAM)},
        {"nth": 0},
        {"after": "pushed response"},
        {"after": "pushed data"},
    ),
)
