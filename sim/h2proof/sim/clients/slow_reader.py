"""Reads slowly: credit comes in drops, down to single octets."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.clients.credit import INITIAL_WINDOW_SIZE


def prepare(client: Client, part: Part) -> None:
    """A small window from the start, or the drops would not show."""
    client.settings[INITIAL_WINDOW_SIZE] = part.number("window")


async def play(client: Client, part: Part) -> None:
    """Every so often, a drop for each stream that is still open; the connection's follows."""

    def withheld(stream: int) -> bool:
        return bool(stream) and client.plays_in(part, stream)

    with client.withholding(withheld):
        while True:
            await client.sleep(part.number("every_ns"))
            for exchange in tuple(client.exchanges.values()):
                if withheld(exchange.stream) and not exchange.ended_there:
                    client.grant(exchange.stream, part.number("octets"))
                    exchange.owed = max(0, exchange.owed - part.number("octets"))


SLOW_READER = Behaviour(
    "slow-reader",
    "opens its windows a few octets at a time",
    play,
    prepare,
    invariants=("I7", "I8"),
    params={"window": 100, "octets": 50, "every_ns": 20_000_000},
    variants=({"window": 1, "octets": 1}, {"window": 0, "octets": 1}),
)
