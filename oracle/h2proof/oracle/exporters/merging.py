"""Several traces as one, for forms that hold only one: their connections side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge

from h2proof.oracle.exporters import Titled
from h2proof.sim.trace import AnyEvent, DeliveredEvent, Trace


def merged(traces: Sequence[Titled]) -> Trace:
    """One trace with all connections, events in the order of time; a single trace as it is."""
    if len(traces) == 1:
        return traces[0].trace
    result = Trace(tuple(info for each in traces for info in each.trace.connections))
    first, streams = 0, []
    for place, each in enumerate(traces):
        streams.append(_placed(each.trace, place, first))
        first += len(each.trace.connections)
    moved: dict[tuple[int, int], int] = {}
    for _, place, shift, event in merge(*streams, key=lambda entry: entry[0]):
        index, changed = event.index, event
        if isinstance(event, DeliveredEvent):
            changed = replace(event, frame_event=moved[place, event.frame_event])
        moved[place, index] = result.append(replace(changed, connection=event.connection + shift))
    return result


def _placed(trace: Trace, place: int, shift: int) -> Iterator[tuple[int, int, int, AnyEvent]]:
    """The events of one trace, each with the latest time up to it: its own order is kept."""
    latest: int | None = None
    for event in trace:
        latest = event.at if latest is None else max(latest, event.at)
        yield latest, place, shift, event
