"""Sends frames that ask for nothing: PING, PRIORITY, empty SETTINGS."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import Dependency, Priority


async def play(client: Client, part: Part) -> None:
    """A frame every so often, `times` times."""
    for turn in range(part.number("times")):
        await client.sleep(part.number("every_ns"))
        kind = part.text("kind")
        if kind == "ping":
            client.ping(turn.to_bytes(8, "big"))
        elif kind == "settings":
            client.change({})
        else:
            client.send(Priority(2 * turn + 1, Dependency(0)))


MAKES_NOISE = Behaviour(
    "makes-noise",
    "sends PING, PRIORITY or empty SETTINGS between everything else",
    play,
    invariants=("I21",),
    params={"kind": "ping", "times": 20, "every_ns": 300_000},
    variants=({"kind": "priority"}, {"kind": "settings"}),
)
