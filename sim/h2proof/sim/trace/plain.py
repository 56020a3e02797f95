"""Traces as versioned JSON, and back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from struct import error as StructError
from typing import TYPE_CHECKING, Any, Final

from h2proof.sim.codec import HEADER_LENGTH, read_header, write_header
from h2proof.sim.trace.events import (
    SENDERS,
    AnyEvent,
    ConnectionInfo,
    CutEvent,
    DeliveredEvent,
    FrameEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    Resource,
    ResourceEvent,
    Sender,
    Told,
)

if TYPE_CHECKING:
    from h2proof.sim.trace.trace import Trace

VERSION: Final = 1


def data_of(trace: "Trace") -> dict[str, Any]:
    """A trace as lists, dicts, numbers and strings; octets in hexadecimal."""
    return {
        "version": VERSION,
        "connections": [_info_data(info) for info in trace.connections],
        "events": [_event_data(event) for event in trace],
    }


def fill(trace: "Trace", text: str) -> None:
    """Read JSON into an empty trace; ValueError with one sentence if it is no trace."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not a trace: {error}") from None
    if not isinstance(data, dict) or "events" not in data:
        raise ValueError("not a trace: an object with `version` and `events` is expected")
    if data.get("version") != VERSION:
        raise ValueError(
            f"a trace of version {data.get('version')!r}; this release reads version {VERSION}"
        )
    where = "its connections"
    try:
        for entry in data.get("connections", [{}]):
            trace.connect(_info_from(entry))
        for place, entry in enumerate(data["events"]):
            where = f"event {place}"
            _EVENT_READERS[entry["kind"]](trace, entry)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, StructError) as error:
        raise ValueError(f"not a trace: {where} cannot be read ({error!r})") from None


def _info_data(info: ConnectionInfo) -> dict[str, Any]:
    data = {key: value for key, value in asdict(info).items() if value is not None}
    if info.upgrade_settings is not None:
        data["upgrade_settings"] = info.upgrade_settings.hex()
    if info.upgrade_fields is not None:
        data["upgrade_fields"] = [[name.hex(), value.hex()] for name, value in info.upgrade_fields]
    return data


def _info_from(data: dict[str, Any]) -> ConnectionInfo:
    known = dict(data)
    if "upgrade_settings" in known:
        known["upgrade_settings"] = bytes.fromhex(known["upgrade_settings"])
    if "upgrade_fields" in known:
        known["upgrade_fields"] = tuple(
            (bytes.fromhex(name), bytes.fromhex(value)) for name, value in known["upgrade_fields"]
        )
    return ConnectionInfo(**known)


def _event_data(event: AnyEvent) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": event.kind}
    if event.at:
        data["at"] = event.at
    if event.connection:
        data["connection"] = event.connection
    match event:
        case FrameEvent():
            data["sender"] = event.sender
            data["octets"] = (write_header(event.header) + event.kept).hex()
            for name in ("packet", "begins", "knew"):
                _put(data, name, getattr(event, name))
            if event.told is not None:
                data["told"] = _told_data(event.told)
        case OctetsEvent():
            data["sender"] = event.sender
            data["octets"] = event.octets.hex()
            _put(data, "packet", event.packet)
        case DeliveredEvent():
            data["frame_event"] = event.frame_event
        case ResourceEvent():
            resource = event.resource
            data["resource"] = [resource.kind, resource.number, resource.generation]
            for name in ("stream", "by", "size"):
                if getattr(event, name):
                    data[name] = getattr(event, name)
            if event.chain:
                data["chain"] = list(event.chain)
        case NoteEvent():
            data["text"] = event.text
            if event.stream:
                data["stream"] = event.stream
        case CutEvent():
            data["sender"] = event.sender
            data["how"] = event.how
            _put(data, "octets", event.octets)
            _put(data, "packet", event.packet)
        case PrefaceEvent():
            _put(data, "packet", event.packet)
    return data


def _told_data(told: Told) -> dict[str, Any]:
    data: dict[str, Any] = {"unsure": list(told.unsure)}
    if told.fields is not None:
        data["fields"] = [[name.hex(), value.hex()] for name, value in told.fields]
    return data


def _told_from(data: dict[str, Any] | None) -> Told | None:
    if data is None:
        return None
    fields = data.get("fields")
    if fields is not None:
        fields = tuple((bytes.fromhex(name), bytes.fromhex(value)) for name, value in fields)
    return Told(fields, tuple(str(name) for name in data["unsure"]))


def _put(data: dict[str, Any], name: str, value: int | None) -> None:
    if value is not None:
        data[name] = value


def _place(entry: dict[str, Any]) -> dict[str, int]:
    return {"at": entry.get("at", 0), "connection": entry.get("connection", 0)}


def _sender(entry: dict[str, Any]) -> Sender:
    return SENDERS[SENDERS.index(entry["sender"])]


def _frame_from(trace: "Trace", entry: dict[str, Any]) -> None:
    octets = bytes.fromhex(entry["octets"])
    header, payload = read_header(octets), octets[HEADER_LENGTH:]
    if len(payload) > header.length:
        raise ValueError(f"{len(payload)} octets in a frame of {header.length}")
    trace.add_frame(
        _sender(entry),
        header,
        payload,
        packet=entry.get("packet"),
        begins=entry.get("begins"),
        knew=entry.get("knew"),
        told=_told_from(entry.get("told")),
        **_place(entry),
    )


def _octets_from(trace: "Trace", entry: dict[str, Any]) -> None:
    octets = bytes.fromhex(entry["octets"])
    trace.loose_octets(_sender(entry), octets, packet=entry.get("packet"), **_place(entry))


def _resource_from(trace: "Trace", entry: dict[str, Any]) -> None:
    trace.resource(
        entry["kind"],
        Resource(*entry["resource"]),
        stream=entry.get("stream", 0),
        by=entry.get("by", ""),
        size=entry.get("size", 0),
        chain=tuple(entry.get("chain", ())),
        **_place(entry),
    )


def _cut_from(trace: "Trace", entry: dict[str, Any]) -> None:
    octets, packet = entry.get("octets"), entry.get("packet")
    trace.cut(_sender(entry), entry["how"], octets, packet=packet, **_place(entry))


_EVENT_READERS: Final[dict[str, Callable[["Trace", dict[str, Any]], object]]] = {
    "preface": lambda trace, entry: trace.preface(packet=entry.get("packet"), **_place(entry)),
    "frame": _frame_from,
    "octets": _octets_from,
    "delivered": lambda trace, entry: trace.delivered(entry["frame_event"], **_place(entry)),
    "acquired": _resource_from,
    "used": _resource_from,
    "released": _resource_from,
    "held": _resource_from,
    "note": lambda trace, entry: trace.note(
        entry["text"], stream=entry.get("stream", 0), **_place(entry)
    ),
    "cut": _cut_from,
}
