"""Sends PRIORITY on promised streams that are over: legal on every stream, at any time."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import Dependency, Priority


async def play(client: Client, part: Part) -> None:
    """Some frames for each promised stream that has ended."""
    frames = part.number("frames")
    await client.at(part, lambda stream: client.send(*[Priority(stream, Dependency(0))] * frames))


LATE_PRIORITY = Behaviour(
    "late-priority",
    "sends PRIORITY on promised streams that are over",
    play,
    invariants=("I21",),
    params={"after": "pushed end", "nth": 0, "frames": 3},
)
