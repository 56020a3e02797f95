"""`h2proof check`: who broke the protocol in these captures, logs or traces?

Reads each input, judges each connection, and hands the results to a report. What a verdict means
for the exit code is decided here, and nothing else about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from h2proof.oracle import importers
from h2proof.oracle.importers import Account, CannotRead, Imported, Options
from h2proof.oracle.reports import REPORTS, render
from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.reports.counts import count
from h2proof.oracle.verdict import Verdict
from h2proof.properties.command.options import (
    colourful,
    emit,
    examples,
    format_option,
    output_option,
    rule_options,
    strict_option,
    workers,
    workers_option,
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How each input is to be read and judged."""

    options: Options
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    stream: int | None = None
    known: frozenset[str] = frozenset()
    """Fingerprints of findings that the baseline holds."""


@click.command(
    epilog=examples(
        "h2proof check capture.pcapng",
        "tcpdump -i lo -w - port 8080 | h2proof check -",
        "h2proof check --keylog keys.txt tls.pcap --format json",
        "h2proof check *.pcapng -j 0 --format markdown -o findings.md",
        "h2proof check new.pcapng --baseline findings.json",
    )
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@format_option(*REPORTS)
@output_option
@click.option(
    "--keylog",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="TLS secrets in the NSS format (else: those in the capture, then SSLKEYLOGFILE).",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Only connections with this port.")
@click.option(
    "--connection",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only the connection of this number (Wireshark's tcp.stream).",
)
@click.option(
    "--stream",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only findings on this stream (0: the connection).",
)
@rule_options
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Leave out what this earlier JSON report holds (compared by fingerprint).",
)
@strict_option
@workers_option
def command(
    files: tuple[str, ...],
    form: str,
    output: Path | None,
    keylog: Path | None,
    port: int | None,
    connection: int | None,
    stream: int | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    strict: bool,
    workers: int,
) -> int:
    """Judge captures (pcapng, pcap), logs and traces; FILE - is stdin.

    Exit code: 2 if an input could not, or not wholly, be read; else 1 if there is a violation; else
    0. What cannot be known is reported and never changes the exit code.
    """
    wishes = Wishes(
        Options(keylog, port, connection), select, ignore, stream, _fingerprints(baseline)
    )
    _refuse_unknown_rules(select + ignore)
    checked = list(_checked(files, wishes, workers))
    emit(render(form, checked, colour=output is None and colourful()), output)
    for each in checked:
        if each.error is not None:
            click.echo(f"h2proof check: {each.error}", err=True)
    return exit_code(checked, strict=strict)


def exit_code(files: Sequence[Checked], *, strict: bool = False) -> int:
    """2 if an input could not be read, else 1 if something is wrong, else 0."""
    if any(each.error is not None for each in files):
        return 2
    if strict:
        return int(any(one.findings for each in files for one in each.connections))
    return int(any(each.violations for each in files))


# -- one input after the other, or several at a time --


def _checked(files: Sequence[str], wishes: Wishes, count: int) -> Iterator[Checked]:
    from h2proof.properties.command.progress import progress

    count = min(workers(count), len(files))
    if count == 1:
        with progress(files) as watch:
            for name in files:
                yield check(name, wishes, watch(name))
        return
    from concurrent.futures import ProcessPoolExecutor  # one input does without

    with ProcessPoolExecutor(count) as pool:
        yield from pool.map(partial(check, wishes=wishes), files)


def check(name: str, wishes: Wishes, account: Account | None = None) -> Checked:
    """Read and judge one input; whatever is wrong with it becomes its `error`."""
    account = Account() if account is None else account
    connections: list[CheckedConnection] = []
    error, locked = None, ""
    try:
        for imported in importers.read(name, wishes.options, account):
            locked = locked or imported.locked
            connections += _judged(imported, wishes)
    except CannotRead as trouble:
        error = str(trouble)
    connections.sort(key=lambda one: one.number)
    if error is None and account.damage:
        error = f"{name}: {account.damage[0]}"
    if error is None and locked and not any(one.counts.frames for one in connections):
        error = f"{name}: {locked}"
    skipped = tuple(sorted(account.skipped.items()))
    return Checked(name, error, tuple(connections), account.form, account.packets, skipped)


def _judged(imported: Imported, wishes: Wishes) -> Iterator[CheckedConnection]:
    verdict = _verdict(imported, wishes)
    trace = imported.trace
    for place, (info, counts) in enumerate(zip(trace.connections, count(trace), strict=True)):
        part = verdict.of_connection(place)
        yield CheckedConnection(
            imported.number + place,
            info.client,
            info.server,
            info.transport,
            imported.complete,
            counts,
            tuple(each for each in part.findings if _wanted(each.fingerprint, each.stream, wishes)),
            tuple(each for each in part.unknowns if wishes.stream in (None, each.stream)),
            tuple(str(gap) for gap in imported.gaps),
            imported.alpn,
            imported.title,
        )


def _wanted(fingerprint: str, stream: int, wishes: Wishes) -> bool:
    return wishes.stream in (None, stream) and fingerprint not in wishes.known


def _verdict(imported: Imported, wishes: Wishes) -> Verdict:
    from h2proof.oracle import judge

    return judge(imported.trace, select=wishes.select, ignore=wishes.ignore)


# -- what the options name --


def _refuse_unknown_rules(names: Sequence[str]) -> None:
    if not names:
        return
    from h2proof.oracle.rules import RULES

    for name in names:
        if name not in RULES:
            raise click.UsageError(f"there is no rule {name!r}; `h2proof rules` lists them")


def _fingerprints(baseline: Path | None) -> frozenset[str]:
    """The fingerprints of an earlier report."""
    if baseline is None:
        return frozenset()
    from h2proof.oracle import baseline as baselines  # most checks have none

    try:
        return frozenset(baselines.read(baseline.read_text(encoding="utf-8")).fingerprints)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{baseline}: {error}") from None
