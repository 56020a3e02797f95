"""How a server treats requests that are malformed, or doubtful.

A malformed request should get a 400, if it can; a doubtful one (its names are no tokens, its Host
says another name) should be treated as malformed. Both are SHOULD, so both are advice. Which
requests are malformed or doubtful the rules have found.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from h2proof.oracle.hindsight.history import statuses
from h2proof.oracle.hindsight.telling import seen_back
from h2proof.oracle.verdict import Because, Finding, Level
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import FrameType
from h2proof.sim.trace import Trace

NO_400: Final = "malformed_request_gets_no_400"
SERVED: Final = "doubtful_request_is_served"

SENTENCES: Final[Mapping[str, str]] = {
    NO_400: "A request that its fields make malformed is answered with 400, if it can be.",
    SERVED: "A request that is doubtful is treated as malformed.",
}
DOUBTFUL: Final[Mapping[str, str]] = {
    "RFC9113-8.2.1-01": "RFC9113-8.2.1-01",
    "RFC9113-8.3.1-04": "RFC9113-8.3.1-05",
}
"""What makes a request doubtful → what asks a server to refuse it."""
REQUIREMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    NO_400: ("RFC9113-8.2.1-09",),
    SERVED: tuple(DOUBTFUL.values()),
}
LEVELS: Final[Mapping[str, Level]] = {NO_400: "SHOULD", SERVED: "SHOULD"}

_ABOUT_FIELDS: Final = "RFC9113-8.2.1-"


def examine(trace: Trace, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Advice for each malformed or doubtful request that a finding names."""
    about = [each for each in findings if each.actor == "client" and each.stream]
    malformed = {
        (each.connection, each.stream): each
        for each in about
        if each.verdict == "violation"
        and any(id_.startswith(_ABOUT_FIELDS) for id_ in each.requirements)
    }
    doubtful = [each for each in about if is_doubtful(each)]
    found: list[Finding] = []
    if malformed:
        found += _without_400(trace, malformed)
    if doubtful:
        found += _served(trace, doubtful)
    return tuple(found)


def is_doubtful(finding: Finding) -> bool:
    """Whether a finding is about a request that a server should treat as malformed."""
    return any(id_ in DOUBTFUL for id_ in finding.requirements)


def _without_400(trace: Trace, malformed: Mapping[tuple[int, int], Finding]) -> Iterator[Finding]:
    """RST_STREAM of the server as its first frame on such a stream."""
    columns = trace.columns
    answered: set[tuple[int, int]] = set()
    for place, kind in enumerate(columns.type):
        key = (columns.connection[place], columns.stream[place])
        cause = malformed.get(key)
        if cause is None or not columns.sender[place] or key in answered:
            continue
        answered.add(key)
        if kind != FrameType.RST_STREAM or columns.event[place] < cause.event:
            continue
        if int.from_bytes(trace.payload_at(place), "big") == ErrorCode.PROTOCOL_ERROR:
            yield seen_back(
                trace,
                columns.event[place],
                NO_400,
                "SHOULD",
                REQUIREMENTS[NO_400],
                f"stream {key[1]} was only reset, where a 400 would have told why",
                [Because(cause.message, cause.event, cause.packet)],
            )


def _served(trace: Trace, doubtful: Sequence[Finding]) -> Iterator[Finding]:
    """The first final response of each such stream, if it is not an error."""
    causes = {(each.connection, each.stream): each for each in doubtful}
    for connection in sorted({connection for connection, _ in causes}):
        for answer, status in statuses(trace, connection):
            cause = causes.get((connection, answer.stream))
            if cause is None or status < 200:
                continue
            del causes[connection, answer.stream]
            if status < 400:
                yield seen_back(
                    trace,
                    answer.index,
                    SERVED,
                    "SHOULD",
                    tuple(DOUBTFUL[id_] for id_ in cause.requirements if id_ in DOUBTFUL),
                    f"stream {answer.stream} was answered with {status}",
                    [Because(cause.message, cause.event, cause.packet)],
                    like=cause.rule,
                )
