"""Sends frames on even streams that were never promised."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import AnyFrame, Data, RstStream, WindowUpdate


def _frame(kind: str, stream: int) -> AnyFrame:
    if kind == "data":
        return Data(stream, b"data")
    return RstStream(stream, 8) if kind == "reset" else WindowUpdate(stream, 1)


async def play(client: Client, part: Part) -> None:
    """One frame on an idle stream of the server's (RFC 9113 §5.1: a connection error)."""
    frame = _frame(part.text("frame"), part.number("stream"))
    await client.at(part, lambda _: client.send(frame))


UNPROMISED_STREAMS = Behaviour(
    "unpromised-streams",
    "sends frames on even streams that were never promised",
    play,
    legal=False,
    invariants=("I2", "I3"),
    params={"after": "settings", "nth": 1, "stream": 1000, "frame": "reset"},
    variants=({"frame": "window update"}, {"frame": "data"}),
)
