"""Real conversations, played again through our connection in either role.

What the one side of a capture sent is heard by a connection, and what the other side sent is done by
calls on it, in the order of the capture. No frame of a side that the manifest calls compliant may
be found wrong; a frame that is found wrong has to be one that the manifest names. A call that is
refused ends the play: in a capture frames cross, so a side may have sent what it would not have
sent with the knowledge of the place where the capture was taken.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from h2proof.oracle import importers
from h2proof.sim import Connection, IllegalSend, Upgrade
from h2proof.sim.codec import PREFACE
from h2proof.sim.frames import (
    AltSvc,
    AnyFrame,
    Continuation,
    Data,
    GoAway,
    Headers,
    Origin,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.notices import ConnectionFailed, StreamFailed
from h2proof.sim.streams import Role
from h2proof.sim.trace import FrameEvent, PrefaceEvent, Trace
from h2proof.sim.wire import Wire

SIDES: dict[Role, Role] = {"client": "server", "server": "client"}
TABLE_SIZE_ANY = 2**20
COMPLIANT = "compliant"
FORMATS = ("pcap", "pcapng")


class Blamed(NamedTuple):
    """A frame that our connection found wrong."""

    sender: str
    packet: int | None
    reason: str


class Owner:
    """Does by calls what one side of the capture did by frames."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.wire = Wire()
        self.wire.decoder.table_size_max = TABLE_SIZE_ANY
        self.opener: Headers | PushPromise | None = None
        self.block = b""

    def act(self, frame: AnyFrame) -> None:
        if isinstance(frame, Headers | PushPromise):
            self.opener, self.block = frame, frame.fragment
        if isinstance(frame, Continuation):
            self.block += frame.fragment
        if isinstance(frame, Headers | PushPromise | Continuation):
            if frame.end_headers:
                self.send_block()
        elif type(frame) in CALLS:
            CALLS[type(frame)](self.connection, frame)

    def send_block(self) -> None:
        fields, opener = self.wire.fields(self.block), self.opener
        if isinstance(opener, PushPromise):
            self.connection.push(opener.stream, fields, promised=opener.promised)
        elif opener is not None:
            self.connection.send_headers(opener.stream, fields, end_stream=opener.end_stream)


def send_data(connection: Connection, frame: Data) -> None:
    padding = None if frame.padding is None else len(frame.padding)
    connection.send_data(frame.stream, frame.data, end_stream=frame.end_stream, padding=padding)


def update(connection: Connection, frame: Settings) -> None:
    if not frame.ack:
        connection.update_settings(dict(frame.values))


def ping(connection: Connection, frame: Ping) -> None:
    if not frame.ack:
        connection.ping(frame.payload)


CALLS: dict[type, Callable[[Connection, Any], object]] = {
    Data: send_data,
    Settings: update,
    Ping: ping,
    RstStream: lambda connection, frame: connection.reset(frame.stream, frame.code),
    GoAway: lambda connection, frame: connection.goaway(
        frame.code, last=frame.last, debug=frame.debug
    ),
    WindowUpdate: lambda connection, frame: connection.credit(frame.stream, frame.increment),
    Priority: lambda connection, frame: connection.depend(frame.stream, frame.dependency),
    PriorityUpdate: lambda connection, frame: connection.prioritize(frame.prioritized, frame.value),
    AltSvc: lambda connection, frame: connection.offer(
        frame.stream, frame.value, origin=frame.origin
    ),
    Origin: lambda connection, frame: connection.claim(frame.origins),
    Unknown: lambda connection, frame: connection.send_unknown(frame),
}


def play(trace: Trace, role: Role, upgrade: Upgrade | None) -> Blamed | None:
    """The first frame that a connection of this role finds wrong."""
    events = [event for event in trace if isinstance(event, FrameEvent | PrefaceEvent)]
    own = [event for event in events if isinstance(event, FrameEvent) and event.sender == role]
    first = own[0].frame if own else None
    if not isinstance(first, Settings):
        return None
    try:
        connection = Connection(role, settings=dict(first.values), upgrade=upgrade)
        owner = Owner(connection)
        for event in events:
            if isinstance(event, FrameEvent) and event.sender == role:
                if event is not own[0]:
                    owner.act(event.frame)
            elif isinstance(event, FrameEvent):
                for notice in connection.receive(event.octets):
                    if isinstance(notice, ConnectionFailed | StreamFailed):
                        return Blamed(event.sender, event.packet, str(notice.fault))
            elif role == "server":
                connection.receive(PREFACE)
    except (IllegalSend, AssertionError):
        pass
    return None


def conversations(shared: Path) -> Iterator[tuple[str, dict[str, Any], Role, Blamed | None]]:
    """Every capture in clear text that is whole, in both roles: its verdicts, and what we blame."""
    manifest = json.loads((shared / "traces" / "manifest.json").read_text())
    for entry in manifest:
        if (
            not entry["transport"].startswith("h2c")
            or "expected" not in entry
            or entry.get("format") not in FORMATS
        ):
            continue
        upgrade = Upgrade() if "upgrade" in entry["transport"] else None
        path = shared / "traces" / entry["file"]
        for imported in importers.read(path, importers.Options(keep_data=True)):
            if imported.complete:
                for role in SIDES:
                    yield (
                        entry["file"],
                        entry["expected"],
                        role,
                        play(imported.trace, role, upgrade),
                    )


def named(expected: dict[str, Any], blamed: Blamed) -> bool:
    """Whether the manifest names this frame of its sender."""
    violations = expected.get(blamed.sender, COMPLIANT)
    if violations == COMPLIANT:
        return False
    return any(blamed.packet in violation["frames"] for violation in violations)


def test_no_frame_of_a_real_peer_is_found_wrong_that_the_manifest_does_not_name(
    shared: Path,
) -> None:
    played = 0
    wrong, found = [], set()
    for name, expected, role, blamed in conversations(shared):
        played += 1
        if blamed is None:
            continue
        found.add(name)
        if not named(expected, blamed):
            wrong.append((name, role, blamed))

    assert [] == wrong
    assert 250 < played
    assert 40 < len(found)
