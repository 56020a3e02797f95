"""Asks with another method: HEAD, or POST with a body."""

from dataclasses import replace

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """The method, and the body, of each request."""
    client.requests = [
        replace(request, method=part.text("method"), body_octets=part.number("body_octets"))
        if part.includes(ordinal)
        else request
        for ordinal, request in enumerate(client.requests)
    ]


OTHER_METHOD = Behaviour(
    "other-method",
    "asks with HEAD, or POST and a body",
    prepare=prepare,
    invariants=("I11", "I16"),
    params={"method": "HEAD", "body_octets": 0},
    variants=({"method": "POST", "body_octets": 100}, {"method": "POST"}),
)
