"""Reactions that are owed (RFC 9113 §5.4): a proven violation of the peer's is answered.

These rules look at no frame of their own: the judge enters them at the end of a connection, where
the evidence shows that a frame was processed and nothing came of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Rule, rule

_NEVER: Final[tuple[Fact, ...]] = ()


@rule((), "9113-5.1-04", "9113-7-01")
def connection_error_is_missing(view: View, sent: Sent) -> Iterator[Fact]:
    """A frame that puts the connection in error ends it."""
    return iter(_NEVER)


@rule((), "9113-5.4-07")
def connection_error_is_played_down(view: View, sent: Sent) -> Iterator[Fact]:
    """An error of the connection is not reported as one of a stream."""
    return iter(_NEVER)


@rule((), "9113-5.4.2-01")
def stream_error_is_missing(view: View, sent: Sent) -> Iterator[Fact]:
    """A frame that puts a stream in error is answered with RST_STREAM."""
    return iter(_NEVER)


@rule((), "9113-8.1.1-05")
def malformed_message_is_accepted(view: View, sent: Sent) -> Iterator[Fact]:
    """A malformed message is not processed as if it were none."""
    return iter(_NEVER)


@rule((), "9113-6.5.3-05", "9113-3.4-07")
def settings_are_not_acknowledged(view: View, sent: Sent) -> Iterator[Fact]:
    """SETTINGS are acknowledged as soon as they are processed."""
    return iter(_NEVER)


@rule((), "9113-6.7-02", "9113-6.7-04")
def ping_is_not_answered(view: View, sent: Sent) -> Iterator[Fact]:
    """PING is answered with PING, ACK and the same octets."""
    return iter(_NEVER)


def rules(rows: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules about reactions, with the ids of all that the breaches of `rows` call for."""
    wanted = tuple(rows)
    return (
        _with_ids(connection_error_is_missing, wanted, "connection"),
        _with_ids(connection_error_is_played_down, wanted, "connection"),
        _with_ids(stream_error_is_missing, wanted, "stream"),
        _with_ids(malformed_message_is_accepted, wanted, "stream"),
        settings_are_not_acknowledged,
        ping_is_not_answered,
    )


def _with_ids(base: Rule, rows: tuple[Rule, ...], scope: str) -> Rule:
    owed = [id_ for row in rows if row.answer.scope == scope for id_ in row.reacts]
    return replace(base, requirements=tuple(dict.fromkeys((*base.requirements, *owed))))
