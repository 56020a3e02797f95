"""What the tests of this folder ask of an import: octets in, frames out."""

from pathlib import Path

from h2proof.oracle import importers
from h2proof.oracle.importers import Account, Imported, Options
from h2proof.sim.trace import Trace

Row = tuple[str, int, int, int, int, bytes]
"""Sender, type, flags, stream, length, payload."""


def read(
    path: Path, octets: bytes | None = None, options: Options | None = None
) -> tuple[list[Imported], Account]:
    """The connections of a file (which is written first if octets are given), and the account."""
    if octets is not None:
        path.write_bytes(octets)
    account = Account()
    found = list(importers.read(path, options or Options(keep_data=True), account))
    return sorted(found, key=lambda imported: imported.number), account


def rows(trace: Trace) -> list[Row]:
    """The frames of a trace as they were on the wire, in order."""
    return [
        (each.sender, each.type, each.flags, each.stream, each.length, each.kept)
        for each in trace.frames()
    ]


def rows_of(trace: Trace, sender: str) -> list[Row]:
    """Those of one side."""
    return [row for row in rows(trace) if row[0] == sender]
