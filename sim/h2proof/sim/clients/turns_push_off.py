"""Turns push off in the middle: between two promises, or after the last."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import ENABLE_PUSH, Client


async def play(client: Client, part: Part) -> None:
    """ENABLE_PUSH=0 at the moment; promises already on their way still arrive."""
    await client.at(part, lambda _: client.change({ENABLE_PUSH: 0}))


TURNS_PUSH_OFF = Behaviour(
    "turns-push-off",
    "turns push off by SETTINGS in the middle",
    play,
    invariants=("I2", "I11"),
    params={"after": "promise", "nth": 1},
    variants=({"after": "asked"}, {"after": "promise", "nth": 2}, {"after": "pushed response"}),
)
