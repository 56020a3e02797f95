"""GOAWAY and closing (RFC 9113 §5.4.1, §6.8, §9.1)."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.replay.grids import IDLE
from h2proof.oracle.replay.sent import GOAWAY, HEADERS, PUSH_PROMISE, Sent
from h2proof.oracle.replay.streams import SENT_END, SENT_RESET
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Answer, Fact, Stage, connection, rule

NO_ERROR: Final = 0
_ANY_STREAM: Final = 0x7FFFFFFF


@rule(
    HEADERS,
    "9113-6.8-03",
    stage=Stage.PEER,
    answer=Answer("stream", ("stream:REFUSED_STREAM", "ignore")),
)
def opens_after_goaway(view: View, sent: Sent) -> Iterator[Fact]:
    """Who has received GOAWAY opens no more streams."""
    got = view.goaway_got
    if got is None or not view.client or not sent.stream or not view.is_mine(sent.stream):
        return
    if view.state(sent.stream) == IDLE:
        yield Fact(f"{sent.name} opens a stream after the peer's GOAWAY")
        yield Fact("the server had sent GOAWAY", got[0])


@rule(
    PUSH_PROMISE,
    "9113-6.8-03",
    stage=Stage.PEER,
    answer=Answer("stream", ("stream:REFUSED_STREAM", "ignore")),
)
def promises_after_goaway(view: View, sent: Sent) -> Iterator[Fact]:
    """Who has received GOAWAY promises no more streams."""
    got = view.goaway_got
    if got is not None and not view.client:
        yield Fact(f"{sent.name} promises a stream after the peer's GOAWAY")
        yield Fact("the client had sent GOAWAY", got[0])


@rule(
    GOAWAY,
    "9113-6.8-10",
    answer=connection("PROTOCOL_ERROR", "accept"),
    blindly=True,
)
def last_stream_increases(view: View, sent: Sent) -> Iterator[Fact]:
    """The last stream of a GOAWAY is not above that of an earlier one."""
    before = view.goaway_sent
    if before is not None and sent.value > before[1]:
        yield Fact(f"GOAWAY names {sent.value} as last stream after {before[1]}")
        yield Fact(f"the {view.role} had named {before[1]}", before[0])


@rule(
    GOAWAY,
    "9113-6.8-01",
    stage=Stage.MINOR,
    answer=connection("PROTOCOL_ERROR", "ignore"),
    level="ADVICE",
)
def last_stream_is_own(view: View, sent: Sent) -> Iterator[Fact]:
    """The last stream of a GOAWAY is one of its receiver's, 0, or the highest possible.

    No keyword obliges, and Go's client names its own streams: advice.
    """
    last = sent.value
    if 0 < last < _ANY_STREAM and view.is_mine(last) and sent.fault is None:
        yield Fact(f"GOAWAY of the {view.role} names {last}, a stream of its own")


@rule(
    GOAWAY,
    "9113-6.8-07",
    "9113-8.7-06",
    "9113-8.7-04",
)
def last_stream_is_below_answered(view: View, sent: Sent) -> Iterator[Fact]:
    """The last stream of a GOAWAY is not below one that was acted on."""
    if not view.client and sent.value < view.answered:
        yield Fact(f"GOAWAY names {sent.value} although stream {view.answered} was answered")
        yield Fact(f"the server had answered stream {view.answered}", view.answered_event)


@rule(GOAWAY, "9113-6.8-11", stage=Stage.MINOR, level="SHOULD")
def shutdown_is_abrupt(view: View, sent: Sent) -> Iterator[Fact]:
    """A graceful shutdown begins with a GOAWAY that names the highest possible stream."""
    last = sent.value
    graceful = sent.code == NO_ERROR and view.goaway_sent is None and not view.client
    if graceful and 0 < last < _ANY_STREAM and not view.facts(last) & (SENT_END | SENT_RESET):
        yield Fact(f"the first GOAWAY names stream {last}, which is not answered to its end")


@rule(GOAWAY, "9113-5.4-04", stage=Stage.MINOR, level="SHOULD")
def second_connection_error(view: View, sent: Sent) -> Iterator[Fact]:
    """An endpoint reports one type of connection error."""
    before = view.goaway_sent
    if before is not None and NO_ERROR not in (before[2], sent.code) and before[2] != sent.code:
        yield Fact("a second GOAWAY with another error code")
        yield Fact("an error had been reported", before[0])


RULES: Final = (
    last_stream_is_own,
    last_stream_increases,
    last_stream_is_below_answered,
    opens_after_goaway,
    promises_after_goaway,
    shutdown_is_abrupt,
    second_connection_error,
)
