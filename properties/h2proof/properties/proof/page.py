"""A proof as one page of text, 80 columns wide: what a reviewer reads, pastes and plays again."""

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from h2proof.properties.proof import lifecycle
from h2proof.properties.proof.proof import (
    WRAPPER_KINDS,
    Account,
    Growth,
    Proof,
    Shown,
    Stall,
    Subject,
)
from h2proof.properties.proof.quoted import SOURCE
from h2proof.sim.clients import CLIENTS

WIDTH: Final = 80
COLUMNS: Final = 4
"""Subjects side by side; more of them go into further tables."""
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WRAPPERS: Final = ("wrapper", "pooled wrapper")
LADDER_LINES_MAX: Final = 34


def render(proof: Proof, drawn: Callable[[Shown], Iterable[str]] | None = None) -> str:
    """The page; `drawn` gives the lines that stand where a case's ladder is to be seen."""
    ladder = ladder_of if drawn is None else drawn
    parts = (
        _head(proof),
        _verdicts(proof),
        _models(proof),
        _numbers(proof),
        _matrix(proof),
        _lifecycle(proof),
        _findings(proof, ladder),
        _bounds(proof),
    )
    return "\n".join(line.rstrip() for part in parts for line in part) + "\n"


def _title(text: str) -> list[str]:
    return ["", text, "-" * len(text)]


def _filled(lead: str, text: str, indent: int = 11) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=lead.ljust(indent),
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )


def _head(proof: Proof) -> list[str]:
    names = ", ".join(each.model.name for each in proof.subjects)
    title = f"Proof: {names}"
    lines = wrap(title, WIDTH)
    return [*lines, "=" * max(map(len, lines)), "", *_filled("claim", proof.claim)]


# --- verdicts -------------------------------------------------------------------------------------


def _verdicts(proof: Proof) -> Iterator[str]:
    yield ""
    width = max(len(each.model.name) for each in proof.subjects)
    for each in proof.subjects:
        yield from _filled(f"  {each.model.name.ljust(width)}", _verdict(proof, each), width + 4)
    for shown in proof.subjects[0].shown:
        if shown.fingerprint in proof.servers:
            text = f"its own: {told(shown.rule)}, with every handler"
            yield from _filled(f"  {proof.server.name.ljust(width)}", text, width + 4)


def _verdict(proof: Proof, subject: Subject) -> str:
    scope = f"in {subject.runs} runs and {subject.faults} with a failing call"
    if proof.holds(subject):
        return f"holds   nothing found {scope}"
    rules = sorted({each.rule for each in proof.against(subject)})
    return f"BROKEN  {', '.join(told(rule) for rule in rules)}; {scope}"


def told(rule: str) -> str:
    """A rule's name as words."""
    return rule.replace("_", " ")


def _models(proof: Proof) -> Iterator[str]:
    yield from _title("What the verdicts rest on")
    for model in (*(each.model for each in proof.subjects), proof.server):
        yield from _filled(
            f"  {model.name}",
            f"{model.sentence}. {model.rests_on.capitalize()}: {model.source}",
            18,
        )


# --- numbers --------------------------------------------------------------------------------------


def _numbers(proof: Proof) -> Iterator[str]:
    yield from _title("Wrappers, over all runs (live and peak: the most of one run)")
    if any(subject.account(WRAPPERS[0]) is None for subject in proof.subjects):
        yield "  (of a handler that makes none: the response writers it is given)"
    names = [each.model.name for each in proof.subjects]
    width = max(16, *(len(name) for name in names))
    yield (
        f"  {'':{width}}{'acquired':>9}{'released':>9}{'peak':>7}{'live at':>9}"
        f"{'in pool':>9}{'octet-':>12}"
    )
    yield f"  {'':{width}}{'':9}{'':9}{'':7}{'quiet':>9}{'at quiet':>9}{'seconds':>12}"
    for subject in proof.subjects:
        yield _wrapper_row(subject, width)
    yield from _title("While a client stalls: wrappers that are live, octet-seconds they cost")
    whats = list(dict.fromkeys(stall.what for stall in proof.stalls))
    yield f"  {'handler':{width}}" + "".join(f"{what:>26}" for what in whats)
    for name in names:
        cells = [_stall(proof.stalls, name, what) for what in whats]
        yield f"  {name:{width}}" + "".join(f"{cell:>26}" for cell in cells)
    yield from _growing(proof)
    yield from _allocated(proof)


def _wrapper_row(subject: Subject, width: int) -> str:
    account, pooled = wrappers_of(subject)
    if account is None:
        return f"  {subject.model.name:{width}}{'no wrapper was made':>28}"
    return (
        f"  {subject.model.name:{width}}{account.acquired:>9}{account.released:>9}"
        f"{account.peak:>7}{account.at_quiet:>9}{pooled.at_quiet if pooled else 0:>9}"
        f"{account.octet_seconds:>12.1f}"
    )


def wrappers_of(subject: Subject) -> tuple[Account | None, Account | None]:
    """What stands between handler and stream, and what of it waits in a pool."""
    made = (subject.account(kind) for kind in WRAPPER_KINDS)
    return next((each for each in made if each is not None), None), subject.account(WRAPPERS[1])


def _stall(stalls: Sequence[Stall], name: str, what: str) -> str:
    for stall in stalls:
        if (stall.subject, stall.what) == (name, what):
            return f"{stall.live} live, {stall.octet_seconds:.1f}"
    return "-"


def _growing(proof: Proof) -> Iterator[str]:
    yield from _title("What is kept at quiet, one axis at a time, doubled from 1 to 32")
    same: dict[tuple[str, str], list[str]] = {}
    for (subject, kind), rows in _by_kind(proof.growth).items():
        if any(value for row in rows for _, value in row.values):
            same.setdefault((kind, laws_of(rows)), []).append(subject)
    for (kind, laws), subjects in same.items():
        who = "all" if len(subjects) == len(proof.subjects) else ", ".join(subjects)
        yield from _filled(f"  {kind}", f"{laws} ({who})", 24)
    yield "  everything else: constant (0)"


def _by_kind(growth: Sequence[Growth]) -> dict[tuple[str, str], list[Growth]]:
    rows: dict[tuple[str, str], list[Growth]] = {}
    for row in growth:
        rows.setdefault((row.subject, row.kind), []).append(row)
    return rows


def laws_of(rows: Sequence[Growth]) -> str:
    """The laws of one kind: each with its axes, those along which it grows first."""
    axes: dict[tuple[bool, str], list[str]] = {}
    for row in rows:
        who = "driven by the peer: " if row.drives and row.chosen_by == "peer" else ""
        axes.setdefault((not row.drives, who + row.law), []).append(row.axis)
    return "; ".join(f"{law} by {', '.join(axes[rank, law])}" for rank, law in sorted(axes))


def _allocated(proof: Proof) -> Iterator[str]:
    """Objects of the models for each request; what somebody else measured stands beside it."""
    yield from _title("Objects of the model for each request of a polite client")
    alike, *others = (set(each.per_request.items()) for each in proof.subjects)
    shared = alike.intersection(*others)
    yield from _filled("  all", _counts(sorted(shared)), 18)
    for subject in proof.subjects:
        own = _counts(each for each in subject.per_request.items() if each not in shared)
        if own:
            yield from _filled(f"  {subject.model.name}", own, 18)
    quoted = [each for each in proof.subjects if each.quoted is not None]
    if quoted:
        yield from _filled("  quoted", f"{SOURCE}:", 18)
        for subject in quoted:
            yield from _filled("", f"{subject.model.name}: {subject.quoted}", 18)


def _counts(counts: Iterable[tuple[str, float]]) -> str:
    return ", ".join(f"{count:g} {kind}" for kind, count in counts)


# --- matrix ---------------------------------------------------------------------------------------


def _matrix(proof: Proof) -> Iterator[str]:
    rules = sorted({rule for each in proof.subjects for c in each.cells for rule in c.broken})
    letter = dict(zip(rules, LETTERS, strict=False))
    yield from _title("Behaviours: what each client brought out, in how many of its runs")
    for start in range(0, len(proof.subjects), COLUMNS):
        yield from _table(proof.subjects[start : start + COLUMNS], letter)
    meaning = ", ".join(f"{mark} {told(rule)}" for rule, mark in letter.items())
    yield from _filled("  .", f"nothing found{'; ' + meaning if meaning else ''}", 6)


def _table(subjects: Sequence[Subject], letter: dict[str, str]) -> Iterator[str]:
    yield f"{'':20}{'runs':>4}" + "".join(f"{each.model.name:>14.13}" for each in subjects)
    for place, cell in enumerate(subjects[0].cells):
        marks = [
            "".join(f"{letter[rule]}{count}" for rule, count in each.cells[place].broken.items())
            for each in subjects
        ]
        row = "".join(f"{mark or '.':>14}" for mark in marks)
        yield f"{cell.behaviour:20}{cell.runs:>4}{row}"


# --- invariants -----------------------------------------------------------------------------------


def _lifecycle(proof: Proof) -> Iterator[str]:
    yield from _title("Lifecycle invariants: who breaks which, and the probe that shows it")
    yield from lifecycle.render(proof.lifecycle, len(proof.subjects))


# --- findings -------------------------------------------------------------------------------------


def _findings(proof: Proof, ladder: Callable[[Shown], Iterable[str]]) -> Iterator[str]:
    """Each fingerprint once, by the first handler that shows it."""
    where: dict[str, list[tuple[Subject, Shown]]] = {}
    for subject in proof.subjects:
        for shown in subject.shown:
            where.setdefault(shown.fingerprint, []).append((subject, shown))
    for number, (fingerprint, shows) in enumerate(where.items(), 1):
        names = [subject.model.name for subject, _ in shows]
        whose = f"server {proof.server.name}" if fingerprint in proof.servers else ", ".join(names)
        yield from _finding(f"{number}. {whose}", shows, ladder)


def ladder_of(shown: Shown) -> list[str]:
    """The rows of the case's ladder, not too many."""
    return shortened(shown.ladder.splitlines())


def _finding(
    whose: str,
    shows: Sequence[tuple[Subject, Shown]],
    ladder: Callable[[Shown], Iterable[str]],
) -> Iterator[str]:
    subject, shown = shows[0]
    yield from _title(f"{whose}: {told(shown.rule)}")
    yield from wrap(f"{shown.message[:1].upper()}{shown.message[1:]}.", WIDTH)
    runs = ", ".join(f"{each.runs} of {who.runs + who.faults}" for who, each in shows)
    yield from wrap(
        f"Found in {runs} runs. The smallest sequence with {subject.model.name}: {shown.frames}"
        " frames besides the handshakes; leave out any step of it, and it is gone.",
        WIDTH,
    )
    yield ""
    yield from ladder(shown)
    yield ""
    for fact in shown.because:
        yield from _filled("because", fact, 10)
    if shown.holders:
        yield from _filled("held by", " < ".join(shown.holders), 10)
    if shown.requirements:
        yield from _filled("against", ", ".join(shown.requirements[:6]), 10)
    yield from replay(shown)


def shortened(rows: Sequence[str], most: int = LADDER_LINES_MAX) -> list[str]:
    """The rows, without those in the middle where there are too many."""
    if len(rows) <= most:
        return list(rows)
    tail = most - most // 2
    head = most - tail - 1
    return [*rows[:head], f"  ... {len(rows) - head - tail} rows more ...", *rows[-tail:]]


def replay(shown: Shown) -> list[str]:
    """A command that plays the case again; it can be pasted into a shell."""
    told_above = ("rule", "message")
    data = {key: each for key, each in shown.case.data().items() if key not in told_above}
    rows = packed(json.dumps(data, indent=1).splitlines())
    return ["replay    h2proof replay - <<'CASE'", *rows, "CASE"]


def packed(tokens: Iterable[str], width: int = WIDTH) -> list[str]:
    """JSON in rows that break between its tokens only."""
    rows = [""]
    for token in (each.strip() for each in tokens):
        if rows[-1] and len(rows[-1]) + len(token) > width:
            rows.append("")
        rows[-1] += token
    return rows


# --- bounds ---------------------------------------------------------------------------------------


def _bounds(proof: Proof) -> Iterator[str]:
    yield from _title("What was tried, and what was not")
    seeds = f"seeds {proof.seed} to {proof.seed + proof.seeds - 1}" if proof.seeds else "no seeds"
    yield from _filled(
        "  clients",
        f"{len(proof.behaviours)} behaviours in {proof.variants} variants, {proof.clients}; each"
        f" first in, first out, each behaviour in random order too ({seeds})",
        13,
    )
    faults = sum(each.faults for each in proof.subjects)
    yield from _filled(
        "  faults",
        f"the n-th push, write, header and flush raises, blocks or is cancelled, for every n"
        f" ({faults} runs)",
        13,
    )
    for each in proof.subjects:
        yield from _filled("  schedules", f"{each.model.name}: {each.explored.sentence}", 13)
    frames = sum(each.frames for each in proof.subjects)
    steps = sum(each.steps for each in proof.subjects)
    unquiet = sum(each.never_quiet for each in proof.subjects)
    yield from _filled(
        "  cost",
        f"{frames} frames, {steps} steps; {unquiet} runs did not come to rest within their bound",
        13,
    )
    for text in proof.not_tried:
        yield from _filled("  not tried", text, 13)
    yield from _filled("  again", _command(proof), 13)


def _command(proof: Proof) -> str:
    names = list(dict.fromkeys(each.model.name.removesuffix("-kept") for each in proof.subjects))
    first, *others = (shlex.quote(name) for name in names)
    words = [f"h2proof prove {first}", *(f"--against {name}" for name in others)]
    if proof.behaviours != tuple(CLIENTS):
        words += [f"--behaviour {name}" for name in proof.behaviours]
    if proof.server.name != "go":
        words.append(f"--server {shlex.quote(proof.server.name)}")
    if proof.subjects[0].explored.deviations_max is None:
        words.append("--exhaustive")
    return " ".join((*words, f"--seed {proof.seed} --seeds {proof.seeds}"))
