"""Options that several commands share, and where a result goes.

The result goes to stdout or to the file of `-o`, all else to stderr. What an option means to a
command is the command's own matter.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

RULES_LISTED: Final = "`h2proof rules` lists them"
"""Where the names of all rules are."""


def examples(*lines: str) -> str:
    """The examples under a command's help, one a line."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def format_option(*formats: str) -> Callable[[F], F]:
    """`--format`, one of these; the first is the default."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Form of the result.",
    )


def output_option(function: F) -> F:
    """`-o FILE`: where the result goes instead of stdout."""
    return click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the result to FILE instead of stdout.",
        metavar="FILE",
    )(function)


def seed_option(function: F) -> F:
    """`--seed`: what all chance of a run comes from."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="What all chance comes from: the same seed gives the same result.",
    )(function)


def workers_option(default: int = 1) -> Callable[[F], F]:
    """`-j N`: how many processes work side by side, as `processes`; see `workers`."""
    return click.option(
        "-j",
        "--workers",
        "processes",
        type=click.IntRange(min=0, max=1024),
        default=default,
        show_default=True,
        metavar="N",
        help="Work in N processes (0: one for each processor); the result is the same.",
    )


def input_options(function: F) -> F:
    """What of an input is read: `keylog`, `port` and `connection` of the importers' Options."""
    return _applied(
        function,
        click.option(
            "--keylog",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            metavar="FILE",
            help="TLS secrets in the NSS format (besides those in the capture and in"
            " SSLKEYLOGFILE).",
        ),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            metavar="N",
            help="Only connections with this port.",
        ),
        click.option(
            "--connection",
            type=click.IntRange(min=0),
            metavar="N",
            help="Only the connection of this number (Wireshark's tcp.stream).",
        ),
    )


def stream_option(function: F) -> F:
    """`--stream N`: whose findings are told."""
    return click.option(
        "--stream",
        type=click.IntRange(min=0),
        metavar="N",
        help="Only findings on this stream (0: the connection).",
    )(function)


def _applied(function: F, *options: Callable[[F], F]) -> F:
    """These options, shown in this order by `--help`."""
    for option in reversed(options):
        function = option(function)
    return function


def rule_options(function: F) -> F:
    """`--select` and `--ignore`, repeatable: names of rules, as `select` and `ignore`."""
    for name, text in (("ignore", "Leave out these rules"), ("select", "Apply only these rules")):
        function = click.option(
            f"--{name}",
            multiple=True,
            metavar="RULE",
            callback=_separated,
            help=f"{text} (repeat, or separate by commas).",
        )(function)
    return function


def _separated(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    return tuple(name for entry in value for name in entry.replace(",", " ").split())


def strict_option(function: F) -> F:
    """`--strict`: SHOULD and advice change the exit code too."""
    return click.option("--strict", is_flag=True, help="Exit with 1 for SHOULD and advice too.")(
        function
    )


def workers(count: int) -> int:
    """The number of processes that `-j` asks for."""
    return count or os.cpu_count() or 1


def emit(text: str, output: Path | None = None) -> None:
    """Write a result to stdout, or to the file that `-o` names; UsageError if that fails.

    What the encoding cannot say (in a file's name, lone surrogates) is escaped.
    """
    if text and not text.endswith("\n"):
        text += "\n"
    if output is not None:
        emit_octets(text.encode(errors="backslashreplace"), output)
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    with _writing("the result"):
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False)


def emit_octets(octets: bytes, output: Path | None = None) -> None:
    """Write a result that is no text, to stdout or to the file that `-o` names."""
    if output is not None:
        with _writing(output):
            output.write_bytes(octets)
        return
    with _writing("the result"):
        click.echo(octets, nl=False)


@contextmanager
def _writing(where: object) -> Iterator[None]:
    """One sentence for what the system refuses; who stops reading is no error of ours."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.UsageError(f"{where}: cannot be written: {reason}") from None


def colourful(file: Any = None) -> bool:
    """Whether colours may be used: a terminal, and no NO_COLOR (https://no-color.org)."""
    file = sys.stdout if file is None else file
    return file is not None and bool(file.isatty()) and not os.environ.get("NO_COLOR")


def current_folder_importable() -> None:
    """Let `package.module:callable` name what lies in the current folder."""
    if "" not in sys.path and os.getcwd() not in sys.path:
        sys.path.insert(0, "")
