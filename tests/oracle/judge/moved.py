"""A run of the world as a capture taken anywhere on the path between the two sides.

Each frame passes the capture point at some moment between being sent and being delivered, in the
order of its direction. What a side did because of a frame comes after that frame's delivery, so
every choice of moments is a capture that can have been.
"""

from random import Random
from typing import Final

from h2proof.sim.trace import AnyEvent, CutEvent, DeliveredEvent, FrameEvent, PrefaceEvent, Trace

_AFTER_ALL: Final = 1 << 40


def moved(trace: Trace, connection: int, chance: Random, place: str) -> Trace:
    """The capture of one connection; `place` is "client", "server", "middle" or "anywhere"."""
    delivered = {
        event.frame_event: event.index for event in trace if isinstance(event, DeliveredEvent)
    }
    passes: dict[str, float] = {}
    seen: list[tuple[float, int, AnyEvent]] = []
    for event in trace:
        if event.connection != connection or not isinstance(
            event, FrameEvent | CutEvent | PrefaceEvent
        ):
            continue
        sender = event.sender
        latest = delivered.get(
            event.index, event.index if not isinstance(event, FrameEvent) else _AFTER_ALL
        )
        at = _moment(event.index, latest, sender, chance, place)
        at = max(at, passes.get(sender, 0))
        passes[sender] = at
        seen.append((at, event.index, event))
    capture = Trace((trace.connections[connection],))
    for _, _, event in sorted(seen, key=lambda each: each[:2]):
        _append(capture, event)
    return capture


def _moment(sent: int, delivered: int, sender: str, chance: Random, place: str) -> float:
    if place == sender:
        return sent
    if place in ("client", "server"):
        return delivered
    if place == "middle":
        return (sent + delivered) / 2
    return chance.uniform(sent, delivered)


def _append(capture: Trace, event: AnyEvent) -> None:
    if isinstance(event, FrameEvent):
        capture.add_frame(event.sender, event.header, event.kept)
    elif isinstance(event, CutEvent):
        capture.cut(event.sender, event.how, event.octets)
    else:
        capture.preface()
