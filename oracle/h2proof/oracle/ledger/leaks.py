"""Survivors → findings: one for each kind and way of being held, with what it is held by."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.found import found, shape, since_frame
from h2proof.oracle.ledger.accounts import Survivor
from h2proof.oracle.ledger.folding import Fold
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import NoteEvent, Resource, Trace

LEAK: Final = "leak"

SENTENCES: Final = {LEAK: "When all is quiet, nothing is held that nobody needs any more."}
"""The truth behind the rule name of this file."""


def findings(trace: Trace, survivors: tuple[Survivor, ...], fold: Fold) -> Iterator[Finding]:
    """One for each kind and shape of chain; what hangs on another survivor stands under that."""
    groups: dict[tuple[str, str], list[Survivor]] = {}
    told: set[Resource] = set()
    for each in survivors:
        if each.standing == "leak" and each.life.resource not in told:
            told.add(each.life.resource)
            groups.setdefault((each.life.resource.kind, shape(each.chain)), []).append(each)
    firsts = [group[0] for group in groups.values()]
    under: dict[int, list[Finding]] = {}
    main: list[list[Survivor]] = []
    for group in groups.values():
        cause = _cause(group[0], firsts)
        if cause is None:
            main.append(group)
        else:
            under.setdefault(id(cause), []).append(_leak(trace, group, fold, ()))
    for group in main:
        yield _leak(trace, group, fold, tuple(under.get(id(group[0]), ())))


def _cause(survivor: Survivor, firsts: list[Survivor]) -> Survivor | None:
    """The survivor whose chain is a true end of this one's, the shortest: it holds this one too."""
    causes = [
        each
        for each in firsts
        if each.chain
        and len(each.chain) < len(survivor.chain)
        and survivor.chain[-len(each.chain) :] == each.chain
    ]
    return min(causes, key=lambda each: len(each.chain), default=None)


def _leak(
    trace: Trace, group: list[Survivor], fold: Fold, consequences: tuple[Finding, ...]
) -> Finding:
    first = group[0]
    return found(
        LEAK,
        trace,
        first.held,
        _message(trace, group),
        _facts(trace, group, fold),
        resource=first.life.resource,
        holder=first.chain,
        stream=first.life.stream,
        like=shape(first.chain),
        consequences=consequences,
    )


def _message(trace: Trace, group: list[Survivor]) -> str:
    kind = group[0].life.resource.kind
    count = len(group)
    if kind.endswith("s"):
        many = f"{kind} are"
    else:
        many = f"a {kind} is" if count == 1 else f"{count} {kind}s are"
    when = "all is quiet" if _note(trace, group[0].moment) == "quiet" else "nothing moves any more"
    chain = group[0].chain
    holder = chain[0] if chain else "nobody that the object graph shows"
    if len(chain) > 1:
        holder = f"{holder}, and in the end by {chain[-1]}"
    return f"{many} still live when {when}, held by {holder}"


def _facts(trace: Trace, group: list[Survivor], fold: Fold) -> Iterator[Because]:
    first = group[0]
    life = first.life
    since = since_frame(trace, life.since)
    if since is not None:
        yield since
    whose = f" for stream {life.stream}" if life.stream else ""
    octets = f" of {life.size} modelled octets" if life.size else ""
    yield Because(f"{life.resource}{octets} was acquired{whose}", life.acquired)
    note = fold.returned.get((life.connection, life.stream))
    if note is not None and life.stream:
        text = _note(trace, note)
        yield Because(f"the handler of stream {life.stream} has ended: {text}", note)
    if len(group) > 1:
        yield Because(f"{len(group) - 1} more were held in the same way", group[1].held)
    yield Because(f"then: {_note(trace, first.moment)}", first.moment)
    if first.chain:
        yield Because(f"it is held by {', by '.join(first.chain)}", first.held)
    else:
        yield Because("no object holds it, and nobody gave it back", first.held)


def _note(trace: Trace, event: int) -> str:
    note = trace[event]
    assert isinstance(note, NoteEvent)
    return note.text
