"""Asks and resets at once, again and again."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """It does the asking itself."""
    client.asks = False


async def play(client: Client, part: Part) -> None:
    """HEADERS and RST_STREAM back to back; every request of the plan in its turn."""
    for turn in range(part.number("times")):
        client.reset(client.ask(turn % len(client.requests)))
        if part.number("every_ns"):
            await client.sleep(part.number("every_ns"))


RESETS_RAPIDLY = Behaviour(
    "resets-rapidly",
    "asks and resets at once, many times",
    play,
    prepare,
    invariants=("I1", "I2", "I3", "I10"),
    params={"times": 20, "every_ns": 0},
    variants=({"times": 3, "every_ns": 1_000_000},),
)
