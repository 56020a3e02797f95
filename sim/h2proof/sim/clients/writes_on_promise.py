"""Sends DATA or HEADERS on a promised stream, which is the server's alone."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import Data, Headers

GET: bytes = b"\x82\x86\x84\x41\x01x"
"""A field block from the static table: GET, http, /, authority x (not indexed)."""


async def play(client: Client, part: Part) -> None:
    """A frame that no client may send there (RFC 9113 §5.1, §8.4)."""

    def write(stream: int) -> None:
        if part.text("frame") == "data":
            client.send(Data(stream, b"data"))
        else:
            client.send(Headers(stream, GET, end_stream=True))

    await client.at(part, write)


WRITES_ON_PROMISE = Behaviour(
    "writes-on-promise",
    "sends DATA or HEADERS on a promised stream",
    play,
    legal=False,
    invariants=("I2", "I3"),
    params={"after": "promise", "nth": 1, "frame": "data"},
    variants=({"frame": "headers"},),
)
