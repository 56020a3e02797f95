"""How a connection ends: with a word, and really after an error.

Who closes first should say GOAWAY first (RFC 9113 §5.4.1, §6.8, §9.1), also if the other side has
said it. A client that leaves with all its requests answered leaves nobody in doubt, so of it that
is not asked. And who has said GOAWAY with an error closes: a request that came behind it and is served
shows that it did not. What else becomes of open streams is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from h2proof.oracle.hindsight.telling import seen_back
from h2proof.oracle.verdict import Because, Finding, Level
from h2proof.sim.frames import END_STREAM, FrameType
from h2proof.sim.trace import SENDERS, CutEvent, Trace

CLOSES_WITHOUT_GOAWAY: Final = "closes_without_goaway"
SERVES_AFTER_ERROR: Final = "serves_after_own_error"

SENTENCES: Final[Mapping[str, str]] = {
    CLOSES_WITHOUT_GOAWAY: "Who ends a connection says GOAWAY first.",
    SERVES_AFTER_ERROR: "Who has said GOAWAY with an error closes, and serves nothing new.",
}
REQUIREMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    CLOSES_WITHOUT_GOAWAY: (
        "RFC9113-5.4.1-01",
        "RFC9113-5.4.1-04",
        "RFC9113-6.8-04",
        "RFC9113-6.8-05",
        "RFC9113-9.1-04",
    ),
    SERVES_AFTER_ERROR: ("RFC9113-5.4.1-02",),
}
LEVELS: Final[Mapping[str, Level]] = {CLOSES_WITHOUT_GOAWAY: "SHOULD", SERVES_AFTER_ERROR: "MUST"}


_DATA, _HEADERS, _RST_STREAM, _GOAWAY = (
    FrameType.DATA.value,
    FrameType.HEADERS.value,
    FrameType.RST_STREAM.value,
    FrameType.GOAWAY.value,
)


def examine(
    trace: Trace, ends: Iterable[int], findings: Sequence[Finding], cuts: Sequence[CutEvent]
) -> list[Finding]:
    """Ends without a word, and requests served after an error, connection by connection.

    `ends` are the places of GOAWAY and RST_STREAM in the columns.
    """
    columns = trace.columns
    goaways: _Goaways = {}
    for place in ends:
        if columns.type[place] == _GOAWAY:
            party = columns.connection[place], columns.sender[place]
            goaways[party] = (*goaways.get(party, ()), place)
    silent = [cut for cut in _first_ends(trace, cuts) if _party(cut) not in goaways]
    found = list(_silent_ends(trace, silent, findings, goaways)) if silent else []
    for (connection, sender), places in goaways.items():
        if sender and (errors := [place for place in places if _code(trace, place)]):
            found += _served_after(trace, connection, errors[0])
    return found


_Goaways = dict[tuple[int, int], tuple[int, ...]]
"""By connection and sender: places in the columns."""


def _first_ends(trace: Trace, cuts: Sequence[CutEvent]) -> list[CutEvent]:
    """Of each connection on which frames were sent, the end that came first."""
    firsts: dict[int, CutEvent] = {}
    for cut in cuts:
        if cut.connection not in firsts and cut.how in ("fin", "rst"):
            firsts[cut.connection] = cut
    spoke = trace.columns.connection
    return [cut for connection, cut in firsts.items() if connection in spoke]


def _party(cut: CutEvent) -> tuple[int, int]:
    return cut.connection, SENDERS.index(cut.sender)


def _silent_ends(
    trace: Trace, silent: Sequence[CutEvent], findings: Sequence[Finding], goaways: _Goaways
) -> Iterator[Finding]:
    marks = _marks(trace)
    for cut in silent:
        ids, facts = _against(trace, cut, findings, goaways)
        places = marks.get(cut.connection, ())
        if ids == _IN_GENERAL and cut.sender == "client" and not _leaves_open(trace, cut, places):
            continue
        message = f"the {cut.sender} ended the connection without GOAWAY"
        yield seen_back(
            trace, cut.index, CLOSES_WITHOUT_GOAWAY, "SHOULD", ids, message, facts, like=ids[0]
        )


def _against(
    trace: Trace, cut: CutEvent, findings: Sequence[Finding], goaways: _Goaways
) -> tuple[tuple[str, ...], list[Because]]:
    """What the silence is against: an error was owed, a GOAWAY was there to answer, or neither."""
    peer = 1 - SENDERS.index(cut.sender)
    for each in findings:
        owed = each.connection == cut.connection and each.actor == SENDERS[peer]
        if owed and each.scope == "connection" and each.event < cut.index:
            return ("RFC9113-5.4.1-01",), [Because(each.message, each.event, each.packet)]
    for place in goaways.get((cut.connection, peer), ()):
        event = trace.frame_at(place)
        if event.index < cut.index:
            return ("RFC9113-6.8-05",), [Because("the peer had said it", event.index, event.packet)]
    return _IN_GENERAL, []


_IN_GENERAL: Final = ("RFC9113-5.4.1-04", "RFC9113-6.8-04", "RFC9113-9.1-04")


def _leaves_open(trace: Trace, cut: CutEvent, places: Sequence[int]) -> bool:
    """Whether a stream has no end yet when its connection is cut; `places` as `_marks` gives."""
    columns = trace.columns
    ends: dict[int, int] = {}
    for place in places:
        if columns.event[place] > cut.index:
            break
        stream = columns.stream[place]
        seen = ends.get(stream, 0 if stream & 1 else _BY_CLIENT)
        if columns.type[place] == _RST_STREAM:
            seen = _BY_BOTH
        elif columns.flags[place] & END_STREAM:
            seen |= _BY_SERVER if columns.sender[place] else _BY_CLIENT
        ends[stream] = seen
    return any(seen != _BY_BOTH for seen in ends.values())


_BY_CLIENT, _BY_SERVER, _BY_BOTH = 1, 2, 3
"""Who has ended a stream; a promised one is ended by the client from the start."""


def _marks(trace: Trace) -> dict[int, list[int]]:
    """By connection: the places of frames that begin or end a stream."""
    columns = trace.columns
    found: dict[int, list[int]] = {}
    for place, (kind, flags) in enumerate(zip(columns.type, columns.flags, strict=True)):
        if kind in (_HEADERS, _RST_STREAM) or (kind == _DATA and flags & END_STREAM):
            found.setdefault(columns.connection[place], []).append(place)
    return found


def _served_after(trace: Trace, connection: int, error: int) -> Iterator[Finding]:
    """HEADERS on a stream that was opened behind the server's own error."""
    columns = trace.columns
    known = {
        columns.stream[place] for place in range(error) if columns.connection[place] == connection
    }
    asked: dict[int, int] = {}
    for place in range(error + 1, len(columns.type)):
        if columns.connection[place] != connection or columns.type[place] != _HEADERS:
            continue
        stream = columns.stream[place]
        if stream in known:
            continue  # its request had been there: these are trailers, or its response
        if columns.sender[place] == 0:
            asked.setdefault(stream, place)
        elif stream in asked:
            yield _serves(trace, place, asked[stream], error)
            return


def _code(trace: Trace, place: int) -> int:
    return int.from_bytes(trace.payload_at(place)[4:8], "big")


def _serves(trace: Trace, place: int, asked: int, error: int) -> Finding:
    answer, request, goaway = (trace.frame_at(each) for each in (place, asked, error))
    return seen_back(
        trace,
        answer.index,
        SERVES_AFTER_ERROR,
        "MUST",
        REQUIREMENTS[SERVES_AFTER_ERROR],
        f"stream {answer.stream} was served although the server had ended the connection",
        [
            Because("the server said GOAWAY with an error", goaway.index, goaway.packet),
            Because("the request came behind it", request.index, request.packet),
        ],
    )
