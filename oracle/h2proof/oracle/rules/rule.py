"""What a rule is: a truth with a name, the requirements behind it, and what may answer its breach.

A rule looks at one frame of the endpoint under judgement, in a view of that endpoint, and yields
facts: none if the frame keeps it. The first fact is the sentence that a finding shows. A rule of
the peer's doing also names the kinds of waiting frames whose delivery could lift its objection. How
frames are delivered, and what becomes of an objection, is not known here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View
from h2proof.oracle.verdict import Level, Scope


class Stage(IntEnum):
    """The order in which rules are asked, and what an objection rests on."""

    FORMAT = 0
    """The octets of the frame alone."""
    OWN = 1
    """The endpoint's own earlier frames; no delivery lifts it."""
    PEER = 2
    """What the peer sent and the endpoint has; a delivery may lift it."""
    MESSAGE = 3
    """The endpoint's own message, once the stream is there; no delivery lifts it."""
    MINOR = 4
    """What nobody may punish, or what only a SHOULD speaks for: asked when all else is right."""


class Answer(NamedTuple):
    """What a receiver may do about a breach: the RFC's scope, and the acceptable outcomes."""

    scope: Scope
    expected: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        """True if doing nothing is acceptable."""
        return not self.expected or "ignore" in self.expected or "accept" in self.expected


NOTHING: Final = Answer("none")
"""The RFC asks the receiver for nothing, or forbids it to object."""


def connection(code: str, *others: str) -> Answer:
    """A connection error with this code; `others` are further acceptable outcomes."""
    return Answer("connection", (f"connection:{code}", *others))


def stream(code: str, *others: str) -> Answer:
    """A stream error with this code; `others` are further acceptable outcomes."""
    return Answer("stream", (f"stream:{code}", f"connection:{code}", *others))


MALFORMED: Final = Answer(
    "stream", ("stream:PROTOCOL_ERROR", "http-4xx", "connection:PROTOCOL_ERROR")
)
"""RFC 9113 §8.1.1: a stream error, before which a server may answer with an HTTP response."""


class Fact(NamedTuple):
    """What a rule says: a sentence, and the event that shows it (-1: the frame itself)."""

    text: str
    event: int = -1
    answer: Answer | None = None
    """On a first fact: what this breach deserves, where that differs from the rule's."""
    cites: tuple[str, ...] = ()
    """On a first fact: the requirements that this breach is against, of those of the rule."""
    stream: int = -1
    """On a first fact: the stream that it is about, where that is not the frame's."""

    short: int = 0
    """On a first fact: the octets of credit that are missing."""


Check = Callable[[View, Sent], Iterator[Fact]]
Lifts = Callable[[View, Sent], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table of rules."""

    name: str
    requirements: tuple[str, ...]
    """Ids of the inventory: what its breach is against."""
    reacts: tuple[str, ...]
    """Ids of what the receiver of such a frame has to do."""
    types: tuple[int, ...]
    """The frame types that it looks at; empty: it is not about a frame that was sent."""
    sentence: str
    level: Level
    stage: Stage
    answer: Answer
    lifts: Lifts | None
    check: Check
    excused_if_named: bool = False
    """It is excused where a violation of the peer's names the stream."""
    blindly: bool = False
    """It can be judged of an endpoint whose earlier frames are not known."""


def rule(
    types: int | tuple[int, ...],
    *requirements: str,
    stage: Stage = Stage.OWN,
    answer: Answer = NOTHING,
    reacts: tuple[str, ...] = (),
    lifts: Lifts | None = None,
    level: Level = "MUST",
    excused_if_named: bool = False,
    blindly: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule of a function: its name is the rule's, its docstring the truth that it guards."""
    if lifts is not None and stage is not Stage.PEER:
        raise ValueError("only what rests on the peer's frames can be lifted")

    def make(check: Check) -> Rule:
        sentence = " ".join((check.__doc__ or "").split())
        looks_at = types if isinstance(types, tuple) else (types,)
        return Rule(
            check.__name__,
            tuple(f"RFC{each}" for each in requirements),
            tuple(f"RFC{each}" for each in reacts),
            looks_at,
            sentence,
            level,
            stage,
            answer,
            lifts,
            check,
            excused_if_named,
            blindly,
        )

    return make


def table(*rules: Rule) -> dict[str, Rule]:
    """Rules by name; a name may stand once."""
    found: dict[str, Rule] = {}
    for each in rules:
        if each.name in found:
            raise ValueError(f"two rules are called {each.name}")
        found[each.name] = each
    return found
