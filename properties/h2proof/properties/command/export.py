"""`h2proof export`: a capture, log, trace or counterexample out again in another form."""

import sys
from pathlib import Path

import click

from h2proof.oracle import importers
from h2proof.oracle.exporters import EXPORTERS, Titled, export
from h2proof.oracle.importers import CannotRead, Options
from h2proof.properties.command.options import (
    emit,
    emit_octets,
    examples,
    input_options,
    output_option,
)


@click.command(
    epilog=examples(
        "h2proof export capture.pcapng --to text",
        "h2proof export case.txt --to pcapng -o case.pcapng",
        "h2proof export capture.pcapng --connection 2 --to pytest -o test_case.py",
        "h2proof export trace.json --to mermaid",
    )
)
@click.argument("file", metavar="FILE")
@click.option(
    "--to",
    "form",
    type=click.Choice(list(EXPORTERS)),
    required=True,
    help="; ".join(f"{name}: {row.sentence}" for name, row in EXPORTERS.items()) + ".",
)
@click.option(
    "--no-redact",
    is_flag=True,
    help="Keep the values of authorization, proxy-authorization, cookie and set-cookie.",
)
@input_options
@output_option
def command(
    file: str,
    form: str,
    no_redact: bool,
    keylog: Path | None,
    port: int | None,
    connection: int | None,
    output: Path | None,
) -> None:
    """Write what FILE holds (a capture, a log, a trace; - is stdin) in another form.

    Secret values are masked, with their length, in what is made to be read. JSON and pcapng carry
    the octets as they were, and so the secrets.
    """
    traces = _traces(file, Options(keylog, port, connection, keep_data=True))
    try:
        written = export(form, traces, redact=not no_redact)
    except ValueError as error:
        raise click.UsageError(f"{file}: {error}") from None
    _write(written, output)
    if EXPORTERS[form].carries_octets or no_redact:
        click.echo(
            f"h2proof export: {form} carries the octets as they were, secrets included", err=True
        )


def _traces(file: str, options: Options) -> list[Titled]:
    try:
        found = [
            Titled(each.title, each.trace)
            for each in importers.read(file, options)
            if not each.locked
        ]
    except CannotRead as error:
        raise click.UsageError(str(error)) from None
    if not found:
        raise click.UsageError(f"{file}: no HTTP/2 connection to export")
    return found


def _write(written: bytes, output: Path | None) -> None:
    try:
        text = written.decode()
    except UnicodeDecodeError:
        if output is None and sys.stdout.isatty():
            raise click.UsageError(
                "octets are no good on a terminal; name a file with -o"
            ) from None
        emit_octets(written, output)
    else:
        emit(text, output)
