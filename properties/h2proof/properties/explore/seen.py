"""A trace to look at and to change: each change gives another one, judged anew when asked.

A frame is left out, cut off or rewritten in the notation, so field blocks behind it are encoded
anew for the table that is left. What was given is never changed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from h2proof.oracle import judge, ledger
from h2proof.oracle.ledger import Ledger
from h2proof.oracle.verdict import Verdict
from h2proof.properties.explore.columns import columns_of
from h2proof.sim import ladder, notation
from h2proof.sim.trace import DeliveredEvent, Trace
from h2proof.sim.world import Run


@dataclass(frozen=True)
class Seen:
    """A trace with what can be said of it. `run` is what was played, None for any other trace."""

    trace: Trace
    title: str = ""
    run: Run | None = None

    @cached_property
    def verdict(self) -> Verdict:
        """What the judge says."""
        return judge(self.trace, books=self.ledger)

    @cached_property
    def ledger(self) -> Ledger:
        """The accounts of everything that can leak."""
        return ledger.examine(self.trace)

    def find(self, words: str) -> tuple[int, ...]:
        """The events whose words hold `words`, such as "PUSH_PROMISE" or "RST_STREAM 2"."""
        return tuple(
            event for event, label in enumerate(notation.labels(self.trace)) if words in str(label)
        )

    # -- what if --

    def drop(self, *events: int) -> "Seen":
        """The trace without these events, and without the deliveries of the frames among them."""
        gone = frozenset(events)
        return self._changed(lambda event, text: "" if event in gone else text, "without", *events)

    def cut(self, event: int) -> "Seen":
        """The trace up to this event, without it."""
        return self._changed(lambda each, text: text if each < event else "", "cut before", event)

    def edit(self, event: int, line: str) -> "Seen":
        """The trace with other lines of the notation in this event's place.

        ValueError (`NotationError`) where they are none.
        """
        return self._changed(
            lambda each, text: _timed(text, line) if each == event else text, "edited at", event
        )

    def _changed(self, change: Callable[[int, str], str], what: str, *events: int) -> "Seen":
        for event in events:
            if not 0 <= event < len(self.trace):
                raise ValueError(
                    f"there is no event {event}; the last one is {len(self.trace) - 1}"
                )
        named = ", ".join(map(str, events))
        return Seen(rewritten(self.trace, change), f"{self.title}, {what} {named}".lstrip(", "))

    # -- to look at --

    def text(self, width: int = 80) -> str:
        """The ladder in letters, findings marked."""
        return ladder.text(self.trace, self._marks, width)

    def to_frame(self) -> Mapping[str, list[object]]:
        """The events as columns: `pandas.DataFrame(seen.to_frame())` makes a table of them."""
        return columns_of(self.trace)

    @property
    def _marks(self) -> tuple[ladder.Marked, ...]:
        return self.verdict.findings

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {
            "text/plain": self.text(),
            "image/svg+xml": ladder.svg(self.trace, self._marks),
        }


def _timed(text: str, line: str) -> str:
    """New lines at the time of the old ones."""
    return f"{text.partition(chr(10))[0]}\n{line}\n"


def rewritten(trace: Trace, change: Callable[[int, str], str]) -> Trace:
    """The trace whose events have the lines that `change` makes of their own; "" leaves one out.

    Deliveries go with their frames and are not asked about, unless they are left out themselves.
    """
    head, texts = notation.print_events(trace)
    chunks = [
        ("" if isinstance(event, DeliveredEvent) else change(event.index, text))
        for event, text in zip(trace, texts, strict=True)
    ]
    [titled] = notation.parse(head + "".join(chunks))
    made = _by_chunk(titled, head.count("\n"), chunks)
    result = Trace(tuple(titled.trace.connections))
    moved: dict[int, int] = {}
    for event, text in zip(trace, texts, strict=True):
        if isinstance(event, DeliveredEvent):
            if event.frame_event in moved and change(event.index, text):
                frame = moved[event.frame_event]
                result.delivered(frame, at=event.at, connection=event.connection)
            continue
        for place in made.get(event.index, ()):
            moved.setdefault(event.index, result.append(titled.trace[place]))
    return result


def _by_chunk(titled: notation.Titled, line: int, chunks: list[str]) -> dict[int, list[int]]:
    """For each chunk of the text the events that its lines became."""
    ends, end = [], line
    for chunk in chunks:
        end += chunk.count("\n")
        ends.append(end)
    made: dict[int, list[int]] = {}
    event = 0
    for place, at_line in enumerate(titled.lines):
        while ends[event] < at_line:
            event += 1
        made.setdefault(event, []).append(place)
    return made
