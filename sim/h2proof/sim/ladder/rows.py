"""What a ladder shows of a trace, one row an event, whatever it is drawn with.

Not every event earns a row: a delivery only where the receiver had sent something meanwhile, a
resource only where a finding speaks of it. How a row looks is not known
here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

from h2proof.sim.frames import FrameType, PushPromise, type_name
from h2proof.sim.notation.labels import Label, labels
from h2proof.sim.trace import (
    AnyEvent,
    CutEvent,
    DeliveredEvent,
    FrameEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    Resource,
    ResourceEvent,
    Sender,
    Trace,
)

RowKind = Literal["frame", "octets", "cut", "arrival", "note", "resource", "fold"]


class Marked(Protocol):
    """What a ladder has to know of a finding."""

    @property
    def event(self) -> int: ...
    @property
    def rule(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `sender` is None where nobody sends, `stream` 0 where it is the connection's."""

    kind: RowKind
    event: int
    at: int
    connection: int
    sender: Sender | None
    label: Label
    sort: str
    """What makes rows alike when runs are folded: the frame type, the kind of a note, ..."""
    stream: int = 0
    promised: int = 0
    octets: int = 0
    marks: tuple[str, ...] = ()
    count: int = 0
    """How many rows a fold stands for."""


_CUTS: Final = {
    "fin": "ends its octets (FIN)",
    "rst": "ends the connection (RST)",
    "lost": "octets are missing here",
    "late": "was not seen before this",
}


def rows(trace: Trace, findings: Iterable[Marked] = (), *, redact: bool = True) -> list[Row]:
    """The rows of a trace, marked where a finding is."""
    return list(_Rows(trace, findings, redact))


class _Rows:
    """One walk through a trace."""

    def __init__(self, trace: Trace, findings: Iterable[Marked], redact: bool) -> None:
        self._trace = trace
        self._redact = redact
        self._marks: dict[int, list[str]] = {}
        self._things: set[tuple[str, int]] = set()
        """What the findings speak of, all its generations together."""
        for finding in findings:
            self._marks.setdefault(finding.event, []).append(finding.rule)
            resource: Resource | None = getattr(finding, "resource", None)
            if resource is not None:
                self._things.add((resource.kind, resource.number))
        self._home: dict[Resource, int] = {}
        """The connection of each resource, which those who use it do not say."""
        self._last: dict[tuple[int, Sender], int] = {}
        self._labels: dict[int, Label] = {}
        """Of frames that have not arrived."""

    def __iter__(self) -> Iterator[Row]:
        said = labels(self._trace, redact=self._redact)
        for event, label in zip(self._trace, said, strict=True):
            row = self._row(event, label)
            if row is not None:
                yield row

    def _row(self, event: AnyEvent, label: Label) -> Row | None:
        match event:
            case FrameEvent():
                return self._frame(event, label)
            case PrefaceEvent():
                return self._make("octets", event, Label("PREFACE"), "PREFACE", event.sender)
            case OctetsEvent():
                return self._make("octets", event, label, "RAW", event.sender)
            case CutEvent():
                return self._make("cut", event, _cut_label(event), event.how, event.sender)
            case DeliveredEvent():
                return self._arrival(event)
            case NoteEvent():
                return self._note(event)
            case ResourceEvent():
                return self._resource(event)

    def _make(
        self,
        kind: RowKind,
        event: AnyEvent,
        label: Label,
        sort: str,
        sender: Sender | None = None,
        stream: int = 0,
        promised: int = 0,
        octets: int = 0,
    ) -> Row:
        marks = tuple(self._marks.get(event.index, ()))
        return Row(
            kind,
            event.index,
            event.at,
            event.connection,
            sender,
            label,
            sort,
            stream,
            promised,
            octets,
            marks,
        )

    def _frame(self, event: FrameEvent, label: Label) -> Row:
        self._last[event.connection, event.sender] = event.index
        self._labels[event.index] = label
        promised = 0
        if event.type == FrameType.PUSH_PROMISE and not event.elided:
            frame = event.frame
            promised = frame.promised if isinstance(frame, PushPromise) else 0
        name = type_name(event.type)
        length = event.length if event.type == FrameType.DATA else 0
        return self._make("frame", event, label, name, event.sender, event.stream, promised, length)

    def _arrival(self, event: DeliveredEvent) -> Row | None:
        label = self._labels.pop(event.frame_event, None)
        if label is None:
            return None
        frame = self._trace[event.frame_event]
        assert isinstance(frame, FrameEvent)
        receiver: Sender = "server" if frame.sender == "client" else "client"
        if self._last.get((event.connection, receiver), -1) < event.frame_event:
            return None
        if frame.type == FrameType.DATA and event.index not in self._marks:
            return None
        text = Label(f"{label.words} arrives")
        return self._make("arrival", event, text, "arrivals", frame.sender, frame.stream)

    def _note(self, event: NoteEvent) -> Row:
        where = f" (stream {event.stream})" if event.stream else ""
        sort = event.text.partition(":")[0]
        return self._make("note", event, Label(event.text + where), sort, stream=event.stream)

    def _resource(self, event: ResourceEvent) -> Row | None:
        if event.kind == "acquired":
            self._home[event.resource] = event.connection
        thing = (event.resource.kind, event.resource.number)
        if thing not in self._things and event.index not in self._marks:
            return None
        by = f" by {event.by or ' < '.join(event.chain)}" if event.by or event.chain else ""
        text = Label(f"{event.resource} {event.kind}{by}")
        row = self._make("resource", event, text, event.kind, stream=event.stream)
        return replace(row, connection=self._home.get(event.resource, event.connection))


def _cut_label(event: CutEvent) -> Label:
    if event.how == "lost":
        count = "" if event.octets is None else f"{event.octets} "
        return Label(f"{count}{_CUTS['lost']}")
    return Label(f"the {event.sender} {_CUTS[event.how]}")
