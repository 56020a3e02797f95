"""Sends octets that no client may send: one broken frame of a kind, named."""

from typing import Final

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.codec import encode, raw
from h2proof.sim.frames import Continuation, Data, FrameType, Headers, PushPromise, WindowUpdate

BROKEN: Final[dict[str, bytes]] = {
    "zero increment": encode(WindowUpdate(0, 0)),
    "window overflow": encode(WindowUpdate(0, 0x7FFFFFFF)),
    "data on stream 0": encode(Data(0, b"data")),
    "data on an idle stream": encode(Data(1001, b"data")),
    "headers on an even stream": encode(Headers(2000, b"\x82", end_stream=True)),
    "a client's promise": encode(PushPromise(1, 2, b"\x82")),
    "stray continuation": encode(Continuation(1, b"\x82")),
    "short settings": raw(FrameType.SETTINGS, 0, 0, b"\0\4\0"),
    "short ping": raw(FrameType.PING, 0, 0, b"short"),
    "frame too long": raw(FrameType.DATA, 0, 1, bytes(16_385)),
    "padding too long": raw(FrameType.DATA, 0x8, 1, b"\xff"),
    "broken field block": encode(Headers(999, b"\xff\xff\xff\xff\xff\xff\xff", end_stream=True)),
    "unfinished field block": encode(Headers(999, b"\x82", end_headers=False)),
    "unknown frame type": raw(0xFA, 0xFF, 0, b"grease"),
    "octets": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
"""All but one break RFC 9113; an unknown type is to be ignored (§5.5)."""


async def play(client: Client, part: Part) -> None:
    """The octets, at the moment."""
    octets = BROKEN[part.text("what")]
    await client.at(part, lambda _: client.send_octets(octets))


MALFORMED = Behaviour(
    "malformed",
    "sends a frame that breaks the RFC",
    play,
    legal=False,
    invariants=("I2", "I3"),
    params={"after": "promise", "nth": 1, "what": "zero increment"},
    variants=tuple({"what": what, "after": "settings"} for what in BROKEN),
)
