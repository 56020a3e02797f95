"""Asks for more at a time than the server wants to serve."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """The plan's requests over and over."""
    times = part.number("times")
    client.requests = (client.requests * times)[: max(times, len(client.requests))]


ASKS_MUCH = Behaviour(
    "asks-much",
    "sends its requests many times over, as far as the server's limit allows",
    prepare=prepare,
    invariants=("I2", "I7", "I10", "I20"),
    params={"times": 30},
    variants=({"times": 300},),
)
