"""Never credits: what fits into the first windows arrives, and no more."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.clients.credit import INITIAL_WINDOW_SIZE


def prepare(client: Client, part: Part) -> None:
    """The stream windows it starts with."""
    client.settings[INITIAL_WINDOW_SIZE] = part.number("window")


async def play(client: Client, part: Part) -> None:
    """Hold back all credit of the streams, of the connection, or of both."""
    level = part.text("level")

    def withheld(stream: int) -> bool:
        if not stream:
            return level != "stream"
        return level != "connection" and client.plays_in(part, stream)

    with client.withholding(withheld):
        await client.forever()


STALLED = Behaviour(
    "stalled",
    "never gives credit",
    play,
    prepare,
    invariants=("I1", "I4", "I7", "I8", "I20"),
    params={"window": 0, "level": "both"},
    variants=({"window": 1}, {"window": 65_535, "level": "connection"}, {"level": "stream"}),
)
