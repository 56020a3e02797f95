"""Asks for more at a time than the server wants to serve."""

from dataclasses import replace

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """The plan's requests over and over; all of them for `path`, where that is not empty."""
    times, path = part.number("times"), part.text("path")
    if path:
        client.requests = [replace(request, path=path) for request in client.requests]
    client.requests = (client.requests * times)[: max(times, len(client.requests))]


ASKS_MUCH = Behaviour(
    "asks-much",
    "sends its requests many times over, as far as the server's limit allows",
    prepare=prepare,
    invariants=("I2", "I7", "I10", "I20"),
    params={"times": 30, "path": ""},
    variants=({"times": 300, "path": "/small"},),
)
