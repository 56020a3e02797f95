"""Opens a field block and never ends it: CONTINUATION after CONTINUATION."""

from h2proof.sim.clients.behaviour import Behaviour, Part
from h2proof.sim.clients.client import Client
from h2proof.sim.frames import Continuation, Headers


def prepare(client: Client, part: Part) -> None:
    """It asks for nothing else: nothing may stand between the frames of a field block."""
    client.asks = False


async def play(client: Client, part: Part) -> None:
    """A literal field of many octets, cut into frames; its end never comes."""
    octets = part.number("octets")
    # a literal field without indexing, name and value of great length (RFC 7541 §6.2.2)
    client.send(Headers(1, b"\x00\x01x\x7f\x80\xff\xff\x7f", end_headers=False))
    for _ in range(part.number("frames")):
        client.send(Continuation(1, bytes(octets), end_headers=False))
        await client.sleep(0)
    await client.forever()


FLOODS_CONTINUATION = Behaviour(
    "floods-continuation",
    "never ends a field block",
    play,
    prepare,
    legal=False,
    invariants=("I7",),
    params={"frames": 50, "octets": 1000},
)
