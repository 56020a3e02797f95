"""Is gone from one moment to the next, with or without closing in order."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """At the moment the connection is lost, or closed."""
    orderly = bool(part.number("orderly"))
    await client.at(part, lambda _: client.vanish(orderly=orderly))


VANISHES = Behaviour(
    "vanishes",
    "loses the connection at some step",
    play,
    invariants=("I1", "I2", "I3", "I8", "I10"),
    params={"after": "promise", "nth": 1, "orderly": 0},
    variants=(
        {"after": "asked"},
        {"after": "response"},
        {"after": "pushed response"},
        {"after": "data"},
        {"after": "frame", "nth": 2},
        {"orderly": 1},
    ),
)
