"""Connects, asks, is gone, and connects again: a storm."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """It does the asking itself."""
    client.asks = False


async def play(client: Client, part: Part) -> None:
    """Each turn ends a little later than the one before; the last connection stays."""
    for turn in range(part.number("times")):
        client.ask_all()
        await client.sleep(turn * part.number("step_ns"))
        client.vanish()
        client.dial()
    client.ask_all()


RECONNECTS = Behaviour(
    "reconnects",
    "connects, asks and is gone, again and again",
    play,
    prepare,
    invariants=("I1", "I2", "I3", "I5", "I6", "I10"),
    params={"times": 5, "step_ns": 1_000_000},
)
