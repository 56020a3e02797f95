"""The trace itself: events behind one another, frames in columns, views made on demand."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from struct import error as StructError
from typing import Any, TypeVar

from h2proof.sim.codec import HEADER_LENGTH, FrameHeader, read_header
from h2proof.sim.trace import plain
from h2proof.sim.trace.columns import NOTHING, RESERVED, ROW, FrameColumns, Row, optional
from h2proof.sim.trace.events import (
    SENDERS,
    AnyEvent,
    ConnectionInfo,
    CutEvent,
    CutHow,
    DeliveredEvent,
    Event,
    FrameEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    Resource,
    ResourceEvent,
    ResourceKind,
    Sender,
    Told,
)

E = TypeVar("E", bound=Event)


class Trace:
    """Events of one or more connections in the order in which they were seen."""

    __slots__ = (
        "_columns",
        "_frames",
        "_frames_of",
        "_packed",
        "_read",
        "connections",
        "told",
        "written",
    )

    def __init__(self, connections: tuple[ConnectionInfo, ...] = (ConnectionInfo(),)) -> None:
        self.connections: list[ConnectionInfo] = list(connections)
        self.written: list[int | Row] = []
        """The events as they were written; who writes many appends rows here.

        A whole frame may be written as a row of time, connection, sender and octets. The list is
        the same one for life, and is read as `rows`.
        """
        self._read = 0
        """How much of it has its frames in the columns, or packed for them."""
        self._columns = FrameColumns()
        self._packed = bytearray()
        """Frames that are not in the columns yet; they are entered when somebody looks at those."""
        self._frames = 0
        self.told: dict[int, Told] = {}
        """What a log told of the frame at a place in the columns, instead of its octets."""
        self._frames_of: list[int] = [0] * len(self.connections)

    # -- writing --

    def connect(self, info: ConnectionInfo) -> int:
        """Add a connection; its number."""
        self.connections.append(info)
        self._frames_of.append(0)
        return len(self.connections) - 1

    def add_frame(
        self,
        sender: Sender,
        header: FrameHeader,
        payload: bytes | bytearray | memoryview,
        at: int = 0,
        connection: int = 0,
        packet: int | None = None,
        begins: int | None = None,
        knew: int | None = None,
        told: Told | None = None,
    ) -> int:
        """Append a frame; the index of its event.

        A `payload` shorter than `header.length` is a payload of which only the start was kept.
        """
        rows, octets, frames_of = self.rows, self._columns.octets, self._frames_of
        index, place = len(rows), self._frames
        length, kind, flags, stream, reserved = header
        try:
            self._packed += ROW.pack(
                index,
                connection,
                0 if sender == "client" else 1,
                kind,
                flags | RESERVED if reserved else flags,
                frames_of[connection],
                stream,
                length,
                len(octets),
                len(payload),
                at,
                NOTHING if packet is None else packet,
                NOTHING if begins is None else begins,
                NOTHING if knew is None else knew,
            )
        except StructError as error:
            raise OverflowError(f"a number that no frame has: {error}") from None
        rows.append(place)
        octets += payload
        frames_of[connection] += 1
        self._frames = place + 1
        self._read = index + 1
        if told is not None:
            self.told[place] = told
        return index

    def add_octets_of_frame(
        self, sender: Sender, octets: bytes, *, at: int = 0, connection: int = 0
    ) -> int:
        """Append a frame given as its whole octets; the index of its event."""
        header = read_header(octets)
        if len(octets) != HEADER_LENGTH + header.length:
            raise ValueError(f"{len(octets)} octets are not one frame of {header.length}")
        payload = memoryview(octets)[HEADER_LENGTH:]
        return self.add_frame(sender, header, payload, at, connection)

    def preface(self, *, at: int = 0, connection: int = 0, packet: int | None = None) -> int:
        """Append the client's preface."""
        return self._add((PrefaceEvent, at, connection, "client", packet))

    def loose_octets(
        self,
        sender: Sender,
        octets: bytes,
        *,
        at: int = 0,
        connection: int = 0,
        packet: int | None = None,
    ) -> int:
        """Append octets that make no frame."""
        return self._add((OctetsEvent, at, connection, sender, octets, packet))

    def delivered(self, frame_event: int, at: int = 0, connection: int = 0) -> int:
        """Append the delivery of the frame at event `frame_event`."""
        return self._add((DeliveredEvent, at, connection, frame_event))

    def resource(
        self,
        kind: ResourceKind,
        resource: Resource,
        at: int = 0,
        connection: int = 0,
        stream: int = 0,
        by: str = "",
        size: int = 0,
        chain: tuple[str, ...] = (),
    ) -> int:
        """Append what happened to a resource."""
        return self._add((ResourceEvent, at, connection, kind, resource, stream, by, size, chain))

    def note(self, text: str, *, at: int = 0, connection: int = 0, stream: int = 0) -> int:
        """Append a milestone."""
        return self._add((NoteEvent, at, connection, text, stream))

    def cut(
        self,
        sender: Sender,
        how: CutHow,
        octets: int | None = None,
        *,
        at: int = 0,
        connection: int = 0,
        packet: int | None = None,
    ) -> int:
        """Append the end of the sender's octets, or a hole in them."""
        return self._add((CutEvent, at, connection, sender, how, octets, packet))

    def append(self, event: AnyEvent) -> int:
        """Append an event of another trace under a new index."""
        if isinstance(event, FrameEvent):
            return self.add_frame(
                event.sender,
                event.header,
                event.kept,
                at=event.at,
                connection=event.connection,
                packet=event.packet,
                begins=event.begins,
                knew=event.knew,
                told=event.told,
            )
        kind = type(event)
        return self._add((kind, *(getattr(event, field.name) for field in fields(kind)[1:])))

    def _add(self, row: Row) -> int:
        self.written.append(row)
        return len(self.written) - 1

    # -- reading --

    def __len__(self) -> int:
        return len(self.written)

    def __getitem__(self, index: int) -> AnyEvent:
        row = self.rows[index]
        if isinstance(row, int):
            return self.frame_at(row)
        event: AnyEvent = row[0](index if index >= 0 else len(self) + index, *row[1:])
        return event

    def __iter__(self) -> Iterator[AnyEvent]:
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return (
            self.connections == other.connections
            and len(self) == len(other)
            and all(mine == theirs for mine, theirs in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # a trace grows

    def __repr__(self) -> str:
        return (
            f"<Trace: {len(self)} events, {len(self.columns.event)} frames, "
            f"{len(self.connections)} connections>"
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.sim import ladder  # only a notebook asks

        return {"text/plain": ladder.text(self), "image/svg+xml": ladder.svg(self)}

    @property
    def columns(self) -> FrameColumns:
        """The flat index of the frames."""
        if self._read < len(self.written):
            self._read_on()
        if self._packed:
            self._enter_packed()
        return self._columns

    @property
    def rows(self) -> list[int | Row]:
        """The events without making them: a frame's place in the columns, a row for all else."""
        if self._read < len(self.written):
            self._read_on()
        return self.written

    def _read_on(self) -> None:
        """Give the frames that were written since then their places, and enter them."""
        written, start = self.written, self._read
        self._read = len(written)
        events: list[int] = []
        rows: list[Row] = []
        behind: Any = written[start:]  # no places among them: what gives a place reads on before
        for event, row in enumerate(behind, start):
            if row[0] is FrameEvent:
                events.append(event)
                rows.append(row)
                written[event] = self._frames
                self._frames += 1
        if rows:
            self._enter_packed()
            self._columns.extend_whole(events, rows, self._frames_of)

    def _enter_packed(self) -> None:
        self._columns.extend_packed(self._packed)
        self._packed.clear()

    @property
    def octets(self) -> bytearray:
        """The payloads of all frames, one behind the other."""
        return self.columns.octets

    def events(self, kind: type[E]) -> Iterator[E]:
        """The events of one kind that is not frames."""
        for index, row in enumerate(self.rows):
            if type(row) is tuple and row[0] is kind:
                yield kind(index, *row[1:])

    def frames(self) -> Iterator[FrameEvent]:
        """The frame events only."""
        return map(self.frame_at, range(len(self.columns.event)))

    def payload_at(self, place: int) -> bytes:
        """The kept payload of the frame at a place in the columns."""
        return self.columns.payload(place)

    def frame_at(self, place: int) -> FrameEvent:
        """The frame event at a place in the columns."""
        columns = self.columns
        flags = columns.flags[place]
        return FrameEvent(
            columns.event[place],
            columns.at[place],
            columns.connection[place],
            SENDERS[columns.sender[place]],
            columns.frame_index[place],
            columns.type[place],
            flags & 0xFF,
            columns.stream[place],
            columns.length[place],
            flags >= RESERVED,
            optional(columns.packet[place]),
            optional(columns.begins[place]),
            optional(columns.knew[place]),
            columns.payload(place),
            self.told.get(place),
        )

    def filtered(self, keep: Callable[[AnyEvent], bool]) -> "Trace":
        """The trace of the events that `keep` accepts; a delivery goes with its frame."""
        result = Trace(tuple(self.connections))
        self._copy(result, keep)
        return result

    def _copy(
        self, target: "Trace", keep: Callable[[AnyEvent], bool], connection: int | None = None
    ) -> None:
        moved: dict[int, int] = {}
        for event in self:
            if not keep(event):
                continue
            if isinstance(event, DeliveredEvent):
                if event.frame_event not in moved:
                    continue
                event = replace(event, frame_event=moved[event.frame_event])
            if connection is not None:
                event = replace(event, connection=connection)
            moved[event.index] = target.append(event)

    def of_connection(self, number: int) -> "Trace":
        """The events of one connection alone, as a trace with one connection."""
        only = Trace((self.connections[number],))
        self._copy(only, lambda event: event.connection == number, connection=0)
        return only

    def without_deliveries(self) -> "Trace":
        """What a capture of the same run would hold: no deliveries, resources and notes."""
        return self.filtered(lambda event: event.kind in ("preface", "frame", "octets", "cut"))

    # -- plain data --

    def to_json(self) -> str:
        """The trace as versioned JSON; `from_json` gives it back."""
        return json.dumps(plain.data_of(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Trace":
        """The trace that `to_json` wrote; ValueError with one sentence for anything else."""
        trace = cls(())
        plain.fill(trace, text)
        return trace
