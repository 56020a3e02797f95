"""The requirements' neighbours, put to a server: it objects where one is broken, and only there.

Those traces of tests/data/neighbours in which the client alone speaks. The judge has to find what
is marked in them; here the same mark says what an endpoint of ours has to answer.
"""

from pathlib import Path

import pytest

from h2proof.oracle.requirements import inventory
from h2proof.sim import Connection, notation
from h2proof.sim.codec import HEADER_LENGTH, read_header
from h2proof.sim.frames import FrameType
from h2proof.sim.notation import Titled
from h2proof.sim.trace import CutEvent, FrameEvent, OctetsEvent, PrefaceEvent, Trace

FOLDER = Path(__file__).resolve().parents[2] / "data" / "neighbours"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = bytes.fromhex("000000040000000000")
TOLERATED = {
    "RFC7541-4.2-04": "the hpack library takes any number of size updates, and they do no harm"
}


def one_sided(trace: Trace) -> bool:
    return all(
        getattr(event, "sender", "client") == "client" and not isinstance(event, CutEvent)
        for event in trace
    )


def traces() -> list[Titled]:
    return [
        titled
        for path in sorted(FOLDER.glob("*.txt"))
        for titled in notation.parse(path.read_text())
        if one_sided(titled.trace)
    ]


def octets_of(trace: Trace) -> bytes:
    """What the client sends, with a preface in front where the trace leaves that out."""
    parts = []
    for event in trace:
        if isinstance(event, PrefaceEvent):
            parts.append(PREFACE)
        elif isinstance(event, FrameEvent | OctetsEvent):
            parts.append(event.octets)
    began = any(isinstance(event, PrefaceEvent | OctetsEvent) for event in trace)
    return b"".join(parts if began else [PREFACE, SETTINGS, *parts])


def objects(output: bytes) -> bool:
    while output:
        header = read_header(output)
        if header.type in (FrameType.RST_STREAM, FrameType.GOAWAY):
            return True
        output = output[HEADER_LENGTH + header.length :]
    return False


def may_be_ignored(titled: Titled) -> bool:
    """Something in the requirements lets the receiver be silent."""
    entries = [inventory()[word] for word in titled.title.split() if word in inventory()]
    return any(
        entry.scope in ("none", "ignore") or "accept" in entry.alternatives for entry in entries
    )


@pytest.mark.parametrize("titled", traces(), ids=lambda titled: titled.title)
def test_a_server_objects_where_a_requirement_is_broken_and_only_there(titled: Titled) -> None:
    id_ = titled.title.split()[0]
    if titled.expected and id_ in TOLERATED:
        pytest.skip(TOLERATED[id_])
    server = Connection("server")
    server.take_output()
    server.receive(octets_of(titled.trace))

    answered = objects(server.take_output())

    if not titled.expected:
        assert not answered
    elif not may_be_ignored(titled):
        assert answered
