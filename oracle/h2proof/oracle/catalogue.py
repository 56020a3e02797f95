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
from typing import Final, Literal

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
            return Answer(requirement, how, (), table[id_])
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

_INSIDE = "what {} is inside the endpoint: obeyed or not, the same frames follow"
_NEXT_HOP = "{}: the message as it was received is on another connection, and what is forwarded "
_NEXT_HOP += "looks the same as a message of the sender's own"

NOT_DECIDABLE: Final[Mapping[str, str]] = {
    "RFC7541-2.1-01": "the list that the encoder was given is not on the wire: path before method "
    "may be just what was asked for",
    "RFC7541-2.1-02": _INSIDE.format("order a decoder hands its list on in"),
    "RFC7541-6.2.3-01": _NEXT_HOP.format("only an intermediary must keep the representation"),
    "RFC7541-6.2.3-02": "the same name and value may belong to two origins behind one sender, of "
    "which one asked for never-indexed and the other did not",
    "RFC7541-6.2.3-03": _NEXT_HOP.format("only a field received so must be sent so"),
    "RFC7541-7.1.3-01": _NEXT_HOP.format("only a field received never-indexed is meant"),
    "RFC7541-7.1.3-02": _NEXT_HOP.format("only a field received never-indexed is meant"),
    "RFC7838-4-02": _INSIDE.format("origin a client files an alternative under"),
    "RFC7838-4-03": _INSIDE.format("a client stores"),
    "RFC7838-4-08": _NEXT_HOP.format("an intermediary may send an ALTSVC of its own"),
    "RFC7838-4-09": _INSIDE.format("a client stores"),
    "RFC7838-6-03": _INSIDE.format("a client stores"),
    "RFC8297-2-01": _INSIDE.format("fields a client hands on with the final response"),
    "RFC8336-2.2-06": _NEXT_HOP.format("an intermediary may send an ORIGIN of its own"),
    "RFC8336-2.2-08": _INSIDE.format("a client takes an entry for"),
    "RFC9113-4.3-06": "whether a block was decoded shows only if the connection goes on and a later "
    "block builds on it: until then a decoder that skips it sends the same frames",
    "RFC9113-5-01": _INSIDE.format("order frames are processed in")
    + ", for answers to frames of different kinds may overtake each other",
    "RFC9113-5.1-23": "credit not returned yet and credit never to be returned look the same, and "
    "a receiver may keep its window as small as it likes (5.2.1)",
    "RFC9113-6.8-14": "credit not returned yet and credit never to be returned look the same",
    "RFC9113-6.9-08": "credit not returned yet and credit never to be returned look the same",
    "RFC9113-8.1-05": "a message that is not ended yet and one that never will be look the same; "
    "and a connection may end at any time",
    "RFC9113-8.1-13": _INSIDE.format("a client does with a response"),
    "RFC9113-8.1.1-04": _NEXT_HOP.format("only an intermediary is meant"),
    "RFC9113-8.2.1-08": _NEXT_HOP.format("only an intermediary is meant"),
    "RFC9113-8.3.1-01": _INSIDE.format("a server routes by"),
    "RFC9113-8.3.1-02": "only a request that was born as HTTP/2 is meant; one that was translated "
    "from HTTP/1.1 looks the same",
    "RFC9113-8.3.1-06": _INSIDE.format("a server compares"),
    "RFC9113-8.3.1-07": _NEXT_HOP.format("only an intermediary is meant"),
    "RFC9113-8.3.1-08": _NEXT_HOP.format("only an intermediary is meant"),
    "RFC9113-8.4-06": "for which names a server is authoritative is in its certificate and in DNS, "
    "not in the frames",
    "RFC9113-8.4-07": "for which names a server is authoritative is in its certificate and in DNS, "
    "not in the frames",
    "RFC9113-8.5-07": "a tunnel that is not closed yet and one that never will be look the same",
    "RFC9113-8.5-08": "the TCP connection behind the proxy is not in the trace",
    "RFC9113-8.7-01": _INSIDE.format("a client believes of an unanswered request"),
    "RFC9113-8.7-02": _INSIDE.format("a client believes of a refused request"),
    "RFC9113-10.3-01": _NEXT_HOP.format("only a translating intermediary is meant"),
    "RFC9113-10.3-02": _NEXT_HOP.format("only a forwarding intermediary is meant"),
    "RFC9218-2.1.1-01": "before the server's SETTINGS have arrived a client may have nothing to "
    "say about priorities; silence and neglect look the same",
    "RFC9218-7-01": _INSIDE.format("a server schedules by"),
}
"""Two traces look the same, of which one obeys and one does not; the reason says which."""

OPEN: Final[Mapping[str, str]] = {}
"""What could be judged and is not yet, with what is missing."""

_TABLES: Final[tuple[tuple[How, Mapping[str, str]], ...]] = (
    ("by construction", BY_CONSTRUCTION),
    ("freedom", FREEDOMS),
    ("not decidable", NOT_DECIDABLE),
    ("open", OPEN),
)
