"""Writes everything in pieces of an octet."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


def prepare(client: Client, part: Part) -> None:
    """What is handed over goes into the pipe in small pieces."""
    client.write_octets_max = part.number("octets")


DRIPS_OCTETS = Behaviour(
    "drips-octets",
    "writes one octet at a time",
    prepare=prepare,
    invariants=("I2",),
    params={"octets": 1},
    variants=({"octets": 10},),
)
