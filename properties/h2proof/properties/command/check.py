"""`h2proof check`: who broke the protocol in these captures, logs or traces?

Options, the report, the baseline and the exit code; the work is done in `judging`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from h2proof.oracle.importers import Options
from h2proof.oracle.reports import REPORTS, render
from h2proof.oracle.reports.checked import Checked
from h2proof.properties.command.judging import Wishes, check_all
from h2proof.properties.command.options import (
    RULES_LISTED,
    colourful,
    emit,
    examples,
    format_option,
    input_options,
    output_option,
    rule_options,
    stream_option,
    strict_option,
    workers,
    workers_option,
)
from h2proof.sim.naming import no_such

if TYPE_CHECKING:
    from h2proof.oracle.baseline import Baseline


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
@input_options
@stream_option
@rule_options
@click.option(
    "--baseline",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Leave out what this earlier JSON report holds (compared by fingerprint).",
)
@strict_option
@workers_option()
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
    processes: int,
) -> int:
    """Judge captures (pcapng, pcap), logs and traces; FILE - is stdin.

    Exit code: 2 if an input could not, or not wholly, be read; else 1 if there is a violation; else
    0. What cannot be known is reported and never changes the exit code.
    """
    _refuse_unknown_rules(select + ignore)
    accepted = _baseline(baseline)
    wishes = Wishes(Options(keylog, port, connection), select, ignore, stream)
    checked = list(check_all(files, wishes, workers(processes)))
    if accepted is not None:
        checked = _without(accepted, checked)
    emit(render(form, checked, colour=output is None and colourful()), output)
    for each in checked:
        if each.error is not None:
            click.echo(f"h2proof check: {each.error}", err=True)
    return exit_code(checked, strict=strict)


def exit_code(files: Sequence[Checked], *, strict: bool = False) -> int:
    """2 if an input could not be read, else 1 if something is wrong, else 0."""
    if any(each.error is not None for each in files):
        return 2
    found = [finding for each in files for one in each.connections for finding in one.findings]
    return int(any(strict or (each.verdict, each.level) == ("violation", "MUST") for each in found))


def _refuse_unknown_rules(names: Sequence[str]) -> None:
    if not names:
        return
    from h2proof.oracle.catalogue import rules  # most checks select nothing

    for name in names:
        if name not in rules():
            raise click.UsageError(no_such("rule", name, rules(), RULES_LISTED))


def _baseline(file: Path | None) -> "Baseline | None":
    if file is None:
        return None
    from h2proof.oracle import baseline  # most checks have none

    try:
        return baseline.read(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise click.UsageError(f"{file}: {error}") from None


def _without(accepted: "Baseline", files: Sequence[Checked]) -> list[Checked]:
    """The inputs with their new findings only; what is fixed is told on stderr."""
    every = (found for each in files for one in each.connections for found in one.findings)
    for fingerprint in accepted.compare(every).fixed:
        click.echo(f"fixed, remove from the baseline: {fingerprint}", err=True)
    return [
        each._replace(
            connections=tuple(
                one._replace(findings=accepted.compare(one.findings).new)
                for one in each.connections
            ),
        )
        for each in files
    ]
