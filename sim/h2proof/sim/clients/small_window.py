"""Begins with a small stream window and raises it later, by SETTINGS."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.clients.credit import INITIAL_WINDOW_SIZE


def prepare(client: Client, part: Part) -> None:
    """The window each stream begins with."""
    client.settings[INITIAL_WINDOW_SIZE] = part.number("window")


async def play(client: Client, part: Part) -> None:
    """After a while the window of all streams, open ones too, becomes larger."""
    with client.withholding(bool):
        await client.sleep(part.number("wait_ns"))
        client.change({INITIAL_WINDOW_SIZE: part.number("raised")})
    await client.forever()


SMALL_WINDOW = Behaviour(
    "small-window",
    "begins with a small window and raises it later by SETTINGS",
    play,
    prepare,
    invariants=("I7", "I8"),
    params={"window": 0, "raised": 65_535, "wait_ns": 1_000_000_000},
    variants=({"window": 1}, {"window": 10, "raised": 2_000}),
)
