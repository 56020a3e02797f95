"""`h2proof rules`: the table of rules, and how each requirement of the inventory is answered."""

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import click

from h2proof.oracle.catalogue import HOWS, Answer, RuleRow, answers, counts, rules
from h2proof.properties.command.options import (
    RULES_LISTED,
    emit,
    examples,
    format_option,
    output_option,
)
from h2proof.sim.naming import no_such

_WIDTH: Final = 80


@click.command(
    epilog=examples(
        "h2proof rules",
        "h2proof rules promise_while_push_is_off",
        "h2proof rules --coverage",
        "h2proof rules --coverage --format json -o coverage.json",
    )
)
@click.argument("names", nargs=-1, metavar="[RULE]...")
@click.option("--coverage", is_flag=True, help="Show how each requirement is answered, and count.")
@format_option("text", "json")
@output_option
def command(names: tuple[str, ...], coverage: bool, form: str, output: Path | None) -> None:
    """List the rules, or the answers to all requirements that the wire can show."""
    known = rules()
    for name in names:
        if name not in known:
            raise click.UsageError(no_such("rule", name, known, RULES_LISTED))
    if names and coverage:
        raise click.UsageError("--coverage is about all rules; leave the names out")
    chosen = [known[name] for name in names] or list(known.values())
    if form == "json":
        data = _coverage_data() if coverage else {"version": 1, "rules": _rows(chosen)}
        emit(json.dumps(data, indent=1), output)
    else:
        emit("\n".join(_coverage() if coverage else _table(chosen)), output)


def _table(chosen: list[RuleRow]) -> Iterator[str]:
    for row in chosen:
        yield f"{row.name}  ({row.level})"
        yield from _folded(row.sentence)
        if row.requirements:
            yield from _folded(", ".join(row.requirements))
    yield ""
    yield f"{len(chosen)} rule{'' if len(chosen) == 1 else 's'}"


def _folded(text: str) -> list[str]:
    return wrap(
        text, _WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
    )


def _hanging(text: str) -> list[str]:
    return wrap(text, _WIDTH, subsequent_indent="    ", break_on_hyphens=False)


def _rows(chosen: list[RuleRow]) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "level": row.level,
            "sentence": row.sentence,
            "requirements": list(row.requirements),
        }
        for row in chosen
    ]


def _coverage() -> Iterator[str]:
    """Requirement → answer, rule → requirements, and the counts."""
    yield "Requirements and their answers"
    for answer in answers().values():
        need = answer.requirement
        yield from _hanging(f"{need.id}  {need.level} {need.kind}  {_told(answer)}")
    yield ""
    yield "Rules and their requirements"
    for row in rules().values():
        clauses = ", ".join(row.requirements) or "(resources and waits: no RFC clause)"
        yield from _hanging(f"{row.name}  {clauses}")
    yield ""
    yield "Counts"
    for how, count in counts().items():
        yield f"{count:6d}  {how}"
    yield f"{len(answers()):6d}  requirements that the wire can show"


def _told(answer: Answer) -> str:
    words: list[str] = [answer.how]
    words += [", ".join(answer.rules)] if answer.rules else []
    words += [answer.reason] if answer.reason else []
    return ": ".join(words)


def _coverage_data() -> dict[str, Any]:
    return {
        "version": 1,
        "counts": {how: counts()[how] for how in HOWS},
        "requirements": [
            {
                "id": answer.requirement.id,
                "level": answer.requirement.level,
                "kind": answer.requirement.kind,
                "summary": answer.requirement.summary,
                "answer": answer.how,
                "rules": list(answer.rules),
                "reason": answer.reason,
            }
            for answer in answers().values()
        ],
        "rules": _rows(list(rules().values())),
    }
