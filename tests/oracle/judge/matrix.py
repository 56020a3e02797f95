"""The state table of RFC 9113 §5.1 as short connections: one for each state, frame and role.

The reference is data beside the checkout. Each prelude brings the stream into its state for the
party that is going to send, every frame delivered at once, so that both sides know all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from h2proof.sim.notation import parse_one
from h2proof.sim.trace import FrameEvent, Trace

STATES: Final = {
    "idle": "idle",
    "reserved_local": "res-l",
    "reserved_remote": "res-r",
    "open": "open",
    "half_closed_local": "half-l",
    "half_closed_remote": "half-r",
    "closed_end_stream": "ended",
    "closed_rst_sent": "rst-s",
    "closed_rst_received": "rst-r",
    "closed_skipped": "skipped",
}
"""The reference's names → those of the judge's pictures."""
ROWS: Final = {
    "DATA": "DATA",
    "DATA_ES": "DATA_ES",
    "HEADERS": "HEADERS",
    "HEADERS_ES": "HEADERS_ES",
    "PRIORITY": "PRIORITY",
    "RST_STREAM": "RST_STREAM",
    "WINDOW_UPDATE": "WINDOW_UPDATE",
    "PUSH_PROMISE_ASSOCIATED": "PROMISE_ON",
    "PUSH_PROMISE_PROMISED": "PROMISE_OF",
    "UNKNOWN": "UNKNOWN",
    "PRIORITY_UPDATE_TARGET": "PRIO_UPDATE",
}
"""The reference's events → the rows of the judge's pictures."""


@dataclass(frozen=True)
class Cell:
    """One cell of the reference for one role: who sends what in which state, and the verdict."""

    sender: str
    initiator: str
    state: str
    event: str
    verdict: str

    def __str__(self) -> str:
        return f"{self.sender} {self.event} {self.state} of {self.initiator}"

    @property
    def stream(self) -> int:
        """The stream in question."""
        return 1 if self.initiator == "client" else 2


def cells(reference: dict[str, Any]) -> Iterator[Cell]:
    """What each role may send in each state; roles that cannot be in a state are left out."""
    for cell in reference["cells"]:
        if cell["direction"] != "send":
            continue
        for role, own in cell["roles"].items():
            if own == "unreachable":
                continue
            sender, initiator = role.split("/")
            verdict = cell["verdict"] if own == "same" else own["verdict"]
            yield Cell(
                sender, initiator.removesuffix("-initiated"), cell["state"], cell["event"], verdict
            )


def connection(cell: Cell) -> Trace:
    """A connection that comes to the state and then sends the frame; all is delivered at once."""
    lines = [*_prelude(cell), *_frame(cell)]
    bare = parse_one("\n".join(lines) + "\n")
    trace = Trace()
    for event in bare:
        index = trace.append(event)
        if isinstance(event, FrameEvent):
            trace.delivered(index)
    return trace


def _prelude(cell: Cell) -> list[str]:
    if cell.initiator == "client":
        return _request(cell)
    return _push(cell)


def _request(cell: Cell) -> list[str]:
    me = "C" if cell.sender == "client" else "S"
    peer = "S" if me == "C" else "C"
    opening, answered = "C  HEADERS 1  POST /", "S  HEADERS 1  200"
    speaks = cell.event.startswith("DATA") and me == "S"
    end = {"C": "C  DATA 1 END_STREAM len=0", "S": "S  HEADERS 1 END_STREAM  200"}
    match cell.state:
        case "idle":
            return []
        case "open":
            return [opening, answered] if speaks else [opening]
        case "half_closed_local":
            return [opening, end[me]]
        case "half_closed_remote":
            return [opening, answered, end[peer]] if speaks else [opening, end[peer]]
        case "closed_end_stream":
            return [opening, end["C"], end["S"]]
        case "closed_rst_sent":
            return [opening, f"{me}  RST_STREAM 1"]
        case "closed_rst_received":
            return [opening, f"{peer}  RST_STREAM 1"]
        case _:
            return ["C  HEADERS 3  POST /"]


def _push(cell: Cell) -> list[str]:
    me = "C" if cell.sender == "client" else "S"
    peer = "S" if me == "C" else "C"
    opening, promise = "C  HEADERS 1  POST /", "S  PUSH_PROMISE 1 -> 2  GET /s"
    answer = "S  HEADERS 2  200" if cell.event.startswith("DATA") else "S  HEADERS 2  103"
    match cell.state:
        case "idle":
            return [opening]
        case "reserved_local" | "reserved_remote":
            return [opening, promise]
        case "half_closed_local" | "half_closed_remote":
            return [opening, promise, answer]
        case "closed_end_stream":
            return [opening, promise, "S  HEADERS 2 END_STREAM  200"]
        case "closed_rst_sent":
            return [opening, promise, f"{me}  RST_STREAM 2"]
        case "closed_rst_received":
            return [opening, promise, f"{peer}  RST_STREAM 2"]
        case _:
            return [opening, "S  PUSH_PROMISE 1 -> 4  GET /s"]


def _frame(cell: Cell) -> list[str]:
    me = "C" if cell.sender == "client" else "S"
    stream, free = cell.stream, 6
    fields = "200" if me == "S" else "x: a"
    if me == "C" and cell.state in ("idle", "closed_skipped"):
        fields = "POST /"
    match cell.event:
        case "DATA":
            return [f"{me}  DATA {stream} len=0"]
        case "DATA_ES":
            return [f"{me}  DATA {stream} END_STREAM len=0"]
        case "HEADERS":
            return [f"{me}  HEADERS {stream}  {fields}"]
        case "HEADERS_ES":
            return [f"{me}  HEADERS {stream} END_STREAM  {fields}"]
        case "PRIORITY":
            return [f"{me}  PRIORITY {stream} depends=0"]
        case "RST_STREAM":
            return [f"{me}  RST_STREAM {stream}"]
        case "WINDOW_UPDATE":
            return [f"{me}  WINDOW_UPDATE {stream} +1"]
        case "SETTINGS" | "GOAWAY":
            return [f"{me}  {cell.event} stream={stream}"]
        case "PING":
            return [f"{me}  PING aa stream={stream}"]
        case "PUSH_PROMISE_ASSOCIATED":
            return [f"{me}  PUSH_PROMISE {stream} -> {free}  GET /t"]
        case "PUSH_PROMISE_PROMISED":
            return [f"{me}  PUSH_PROMISE {_associated(cell)} -> {stream}  GET /t"]
        case "CONTINUATION_UNEXPECTED":
            return [f"{me}  CONTINUATION {stream} block=88"]
        case "UNKNOWN":
            return [f"{me}  0xbb {stream} octets=00"]
        case _:
            return [f'{me}  PRIORITY_UPDATE {stream} value="u=1"']


def _associated(cell: Cell) -> int:
    """A stream on which a promise would be right, whatever is promised."""
    return 1 if cell.initiator == "server" else 3
