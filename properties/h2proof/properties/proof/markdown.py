"""A proof in Markdown: tables where the page has columns, everything else as on the page."""

from collections.abc import Iterator

from h2proof.properties.proof.page import replay, told, wrappers_of
from h2proof.properties.proof.proof import Proof, Shown, Subject
from h2proof.properties.proof.quoted import SOURCE


def render(proof: Proof) -> str:
    """The proof as GitHub-flavoured Markdown."""
    parts = (
        _head(proof),
        _numbers(proof),
        _matrix(proof),
        _lifecycle(proof),
        _findings(proof),
        _bounds(proof),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def row(*cells: object) -> str:
    """One row of a table; what would end a cell is escaped."""
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _head(proof: Proof) -> Iterator[str]:
    yield f"# Proof: {', '.join(each.model.name for each in proof.subjects)}"
    yield ""
    yield f"**Claim:** {proof.claim}."
    yield ""
    yield row("handler", "verdict", "rests on", "source")
    yield row(*["---"] * 4)
    for each in proof.subjects:
        rules = ", ".join(sorted({told(shown.rule) for shown in proof.against(each)}))
        verdict = f"**broken**: {rules}" if rules else "holds"
        yield row(f"`{each.model.name}`", verdict, each.model.rests_on, each.model.source)
    server = proof.server
    yield row(f"server `{server.name}`", server.sentence, server.rests_on, server.source)


def _numbers(proof: Proof) -> Iterator[str]:
    yield "\n## Wrappers\n"
    names = ("acquired", "released", "peak", "live at quiet", "in pool at quiet", "octet-seconds")
    yield row("handler", *names)
    yield row("---", *["---:"] * len(names))
    for each in proof.subjects:
        account, pooled = wrappers_of(each)
        if account is not None:
            yield row(
                f"`{each.model.name}`",
                account.acquired,
                account.released,
                account.peak,
                account.at_quiet,
                pooled.at_quiet if pooled else 0,
                account.octet_seconds,
            )
    yield "\nWhile a client stalls:\n"
    yield row("handler", "which is", "wrappers live", "octet-seconds")
    yield row("---", "---", "---:", "---:")
    for stall in proof.stalls:
        yield row(f"`{stall.subject}`", stall.what, stall.live, stall.octet_seconds)
    yield "\nWhat is kept at quiet:\n"
    yield row("handler", "kind", "by", "law")
    yield row(*["---"] * 4)
    for each_growth in proof.growth:
        if any(value for _, value in each_growth.values):
            name = f"`{each_growth.subject}`"
            yield row(name, each_growth.kind, each_growth.axis, each_growth.law)
    yield "\nObjects of the model for each request of a polite client; at the right what the"
    yield f"discussion says of the real code ({SOURCE}):\n"
    yield row("handler", "objects", "quoted")
    yield row(*["---"] * 3)
    for each in proof.subjects:
        counts = ", ".join(f"{count:g} {kind}" for kind, count in each.per_request.items())
        yield row(f"`{each.model.name}`", counts, each.quoted or "")


def _matrix(proof: Proof) -> Iterator[str]:
    yield "\n## Behaviours\n"
    yield row("behaviour", "runs", *(f"`{each.model.name}`" for each in proof.subjects))
    yield row("---", "---:", *["---"] * len(proof.subjects))
    for place, cell in enumerate(proof.subjects[0].cells):
        found = [_cell(each, place) for each in proof.subjects]
        yield row(cell.behaviour, cell.runs, *found)


def _cell(subject: Subject, place: int) -> str:
    broken = subject.cells[place].broken
    return ", ".join(f"{told(rule)} ({count})" for rule, count in broken.items()) or "."


def _lifecycle(proof: Proof) -> Iterator[str]:
    yield "\n## Lifecycle invariants\n"
    yield row("invariant", "broken by", "probe", "what happens")
    yield row(*["---"] * 4)
    for broken in proof.lifecycle:
        name = f"{broken.invariant} (advice)" if broken.advice else broken.invariant
        yield row(name, f"`{broken.subject}`", broken.probe, broken.message)


def _findings(proof: Proof) -> Iterator[str]:
    for subject in proof.subjects:
        for shown in subject.shown:
            yield from _finding(subject, shown)


def _finding(subject: Subject, shown: Shown) -> Iterator[str]:
    yield f"\n## {subject.model.name}: {told(shown.rule)}\n"
    yield f"{shown.message}. Found in {shown.runs} runs; smallest: {shown.frames} frames.\n"
    yield "```text"
    yield shown.ladder.rstrip("\n")
    yield "```\n"
    yield from (f"- because {fact}" for fact in shown.because)
    if shown.holders:
        yield f"- held by {' < '.join(shown.holders)}"
    yield "\n```sh"
    command, *rows = replay(shown)
    yield command.removeprefix("replay    ")
    yield from rows
    yield "```"


def _bounds(proof: Proof) -> Iterator[str]:
    yield "\n## What was tried, and what was not\n"
    yield f"- {len(proof.behaviours)} behaviours in {proof.variants} variants; {proof.clients}"
    yield f"- schedules: first in, first out, and {proof.seeds} random from seed {proof.seed}"
    yield from (f"- `{each.model.name}`: {each.explored.sentence}" for each in proof.subjects)
    yield from (f"- not tried: {text}" for text in proof.not_tried)
