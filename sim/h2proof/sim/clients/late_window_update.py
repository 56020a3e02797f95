"""Credits promised streams that it knows to be over (RFC 9113 §5.1 allows PRIORITY only)."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import WindowUpdate


async def play(client: Client, part: Part) -> None:
    """Some frames for each promised stream that has ended."""
    frames = part.number("frames")
    await client.at(part, lambda stream: client.send(*[WindowUpdate(stream, 1)] * frames))


LATE_WINDOW_UPDATE = Behaviour(
    "late-window-update",
    "sends WINDOW_UPDATE on promised streams that are over",
    play,
    legal=False,
    invariants=("I21",),
    params={"after": "pushed end", "nth": 0, "frames": 3},
)
