"""Collects promises and resets them all in one burst."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.errors import ErrorCode


async def play(client: Client, part: Part) -> None:
    """When the n-th promise is there, RST_STREAM on every promised stream so far."""

    def burst(_: int) -> None:
        for exchange in tuple(client.exchanges.values()):
            if not exchange.stream & 1 and part.includes(exchange.ordinal):
                client.reset(exchange.stream, ErrorCode.CANCEL)

    await client.at(part, burst)


CANCELS_ALL_PROMISES = Behaviour(
    "cancels-all-promises",
    "resets every promised stream in one burst",
    play,
    invariants=("I3", "I9", "I10"),
    params={"after": "promise", "nth": 2},
    variants=({"nth": 3}, {"after": "response", "nth": 1}, {"after": "pushed data", "nth": 1}),
)
