"""Ends its half and is never heard of again: no credit, no acknowledgment, nothing."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """From its request on, nothing goes out; what arrives is still read."""
    await client.until(lambda: bool(client.exchanges), "its own first request")
    with client.mute(), client.withholding(lambda stream: True):
        await client.forever()


HALF_CLOSED_SILENT = Behaviour(
    "half-closed-silent",
    "ends its half of the stream and says nothing more",
    play,
    invariants=("I1", "I7", "I8"),
)
