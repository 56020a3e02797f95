"""Resets the associated stream only; what was promised on it lives on."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client


async def play(client: Client, part: Part) -> None:
    """RST_STREAM on the request's own stream, also when the moment came on a promised one."""

    def reset(stream: int) -> None:
        if stream in client.exchanges:  # a moment of the connection's is no request's
            client.reset(client.exchanges[stream].associated, part.number("code"))

    await client.at(part, reset)


RESETS_REQUEST = Behaviour(
    "resets-request",
    "resets the request and leaves its promises alone",
    play,
    invariants=("I2", "I3", "I9", "I11"),
    params={"after": "promise", "nth": 1, "code": 8},
    variants=(
        {"after": "asked"},
        {"after": "response"},
        {"after": "data"},
        {"after": "pushed response"},
        {"after": "promise", "nth": 2},
    ),
)
