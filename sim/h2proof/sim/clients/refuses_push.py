"""Turns push off with its first SETTINGS."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import ENABLE_PUSH, Client


def prepare(client: Client, part: Part) -> None:
    """ENABLE_PUSH=0 before anything else."""
    client.settings[ENABLE_PUSH] = 0


REFUSES_PUSH = Behaviour(
    "refuses-push",
    "turns push off by SETTINGS from the start",
    prepare=prepare,
    invariants=("I2", "I11", "I16"),
)
