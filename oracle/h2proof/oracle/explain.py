"""A finding told in order: the events, who knew what when, the contradiction. At most a screen.

After Elle's manner: "Let A be ..., B be ...", then what follows from them, then why that cannot be.
It decides nothing: the facts are the finding's own, and who can have known what is read from the
trace's order and its deliveries. Resources are told by their holders and by the frames around them.
"""

from collections.abc import Iterator
from dataclasses import replace
from string import ascii_uppercase
from textwrap import wrap
from typing import Final

from h2proof.oracle.catalogue import rules
from h2proof.oracle.requirements import inventory
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim import ladder, notation
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Trace

WIDTH: Final = 80
LINES_MAX: Final = 24
"""A screen: beyond it facts are counted instead of told."""
_LETTERS: Final = ascii_uppercase


def explain(finding: Finding, trace: Trace) -> str:
    """The finding as a text of at most `LINES_MAX` lines of `WIDTH` columns."""
    names = dict(zip(_shown(finding), _LETTERS, strict=False))
    head = list(_head(finding))
    tail = [*_contradiction(finding), *_after(finding)]
    room = LINES_MAX - len(head) - len(tail) - 2
    shown = _drawn(finding, trace) if finding.resource else _events(finding, trace, names)
    body = [*shown, *_reasons(finding, trace, {} if finding.resource else names)]
    if len(body) > room:
        told = body[: max(1, room - 1)]
        body = [*told, f"  ... and {len(body) - len(told)} more lines, see --format json"]
    return "\n".join([*head, "", *body, "", *tail])


def _head(finding: Finding) -> Iterator[str]:
    where = f"stream {finding.stream}" if finding.stream else "the connection"
    at = f", packet {finding.packet}" if finding.packet is not None else ""
    connection = f"connection {finding.connection}, " if finding.connection else ""
    yield f"{finding.rule}: {finding.verdict} by the {finding.actor}, {connection}{where}{at}"
    row = rules().get(finding.rule)
    if row is not None:
        yield from _folded(row.sentence)


# -- the facts --


def _shown(finding: Finding) -> tuple[int, ...]:
    """The events that get a letter: the witnesses, in order, as far as letters go."""
    return finding.witnesses[: len(_LETTERS)]


def _drawn(finding: Finding, trace: Trace) -> Iterator[str]:
    """The least ladder that shows what became of a resource."""
    kept = sorted(set(finding.witnesses))
    place = {index: number for number, index in enumerate(kept)}
    least = trace.filtered(lambda event: event.index in place)
    moved = replace(
        finding,
        event=place[finding.event],
        witnesses=tuple(place.values()),
        because=(),
        consequences=(),
    )
    yield from ladder.text(least, (moved,), width=WIDTH).splitlines()


def _events(finding: Finding, trace: Trace, names: dict[int, str]) -> Iterator[str]:
    lines = notation.lines_of(trace, names)
    for index, letter in names.items():
        line = lines[index]
        packet = getattr(trace[index], "packet", None)
        place = f"  (packet {packet})" if packet is not None else ""
        yield from _folded(f"{letter} = {line}{place}", "Let " if letter == "A" else "    ")


def _reasons(finding: Finding, trace: Trace, names: dict[int, str]) -> Iterator[str]:
    for fact in finding.because:
        yield from _folded(_fact(fact, names), "  - ")
    known = _knew(finding, trace, names)
    if known is not None:
        yield from _folded(known, "  - ")


def _fact(fact: Because, names: dict[int, str]) -> str:
    letter = names.get(fact.event) if fact.event is not None else None
    return f"{letter}: {fact.text}" if letter else str(fact)


def _knew(finding: Finding, trace: Trace, names: dict[int, str]) -> str | None:
    """What the accused had when it sent the event, and why no order of delivery changes that."""
    event = trace[finding.event]
    if not isinstance(event, FrameEvent) or event.sender != finding.actor:
        return None
    letters = {index: letter for index, letter in names.items() if _is_of_peer(trace, index, event)}
    if not letters:
        return f"this rests on the {finding.actor}'s own frames: no order of delivery matters"
    had, crossing = _told_apart(trace, finding.event, list(letters))
    told = ", ".join(letters.values())
    if had is not None:
        words = [f"{letters[index]} had arrived" for index in letters if index in had]
        words += [
            f"{letters[index]} was still on its way" for index in letters if index in crossing
        ]
        return f"when the {finding.actor} sent {names.get(finding.event, 'it')}, {', '.join(words)}"
    if any(_PROVEN in fact.text for fact in finding.because):
        return f"so in every order of delivery that explains the trace, {told} had arrived by then"
    return f"{told} had been sent before, and no order of delivery makes this legal"


_PROVEN: Final = "had processed it"
"""How the judge says that a frame of the peer is proven to have arrived."""


def _is_of_peer(trace: Trace, index: int, event: FrameEvent) -> bool:
    other = trace[index]
    return isinstance(other, FrameEvent) and other.sender != event.sender


def _told_apart(
    trace: Trace, event: int, frames: list[int]
) -> tuple[frozenset[int] | None, frozenset[int]]:
    """Which frames had been delivered before the event, where the trace has deliveries at all."""
    deliveries = list(trace.events(DeliveredEvent))
    if not deliveries:
        return None, frozenset()
    delivered = {each.frame_event for each in deliveries if each.index < event}
    had = frozenset(index for index in frames if index in delivered)
    return had, frozenset(index for index in frames if index not in delivered)


# -- the contradiction, and what may follow --


def _contradiction(finding: Finding) -> Iterator[str]:
    if finding.resource is not None:
        yield from _folded(f"{finding.message}.", "So ")
    else:
        yield from _folded(f"{finding.message}: a contradiction!", "But ")
    for id_ in finding.requirements[:3]:
        entry = inventory().get(id_)
        if entry is not None:
            yield from _folded(f"{id_} ({entry.level}): {entry.summary}", "  against ")


def _after(finding: Finding) -> Iterator[str]:
    if finding.expected:
        yield from _folded(", ".join(finding.expected), "The peer may answer: ")
    if finding.consequences:
        rest = ", ".join(f"{each.rule} (event {each.event})" for each in finding.consequences[:4])
        more = len(finding.consequences) - 4
        yield from _folded(rest + (f", and {more} more" if more > 0 else ""), "What follows: ")


def _folded(text: str, lead: str = "  ") -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        max_lines=3,
        placeholder=" ...",
    )
