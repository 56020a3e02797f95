"""How each requirement is met: joins the inventory and the rules, and owns all other answers.

Every requirement that the wire can show has one answer: a *rule* judges it; it is true *by
construction*; it is a *freedom*, and using it goes unpunished; it is *not decidable*, because two
histories look the same; it is *superseded*; or it is *open*. What has no answer is listed as open
without a reason, and a test refuses that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from h2proof.oracle import hindsight, ledger, lifetimes, liveness
from h2proof.oracle.requirements import Requirement, observable
from h2proof.oracle.rules import RULES

How = Literal["rule", "by construction", "freedom", "not decidable", "superseded", "open"]
HOWS: Final[tuple[How, ...]] = (
    "rule",
    "by construction",
    "freedom",
    "not decidable",
    "superseded",
    "open",
)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as tables show it; one about resources or waits cites no requirement."""

    name: str
    sentence: str
    requirements: tuple[str, ...]
    level: str


@dataclass(frozen=True, slots=True)
class Answer:
    """How one requirement is met: by which rules, or why no rule is needed or possible."""

    requirement: Requirement
    how: How
    rules: tuple[str, ...] = ()
    reason: str = ""


@cache
def rules() -> Mapping[str, RuleRow]:
    """All rules by name: those about frames first, then those about resources and waits."""
    rows = [
        RuleRow(each.name, each.sentence, each.requirements, each.level) for each in RULES.values()
    ]
    rows += [
        RuleRow(name, sentence, hindsight.REQUIREMENTS[name], hindsight.LEVELS[name])
        for name, sentence in hindsight.SENTENCES.items()
    ]
    others = {**ledger.SENTENCES, **lifetimes.SENTENCES, **liveness.SENTENCES}
    rows += [RuleRow(name, sentence, (), "MUST") for name, sentence in others.items()]
    return MappingProxyType({row.name: row for row in rows})


@cache
def answers() -> Mapping[str, Answer]:
    """The answer to each requirement that the wire can show, in the inventory's order."""
    cited: dict[str, list[str]] = {}
    for row in rules().values():
        for id_ in row.requirements:
            cited.setdefault(id_, []).append(row.name)
    return MappingProxyType(
        {each.id: _answer(each, tuple(cited.get(each.id, ()))) for each in observable()}
    )


def counts() -> Mapping[How, int]:
    """How many requirements have which kind of answer."""
    found = [each.how for each in answers().values()]
    return {how: found.count(how) for how in HOWS}


def answered_twice() -> tuple[str, ...]:
    """Requirements that a rule cites although a table here says that none is needed or possible."""
    tables = (BY_CONSTRUCTION, NOT_DECIDABLE, OPEN)
    return tuple(
        id_
        for table in tables
        for id_ in table
        if any(id_ in row.requirements for row in rules().values())
    )


def _answer(requirement: Requirement, names: tuple[str, ...]) -> Answer:
    id_ = requirement.id
    if not requirement.current:
        by = ", ".join(requirement.superseded_by)
        reason = f"by {by}" if by else "dropped by RFC 9113"
        return Answer(requirement, "superseded", names, reason)
    if names:
        return Answer(requirement, "rule", names)
    for how, table in _TABLES:
        if id_ in table:
            return Answer(requirement, how, (), str(table[id_]))
    if requirement.kind == "permit":
        return Answer(requirement, "freedom", (), "a trace that uses it stays silent")
    return Answer(requirement, "open")


BY_CONSTRUCTION: Final[Mapping[str, str]] = {
    "RFC7541-6.2.1-01": "each first octet of a field selects exactly one of the five forms, so "
    "none can be written in another's pattern: it would be that other one",
    "RFC9113-4.3-04": "octets in a DATA frame are content whatever they look like; no field block "
    "can stand there",
    "RFC9113-8.5-04": "after CONNECT each octet of DATA belongs to the tunnel, whatever it is",
}
"""What nobody can break on the wire, and why; never something that a hostile peer decides."""

FREEDOMS: Final[Mapping[str, str]] = {
    "RFC7838-4-04": "optional: a trace with an empty Origin stays silent",
    "RFC8336-2.1-01": "optional: a trace with an empty entry stays silent",
    "RFC9113-7-02": "PROTOCOL_ERROR may stand for any other code (5.4)",
    "RFC9113-7-03": "INTERNAL_ERROR may stand for any other code (5.4)",
    "RFC9113-7-09": "CANCEL needs no fault of the peer",
    "RFC9113-7-12": "what is excessive load is for its bearer to say",
    "RFC9113-7-14": "a server may ask for HTTP/1.1 whenever it likes",
    "RFC9113-10.5-02": "how many pushes are too many is for the client to say",
}
"""Entries that are no `permit` and still leave a choice: a trace that uses it stays silent."""


class Twins(NamedTuple):
    """Two histories that look the same on the wire: in the first it is obeyed, not in the second."""

    obeyed: str
    broken: str

    def __str__(self) -> str:
        return f"the same frames, whether {self.obeyed}, or {self.broken}"


_KEPT = "a hop received the field never-indexed and sends it so"
_NOT_KEPT = "it received the field so and sends it indexed, as another sender may"
_LATER = "credit for the dropped octets is to come later"
_NEVER = "it was never counted, and the window stays small"
_OWN = "the sender is where the message was born"
_AUTHORITY = "the server holds a certificate for the promised name"

NOT_DECIDABLE: Final[Mapping[str, Twins]] = {
    "RFC7541-2.1-01": Twins(
        "the encoder was given path before method", "it was given them the other way round"
    ),
    "RFC7541-2.1-02": Twins("the decoder hands its list on as it came", "it sorts it first"),
    "RFC7541-6.2.3-01": Twins(_KEPT, _NOT_KEPT),
    "RFC7541-6.2.3-02": Twins(
        "the second literal belongs to an origin that asked for no care",
        "it belongs to the one that asked for never-indexed",
    ),
    "RFC7541-6.2.3-03": Twins(_KEPT, _NOT_KEPT),
    "RFC7541-7.1.3-01": Twins(_KEPT, _NOT_KEPT),
    "RFC7541-7.1.3-02": Twins(_KEPT, "it re-encodes the field as a literal without indexing"),
    "RFC7838-4-02": Twins(
        "the client files the alternative under the stream's origin", "under another one"
    ),
    "RFC7838-4-03": Twins(
        "the client drops an alternative of a foreign origin", "it stores it for later"
    ),
    "RFC7838-4-08": Twins(
        "the intermediary made the ALTSVC itself", "it passed one on that it had received"
    ),
    "RFC7838-4-09": Twins("the client replaces its stored list", "it adds to it"),
    "RFC7838-6-03": Twins("the client drops the Alt-Svc of a 421", "it stores it for later"),
    "RFC8297-2-01": Twins(
        "the application sees the final fields alone", "it sees those of the 103 among them"
    ),
    "RFC8336-2.2-06": Twins(
        "the intermediary made the ORIGIN itself", "it passed one on that it had received"
    ),
    "RFC8336-2.2-08": Twins(
        "the client takes only what parses for an origin", "it takes a bare name for one too"
    ),
    "RFC9113-4.3-06": Twins(
        "the block was decoded and dropped", "it was skipped, and no later block builds on it"
    ),
    "RFC9113-5-01": Twins(
        "frames are processed in order and answers of several kinds overtake each other",
        "the frames themselves are processed out of order",
    ),
    "RFC9113-5.1-23": Twins(_LATER, _NEVER),
    "RFC9113-6.8-14": Twins(_LATER, _NEVER),
    "RFC9113-6.9-08": Twins(_LATER, _NEVER),
    "RFC9113-8.1-05": Twins(
        "the rest of the message is to come when the connection ends",
        "nothing was to come, and END_STREAM was forgotten",
    ),
    "RFC9113-8.1-13": Twins("the client delivers the response", "it throws it away"),
    "RFC9113-8.1.1-04": Twins(_OWN, "it forwards a malformed message as it came"),
    "RFC9113-8.2.1-08": Twins(_OWN, "it forwards a prohibited value as it came"),
    "RFC9113-8.3.1-01": Twins(
        "the server routes by :authority", "it routes by a Host that says the same"
    ),
    "RFC9113-8.3.1-06": Twins(
        "the proxy compares both names after normalization", "it compares their octets"
    ),
    "RFC9113-8.3.1-08": Twins(
        "the original request had the authority", "it had none, and one was made up"
    ),
    "RFC9113-8.4-06": Twins(_AUTHORITY, "it holds none"),
    "RFC9113-8.4-07": Twins(_AUTHORITY, "it holds none, and the client uses the push"),
    "RFC9113-8.5-07": Twins(
        "the client has more to send into the tunnel", "it never answers the end"
    ),
    "RFC9113-8.5-08": Twins(
        "the proxy's TCP connection ended well", "it was reset, and the proxy says so to nobody"
    ),
    "RFC9113-8.7-01": Twins(
        "the client knows that the request was not processed", "it reports that it may have been"
    ),
    "RFC9113-8.7-02": Twins(
        "the client knows that the request was not processed", "it reports that it may have been"
    ),
    "RFC9113-10.3-01": Twins(
        "the intermediary validated the fields and found them good", "it did not look at them"
    ),
    "RFC9113-10.3-02": Twins(
        "nothing was there that had to be removed", "it was there, and something else was removed"
    ),
    "RFC9218-2.1.1-01": Twins(
        "a client that knows one scheme of priorities speaks in that", "one that knows both does"
    ),
    "RFC9218-7-01": Twins(
        "the server takes an omitted parameter for its default", "it keeps the old value"
    ),
}
"""What no judge of one connection's frames can tell: the two histories that look the same."""

OPEN: Final[Mapping[str, str]] = {}
"""What could be judged and is not yet, with what is missing."""

_TABLES: Final[tuple[tuple[How, Mapping[str, str] | Mapping[str, Twins]], ...]] = (
    ("by construction", BY_CONSTRUCTION),
    ("freedom", FREEDOMS),
    ("not decidable", NOT_DECIDABLE),
    ("open", OPEN),
)
