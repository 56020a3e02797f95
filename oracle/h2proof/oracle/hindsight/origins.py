"""Which origins a client asks, once the server has named its own (RFC 8336).

A client need not know ORIGIN, so this is advice. It is given only where the client is proven to
have had the frame: by a delivery, or by its acknowledgment of something that came behind it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.hindsight.history import Seen, walk
from h2proof.oracle.hindsight.telling import seen_back
from h2proof.oracle.verdict import Because, Finding, Level
from h2proof.sim.frames import FrameType, Origin, Ping, Settings
from h2proof.sim.trace import Trace

ASKS_AGAIN: Final = "asks_again_after_421"
ASKS_OUTSIDE: Final = "asks_outside_origin_set"

SENTENCES: Final[Mapping[str, str]] = {
    ASKS_AGAIN: "After a 421 its origin is not asked again on the same connection.",
    ASKS_OUTSIDE: "Once a server has named its origins, no other is asked on its connection.",
}
REQUIREMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    ASKS_AGAIN: ("RFC8336-2.3-01",),
    ASKS_OUTSIDE: ("RFC8336-2.4-01",),
}
LEVELS: Final[Mapping[str, Level]] = {ASKS_AGAIN: "ADVICE", ASKS_OUTSIDE: "ADVICE"}


def examine(trace: Trace) -> tuple[Finding, ...]:
    """Advice in the order of the trace; no work at all on connections without ORIGIN."""
    columns = trace.columns
    named = {
        columns.connection[place]
        for place, kind in enumerate(columns.type)
        if kind == FrameType.ORIGIN
    }
    return tuple(advice for each in sorted(named) for advice in _on_connection(trace, each))


@dataclass(slots=True)
class _Client:
    """What a client knows of its server's origins, and since which event."""

    first: bytes = b""
    named: dict[bytes, int] = field(default_factory=dict)
    refused: dict[bytes, int] = field(default_factory=dict)
    asked: dict[int, bytes] = field(default_factory=dict)
    """Stream → the origin that it asks."""
    had: int = -1
    """The last event of the server that the client is proven to have had."""
    pings: dict[bytes, int] = field(default_factory=dict)
    settings: list[int] = field(default_factory=list)
    acknowledged: int = 0


def _on_connection(trace: Trace, connection: int) -> Iterator[Finding]:
    client = _Client()
    for seen in walk(trace, connection):
        if isinstance(seen, int):
            client.had = max(client.had, seen)
        elif seen.event.sender == "server":
            _hears(client, seen)
        else:
            yield from _says(trace, client, seen)


def _hears(client: _Client, seen: Seen) -> None:
    frame, index = seen.frame, seen.event.index
    if isinstance(frame, Origin) and not seen.event.stream and not seen.event.flags:
        for origin in frame.origins:
            client.named.setdefault(origin, index)
    elif isinstance(frame, Ping) and not frame.ack:
        client.pings[frame.payload] = index
    elif isinstance(frame, Settings) and not frame.ack:
        client.settings.append(index)
    elif dict(seen.fields or ()).get(b":status") == b"421":
        refused = client.asked.get(seen.event.stream)
        if refused is not None:
            client.refused.setdefault(refused, index)


def _says(trace: Trace, client: _Client, seen: Seen) -> Iterator[Finding]:
    frame = seen.frame
    if isinstance(frame, Ping) and frame.ack:
        client.had = max(client.had, client.pings.get(frame.payload, -1))
    elif isinstance(frame, Settings) and frame.ack:
        if client.acknowledged < len(client.settings):
            client.had = max(client.had, client.settings[client.acknowledged])
        client.acknowledged += 1
    origin = _asked(seen)
    if not origin:
        return
    client.first = client.first or origin
    client.asked[seen.event.stream] = origin
    yield from _judged(trace, client, seen, origin)


def _asked(seen: Seen) -> bytes:
    fields = dict(seen.fields or ())
    scheme, authority = fields.get(b":scheme"), fields.get(b":authority")
    return b"" if scheme is None or authority is None else scheme + b"://" + authority


def _judged(trace: Trace, client: _Client, seen: Seen, origin: bytes) -> Iterator[Finding]:
    name = origin.decode("ascii", "replace")
    refused = client.refused.get(origin, -1)
    if 0 <= refused <= client.had:
        yield seen_back(
            trace,
            seen.event.index,
            ASKS_AGAIN,
            "ADVICE",
            REQUIREMENTS[ASKS_AGAIN],
            f"{name} was asked again",
            [Because(f"a request for {name} had got 421", refused)],
        )
        return
    known = [event for event in client.named.values() if event <= client.had]
    if known and origin != client.first and origin not in client.named:
        yield seen_back(
            trace,
            seen.event.index,
            ASKS_OUTSIDE,
            "ADVICE",
            REQUIREMENTS[ASKS_OUTSIDE],
            f"{name} was asked, which the server had not named",
            [Because("the server had named its origins", known[0])],
        )
