"""Says GOAWAY in the middle of it, in peace or with an error."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """GOAWAY at the moment; `last` -1 names the highest promised stream seen."""
    last = None if part.number("last") < 0 else part.number("last")
    await client.at(part, lambda _: client.goaway(part.number("code"), last=last))


GOES_AWAY = Behaviour(
    "goes-away",
    "sends GOAWAY and stays for what is under way",
    play,
    invariants=("I2", "I11"),
    params={"after": "promise", "nth": 1, "code": 0, "last": -1},
    variants=(
        {"after": "asked", "last": 0},
        {"after": "asked", "last": 0, "code": 2},
        {"code": 2},
        {"after": "pushed response"},
        {"after": "response"},
    ),
)
