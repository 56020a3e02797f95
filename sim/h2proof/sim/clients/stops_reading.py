"""Stops reading the transport: frames pile up in the pipe until it is full."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """From the moment on nothing is taken out of the pipe; what is written still goes out.

    With `for_good` it does not read again when the faults stop, as a client that hangs.
    """

    def stop(_: int) -> None:
        client.transport.incoming.pause()
        client.reads_again = not part.number("for_good")

    try:
        await client.at(part, stop)
    finally:
        if client.reads_again:
            client.transport.incoming.resume()


STOPS_READING = Behaviour(
    "stops-reading",
    "leaves everything in the transport, which fills up",
    play,
    invariants=("I7", "I8", "I16"),
    params={"after": "asked", "nth": 1, "for_good": 0},
    variants=({"after": "promise"}, {"after": "data"}, {"after": "settings"}),
)
