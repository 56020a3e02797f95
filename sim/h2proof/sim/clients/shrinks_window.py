"""Makes its windows smaller than what is in them: they go below zero (RFC 9113 §6.9.2)."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.clients.credit import INITIAL_WINDOW_SIZE


async def play(client: Client, part: Part) -> None:
    """At the moment, a lower INITIAL_WINDOW_SIZE, and no credit until a while later."""

    def shrink(_: int) -> None:
        client.change({INITIAL_WINDOW_SIZE: part.number("window")})

    with client.withholding(bool):
        await client.at(part, shrink)


SHRINKS_WINDOW = Behaviour(
    "shrinks-window",
    "lowers INITIAL_WINDOW_SIZE until windows are below zero",
    play,
    invariants=("I7", "I8"),
    params={"window": 0, "after": "data", "nth": 1},
    variants=({"window": 1, "after": "pushed data"}, {"after": "promise"}),
)
