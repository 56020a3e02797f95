"""What every importer gives: a trace for each connection, and an account of all the rest.

`Options` is what the caller wishes, `Imported` one connection, `Account` what was read and what was
left out. `CannotRead` is the one error: its text is the sentence that the user sees.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from h2proof.sim.trace import Trace

if TYPE_CHECKING:
    from h2proof.oracle.importers.source import Source


class CannotRead(Exception):
    """An input that cannot be read; the text says what is wrong and what would help."""


class Limits(NamedTuple):
    """How much an input may make us hold. Beyond it, what is missing is counted as lost."""

    held_octets_max: int = 96 << 20
    """Octets of all connections that wait for others: out of order, undecided, undecrypted."""
    connection_octets_max: int = 8 << 20
    """The same for one connection."""
    trace_octets_max: int = 256 << 20
    """Octets of all unfinished traces, each frame weighed with what it costs until it is judged."""
    connections_max: int = 50_000
    """Connections that are followed at the same time; the longest silent one gives way."""
    text_octets_max: int = 256 << 20
    """Size of a log, which is read as a whole."""


class Options(NamedTuple):
    """How to read.

    `keylog` names a file of TLS secrets (else the environment's SSLKEYLOGFILE is used); `port`
    keeps only connections of which one end has it, `connection` only the one of that number; with
    `keep_data` the trace holds the content of DATA frames too, which no verdict needs but every
    export does.
    """

    keylog: Path | None = None
    port: int | None = None
    connection: int | None = None
    keep_data: bool = False
    limits: Limits = Limits()


class Gap(NamedTuple):
    """Something that the input does not tell: how many octets of whom (None: not known), and why.

    It lies behind `packet`.
    """

    reason: str
    octets: int | None = None
    sender: str | None = None
    packet: int | None = None

    def __str__(self) -> str:
        who = f" of the {self.sender}" if self.sender else ""
        count = f"{self.octets} octets{who}: " if self.octets is not None else ""
        where = f" (behind packet {self.packet})" if self.packet is not None else ""
        return f"{count}{self.reason}{where}"


class Imported(NamedTuple):
    """One connection of the input; of our own formats one trace, which may hold several.

    `number` counts the transport connections of the input from 0 in the order of their first
    packet, as tshark's tcp.stream does. `complete` is true when it was seen from the preface to the
    end of the transport, without a hole. `gaps` are what a verdict cannot know. `locked` says why
    nothing of it could be read, where that is so. `title` is the name that the input gives it.
    """

    number: int
    trace: Trace
    complete: bool
    gaps: tuple[Gap, ...] = ()
    alpn: str | None = None
    locked: str = ""
    title: str = ""


class Account:
    """What was read so far, and what was left out and why; counted while reading goes on."""

    __slots__ = ("damage", "form", "locked", "packets", "skipped", "source")

    def __init__(self) -> None:
        self.form = ""
        """The row of IMPORTERS that reads it."""
        self.packets = 0
        self.source: Source | None = None
        self.skipped: dict[str, int] = {}
        """Packets or connections that are not HTTP/2, by reason."""
        self.damage: list[str] = []
        """What was wrong with the input itself, one sentence each."""
        self.locked = ""
        """Why something that may be HTTP/2 could not be read at all."""

    @property
    def octets(self) -> int:
        """How much of the input was read."""
        return self.source.octets if self.source is not None else 0

    def skip(self, reason: str, count: int = 1) -> None:
        """Count something that was left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def damaged(self, sentence: str) -> None:
        """Note damage; the first few are enough to understand."""
        if len(self.damage) < 20:
            self.damage.append(sentence)


Reader = Callable[["Source", Options, Account], Iterator[Imported]]
"""What an importer is: it reads a source to its end and gives connections as they are over."""
