"""Stops reading the transport: frames pile up in the pipe until it is full."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """From the moment on nothing is taken out of the pipe; what is written still goes out."""
    try:
        await client.at(part, lambda _: client.transport.incoming.pause())
    finally:
        client.transport.incoming.resume()


STOPS_READING = Behaviour(
    "stops-reading",
    "leaves everything in the transport, which fills up",
    play,
    invariants=("I7", "I8", "I16"),
    params={"after": "asked", "nth": 1},
    variants=({"after": "promise"}, {"after": "data"}, {"after": "settings"}),
)
