"""A trace as columns, for whoever wants a table: one row an event, plain values only."""

from collections.abc import Iterator

from h2proof.sim.frames import type_name
from h2proof.sim.notation import labels
from h2proof.sim.trace import AnyEvent, FrameEvent, Trace

NAMES = (
    "event",
    "at_ns",
    "connection",
    "kind",
    "sender",
    "type",
    "stream",
    "flags",
    "length",
    "packet",
    "words",
)


def columns_of(trace: Trace) -> dict[str, list[object]]:
    """The events of a trace by column; None where a column does not apply."""
    columns: dict[str, list[object]] = {name: [] for name in NAMES}
    for event, label in zip(trace, labels(trace), strict=True):
        for name, value in zip(NAMES, _row(event, str(label)), strict=True):
            columns[name].append(value)
    return columns


def _row(event: AnyEvent, words: str) -> Iterator[object]:
    yield from (event.index, event.at, event.connection, event.kind)
    yield getattr(event, "sender", None)
    yield type_name(event.type) if isinstance(event, FrameEvent) else None
    for name in ("stream", "flags", "length", "packet"):
        yield getattr(event, name, None)
    yield words
