"""`h2proof explain`: why is this a finding? The events, who knew what when, the contradiction."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from h2proof.oracle import importers, judge
from h2proof.oracle.explain import explain
from h2proof.oracle.importers import Account, CannotRead, Options
from h2proof.oracle.verdict import Finding, Unknown
from h2proof.properties.command.options import emit, examples, format_option, output_option


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
@click.option(
    "--stream",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only findings on this stream (0: the connection).",
)
@click.option(
    "--keylog",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="TLS secrets in the NSS format.",
)
@format_option("text", "json")
@output_option
def command(
    file: str,
    finding: int | None,
    stream: int | None,
    keylog: Path | None,
    form: str,
    output: Path | None,
) -> int:
    """Explain what the judge finds in a capture, log or trace; FILE - is stdin.

    Exit code: 2 if the input could not be read; else 1 if a violation was told; else 0.
    """
    if finding is not None and stream is not None:
        raise click.UsageError("give --finding or --stream, not both")
    told, unknowns = _examined(file, Options(keylog, keep_data=True))
    chosen = [
        each
        for each in told
        if finding in (None, each.number) and stream in (None, each.finding.stream)
    ]
    if finding is not None and not chosen:
        raise click.UsageError(f"there is no finding {finding}; the input has {len(told)}")
    if form == "json":
        emit(json.dumps({"version": 1, "findings": [_data(each) for each in chosen]}), output)
    else:
        emit(_text(chosen, len(told), unknowns), output)
    return int(any(each.finding.verdict == "violation" for each in chosen))


def _examined(file: str, options: Options) -> tuple[list[_Told], list[Unknown]]:
    told: list[_Told] = []
    unknowns: list[Unknown] = []
    account = Account()
    try:
        for imported in importers.read(file, options, account):
            verdict = judge(imported.trace)
            unknowns += verdict.unknowns
            for each in verdict.findings:
                text = explain(each, imported.trace)
                told.append(_Told(len(told) + 1, imported.number, imported.title, each, text))
    except CannotRead as error:
        raise click.UsageError(str(error)) from None
    return told, unknowns


def _text(chosen: list[_Told], all_of_them: int, unknowns: list[Unknown]) -> str:
    return "\n".join(_lines(chosen, all_of_them, unknowns))


def _lines(chosen: list[_Told], all_of_them: int, unknowns: list[Unknown]) -> Iterator[str]:
    for each in chosen:
        where = f", in: {each.title}" if each.title else f", connection {each.connection}"
        yield f"Finding {each.number} of {all_of_them}{where}"
        yield each.text
        yield ""
    if not chosen:
        yield "No finding to explain."
    for unknown in unknowns:
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
