"""The command line: which commands there are, and how one ends.

A command's module is imported when it is asked for, never for the list of all, so that a command
costs only what it uses. A command returns its exit code, or None for 0; what is wrong with its
input it raises as `click.UsageError`, which becomes one sentence on stderr and exit code 2. Nothing
here knows what a command does.
"""

import gc
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Final, NamedTuple

import click

from h2proof.sim.naming import no_such

USAGE: Final = 2
"""The exit code of a usage error, and of an input that cannot be read."""
_INTERRUPTED: Final = 130
_OBJECTS_BETWEEN_COLLECTIONS: Final = 50_000
"""Commands make many objects and few cycles: looking for these at 700 costs a tenth of the time."""


class Command(NamedTuple):
    """Where a command is defined (as `command`), and what it does, in one sentence."""

    module: str
    sentence: str


COMMANDS: Final[Mapping[str, Command]] = {
    "prove": Command("h2proof.properties.command.prove", "Show what handlers keep or misuse."),
    "fuzz": Command("h2proof.properties.command.fuzz", "Try a target with all that may happen."),
    "run": Command("h2proof.properties.command.run", "Play one scenario: ladder and ledger."),
    "replay": Command("h2proof.properties.command.replay", "Say whether cases still fail."),
    "check": Command("h2proof.properties.command.check", "Judge captures, logs and traces."),
    "export": Command(
        "h2proof.properties.command.export", "Write a capture or trace in another form."
    ),
    "explain": Command("h2proof.properties.command.explain", "Tell why something is a finding."),
    "rules": Command("h2proof.properties.command.rules", "List the rules and what they answer."),
}


class _Commands(click.Group):
    """The table as a click group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = COMMANDS.get(cmd_name)
        if row is None:
            return None
        command = import_module(row.module).command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, row.sentence) for name, row in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(no_such("command", args[0], COMMANDS))
        return super().resolve_command(ctx, args)


@click.command(cls=_Commands, epilog="`h2proof COMMAND --help` shows examples of each.")
@click.version_option(package_name="h2proof", prog_name="h2proof")
def _h2proof() -> None:
    """A frame-level HTTP/2 simulator and test oracle."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (by default that of the process) and give its exit code."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        return _run(arguments)
    finally:
        gc.set_threshold(*before)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        result = _h2proof.main(
            None if arguments is None else list(arguments),
            prog_name="h2proof",
            standalone_mode=False,
        )
        _flush()
    except click.ClickException as error:
        return _refused(error)
    except click.Abort:
        click.echo("h2proof: interrupted", err=True)
        return _INTERRUPTED
    except BrokenPipeError:  # who reads our output has seen enough
        _forget_stdout()
        return 0
    return result if isinstance(result, int) else 0


def _refused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        click.echo(error.format_message(), err=True)
        return USAGE
    where = context.command_path if context is not None else "h2proof"
    sentence = " ".join(error.format_message().split())
    click.echo(f"{where}: {sentence}", err=True)
    with suppress(click.UsageError):  # what could not be written is not tried again at the end
        _flush()
    return USAGE


def _flush() -> None:
    """Write out what is left; UsageError if the system refuses it."""
    if sys.stdout is None:  # closed by whoever started us
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _forget_stdout()
        raise click.UsageError(f"the result: cannot be written: {error.strerror}") from None


def _forget_stdout() -> None:
    """Let the interpreter flush into nothing when it ends."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
