"""Sends the field by which Caddy's push handler marks its own promises."""

from dataclasses import replace

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """The field on each request."""
    client.requests = [
        replace(request, fields=(*request.fields, (part.text("name"), part.text("value"))))
        if part.includes(ordinal)
        else request
        for ordinal, request in enumerate(client.requests)
    ]


SENDS_GUARD = Behaviour(
    "sends-guard",
    "sends the guard field that belongs to promised requests",
    prepare=prepare,
    invariants=("I6", "I19"),
    params={"name": "caddy-push", "value": "1"},
)
