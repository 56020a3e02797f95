"""Leaves its half of the stream open while the server pushes and answers."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """It does the asking itself."""
    client.asks = False


async def play(client: Client, part: Part) -> None:
    """Every request without END_STREAM; the ends come when the faults stop."""
    for ordinal in range(len(client.requests)):
        client.ask(ordinal, end=not part.includes(ordinal))
    await client.forever()


LEAVES_BODY_OPEN = Behaviour(
    "leaves-body-open",
    "never ends its request bodies",
    play,
    prepare,
    invariants=("I1", "I7", "I13"),
)
