"""Allows few promised streams at a time, and changes its mind."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import MAX_CONCURRENT_STREAMS, Client


def prepare(client: Client, part: Part) -> None:
    """MAX_CONCURRENT_STREAMS from the start: for a server it limits promised streams."""
    client.settings[MAX_CONCURRENT_STREAMS] = part.number("limit")


async def play(client: Client, part: Part) -> None:
    """At the moment, another limit, lower or higher."""
    limit = part.number("later")
    if limit >= 0:
        await client.at(part, lambda _: client.change({MAX_CONCURRENT_STREAMS: limit}))


LIMITS_PROMISES = Behaviour(
    "limits-promises",
    "allows few promised streams, and lowers or raises the limit",
    play,
    prepare,
    invariants=("I2", "I12", "I16"),
    params={"limit": 1, "later": -1, "after": "promise", "nth": 1},
    variants=(
        {"limit": 0},
        {"limit": 2},
        {"limit": 0, "later": 100, "after": "settings"},
        {"limit": 100, "later": 1},
        {"limit": 100, "later": 0},
    ),
)
