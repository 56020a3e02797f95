"""What a report tells about: inputs with their connections, counts, findings and unknowns.

Plain frozen values without the octets, so that they cross processes cheaply and a long input leaves
only its results behind.
"""

from typing import NamedTuple

from h2proof.oracle.verdict import Finding, Unknown


class Counts(NamedTuple):
    """What is on the wire of a connection, both directions together."""

    frames: int = 0
    streams: int = 0
    """Identifiers that a HEADERS opened or a PUSH_PROMISE promised."""
    promised: int = 0
    """PUSH_PROMISE frames of the server."""
    completed: int = 0
    """Promised streams whose END_STREAM was seen."""
    resets: int = 0
    goaways: int = 0


class CheckedConnection(NamedTuple):
    """One connection: who, what was seen of it, what the judge says."""

    number: int
    client: str
    server: str
    transport: str
    complete: bool
    counts: Counts
    findings: tuple[Finding, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    missing: tuple[str, ...] = ()
    """What the input does not tell about it, one phrase each."""
    alpn: str | None = None
    title: str = ""
    """What the input calls it, where it has a name for it."""

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that break an obligation."""
        return tuple(each for each in self.findings if each.verdict == "violation")


class Checked(NamedTuple):
    """One input. `error` is one clear sentence where it could not, or not wholly, be read."""

    file: str
    error: str | None = None
    connections: tuple[CheckedConnection, ...] = ()
    form: str = ""
    """The row of IMPORTERS that read it."""
    packets: int = 0
    skipped: tuple[tuple[str, int], ...] = ()
    """What was no HTTP/2, by reason, with its count."""

    @property
    def violations(self) -> tuple[Finding, ...]:
        """Those of all connections."""
        return tuple(each for one in self.connections for each in one.violations)
