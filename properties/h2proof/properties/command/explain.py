"""`h2proof explain`: why is this a finding? The events, who knew what when, the contradiction."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from h2proof.oracle import importers, judge
from h2proof.oracle.explain import explain
from h2proof.oracle.importers import Account, CannotRead, Imported, Options
from h2proof.oracle.verdict import Finding, Unknown
from h2proof.properties.command import USAGE
from h2proof.properties.command.options import (
    emit,
    examples,
    format_option,
    input_options,
    output_option,
    stream_option,
)

TOLD_MAX: Final = 50
"""More findings than this are counted, not told, unless they are chosen."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding with its number in the input, from 1, and its text."""

    number: int
    connection: int
    title: str
    finding: Finding
    text: str


@click.command(
    epilog=examples(
        "h2proof explain capture.pcapng",
        "h2proof explain capture.pcapng --finding 2",
        "h2proof explain trace.txt --stream 1",
        "h2proof explain - --format json < trace.txt",
    )
)
@click.argument("file", metavar="FILE")
@click.option("--finding", type=click.IntRange(min=1), metavar="N", help="Only the N-th finding.")
@stream_option
@input_options
@format_option("text", "json")
@output_option
def command(
    file: str,
    finding: int | None,
    stream: int | None,
    keylog: Path | None,
    port: int | None,
    connection: int | None,
    form: str,
    output: Path | None,
) -> int:
    """Explain what the judge finds in a capture, log or trace; FILE - is stdin.

    Exit code: 2 if the input could not be read; else 1 if a violation was told; else 0.
    """
    if finding is not None and stream is not None:
        raise click.UsageError("give --finding or --stream, not both")
    examined = _Examined(finding, stream)
    damage = _examine(file, Options(keylog, port, connection, keep_data=True), examined)
    if finding is not None and not examined.told:
        raise click.UsageError(f"there is no finding {finding}; the input has {examined.count}")
    if form == "json":
        found = [_data(each) for each in examined.told]
        emit(json.dumps({"version": 1, "count": examined.count, "findings": found}), output)
    else:
        emit("\n".join(_lines(examined)), output)
    for sentence in damage:
        click.echo(f"h2proof explain: {file}: {sentence}", err=True)
    return USAGE if damage else int(examined.violations > 0)


@dataclass(slots=True)
class _Examined:
    """What was found, and of what is wanted the first `TOLD_MAX` in words."""

    finding: int | None
    stream: int | None
    count: int = 0
    wanted: int = 0
    violations: int = 0
    """Of those that are wanted."""
    told: list[_Told] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)

    def take(self, imported: Imported, finding: Finding) -> None:
        self.count += 1
        if self.finding not in (None, self.count) or self.stream not in (None, finding.stream):
            return
        self.wanted += 1
        self.violations += finding.verdict == "violation"
        if len(self.told) < TOLD_MAX:
            text = explain(finding, imported.trace)
            self.told.append(_Told(self.count, imported.number, imported.title, finding, text))


def _examine(file: str, options: Options, examined: _Examined) -> list[str]:
    """Read and judge the input; what was damaged in it, one sentence each."""
    account = Account()
    try:
        for imported in importers.read(file, options, account):
            verdict = judge(imported.trace)
            examined.unknowns += verdict.unknowns
            for each in verdict.findings:
                examined.take(imported, each)
    except CannotRead as error:
        raise click.UsageError(str(error)) from None
    return account.damage


def _lines(examined: _Examined) -> Iterator[str]:
    for each in examined.told:
        where = f", in: {each.title}" if each.title else f", connection {each.connection}"
        yield f"Finding {each.number} of {examined.count}{where}"
        yield each.text
        yield ""
    left = examined.wanted - len(examined.told)
    if left:
        yield f"... and {left} more: choose one with --finding N"
    if not examined.wanted:
        yield "No finding to explain."
    for unknown in examined.unknowns:
        yield f"Not judged: {unknown.message} ({unknown.actor}, {unknown.count} frames)"


def _data(told: _Told) -> dict[str, Any]:
    finding = told.finding
    return {
        "number": told.number,
        "connection": told.connection,
        "rule": finding.rule,
        "verdict": finding.verdict,
        "actor": finding.actor,
        "stream": finding.stream,
        "packet": finding.packet,
        "fingerprint": finding.fingerprint,
        "witnesses": list(finding.witnesses),
        "text": told.text,
    }
