"""The states of a stream (RFC 9113 §5.1), and the reader of the pictures in `grids`."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal, final

from h2proof.sim.errors import ErrorCode


class State(IntEnum):
    """A stream as one endpoint sees it; the four ways of being closed are told apart."""

    IDLE = 0
    RESERVED_LOCAL = 1
    RESERVED_REMOTE = 2
    OPEN = 3
    HALF_CLOSED_LOCAL = 4
    HALF_CLOSED_REMOTE = 5
    ENDED = 6
    """Closed by END_STREAM in both directions."""
    RESET_SENT = 7
    RESET_RECEIVED = 8
    SKIPPED = 9
    """Closed unused: its initiator went on to a higher identifier (§5.1.1)."""

    closed: bool
    """True for each of the four closed states."""
    active: bool
    """True where the stream counts toward SETTINGS_MAX_CONCURRENT_STREAMS (§5.1.2)."""
    reserved: bool
    """True for the two states of a promised stream that has not begun."""

    def __init__(self, _: int) -> None:
        self.reserved = self.name.startswith("RESERVED_")
        self.active = self.name == "OPEN" or self.name.startswith("HALF_CLOSED_")
        self.closed = not (self.name == "IDLE" or self.reserved or self.active)

    @property
    def phrase(self) -> str:
        """The state for a sentence."""
        return self.name.lower().replace("_", " ")


IDLE: Final = State.IDLE
RESERVED_LOCAL: Final = State.RESERVED_LOCAL
RESERVED_REMOTE: Final = State.RESERVED_REMOTE
HALF_CLOSED_REMOTE: Final = State.HALF_CLOSED_REMOTE
ENDED: Final = State.ENDED
RESET_SENT: Final = State.RESET_SENT
SKIPPED: Final = State.SKIPPED
"""Those that are asked for at every frame: to find a member in its enumeration takes long."""

TURNS: Final = tuple(
    tuple(
        (after.active - before.active, after.reserved - before.reserved, after.closed)
        for after in State
    )
    for before in State
)
"""By the states before and after: how many streams more are active, are reserved, and whether the
stream is closed."""

SHORT_NAMES: Final = {
    "idle": State.IDLE,
    "res-l": State.RESERVED_LOCAL,
    "res-r": State.RESERVED_REMOTE,
    "open": State.OPEN,
    "half-l": State.HALF_CLOSED_LOCAL,
    "half-r": State.HALF_CLOSED_REMOTE,
    "ended": State.ENDED,
    "r-sent": State.RESET_SENT,
    "r-recv": State.RESET_RECEIVED,
    "skipped": State.SKIPPED,
}

CODES: Final = {"PE": ErrorCode.PROTOCOL_ERROR, "SC": ErrorCode.STREAM_CLOSED}


@final
@dataclass(frozen=True, slots=True)
class Cell:
    """What one event does in one state."""

    kind: Literal["take", "ignore", "stream", "connection", "prohibited"]
    next: State | None = None
    """The state it leads to; None where the stream stays as it is."""
    code: ErrorCode = ErrorCode.NO_ERROR
    requirement: str = ""
    """The clause behind an error or a prohibition."""


Row = tuple[Cell, ...]
"""The cells of one event, indexed by State."""


def grid(picture: str) -> dict[str, Row]:
    """Read a picture: one line a row, one column a state, refused where they do not fit.

    A cell's clause is the eleventh word of its row, else the word under its column in the line
    that starts with the kind of outcome: `C`, `S` or `x`.
    """
    header, *lines = (line.split() for line in picture.strip().splitlines())
    if [SHORT_NAMES[name] for name in header[1:]] != list(State):
        raise ValueError("the columns are the ten states, in the order of State")
    clauses = {line[0]: line[1:] for line in lines if line[0] in ("C", "S", "x")}
    return {line[0]: _row(line[1:], clauses) for line in lines if line[0] not in clauses}


def _row(words: list[str], clauses: dict[str, list[str]]) -> Row:
    cells, own = words[: len(State)], words[len(State) :]
    return tuple(_cells(cells, own, clauses))


def _cells(words: list[str], own: list[str], clauses: dict[str, list[str]]) -> Iterator[Cell]:
    for state, word in zip(State, words, strict=True):
        kind, _, detail = word.partition(":")
        if word == ".":
            yield Cell("take")
        elif word == "-":
            yield Cell("ignore")
        elif word[0] == ">":
            yield Cell("take", SHORT_NAMES[word[1:]])
        else:
            clause = f"RFC9113-{own[0] if own else clauses[kind][state]}"
            match kind:
                case "x":
                    yield Cell("prohibited", requirement=clause)
                case "S":
                    yield Cell("stream", State.RESET_SENT, CODES[detail], clause)
                case "C":
                    yield Cell("connection", None, CODES[detail], clause)
                case _:
                    raise ValueError(f"{word!r} is no cell")
