"""`h2proof fuzz`: a ready property as a campaign, until a number of examples or a time is spent."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click

from h2proof.properties.broken import Misused
from h2proof.properties.campaigns import KINDS, Campaign, Kind, kind_of, rounds_of, taken_up
from h2proof.properties.command.options import (
    current_folder_importable,
    emit,
    examples,
    format_option,
    output_option,
    seed_option,
    workers,
    workers_option,
)

WORDS: Final[dict[Kind, str]] = {
    "handler": "an async function of (w, r)",
    "parser": "a function of a Link field value",
    "endpoint": "a function that makes endpoints",
    "asgi": "an ASGI application",
}
EXAMPLES: Final = 1000
"""Tried where neither a number nor a time is given."""


def _kind_options(function: click.decorators.FC) -> click.decorators.FC:
    for kind in reversed(KINDS):
        text = f"TARGET is {WORDS[kind]}."
        function = click.option(f"--{kind}", "kinds", flag_value=kind, multiple=True, help=text)(
            function
        )
    return function


@click.command(
    name="fuzz",
    epilog=examples(
        "h2proof fuzz caddy-c1-kept",
        "h2proof fuzz mypackage.handlers:page --examples 5000 -j 0 --cases found",
        "h2proof fuzz --asgi mypackage.web:app --time 60",
        "h2proof fuzz --parser caddy",
    ),
)
@click.argument("target")
@_kind_options
@click.option(
    "--examples", "count", type=click.IntRange(min=1), metavar="N", help="How many to try."
)
@click.option(
    "--time", "seconds", type=click.IntRange(min=1), metavar="S", help="For how many seconds."
)
@click.option(
    "--cases",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep failures there, and go on from there the next time.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 too if something was never reached.")
@seed_option
@workers_option()
@format_option("text", "json")
@output_option
def command(
    target: str,
    kinds: tuple[Kind, ...],
    count: int | None,
    seconds: int | None,
    cases: Path | None,
    strict: bool,
    seed: int,
    processes: int,
    form: str,
    output: Path | None,
) -> int:
    """Try a handler, parser, endpoint or ASGI application against everything that may happen.

    TARGET is a row of a table or package.module:callable. Failures are told apart by fingerprint.
    """
    current_folder_importable()
    if len(kinds) > 1:
        raise click.UsageError(f"TARGET is one thing; of --{', --'.join(kinds)} give one")
    if count is None and seconds is None:
        count = EXAMPLES
    try:
        campaign = taken_up(kinds[0] if kinds else kind_of(target), target, seed, cases)
        with _executor(workers(processes)) as executor:
            for outcome in rounds_of(campaign, examples=count, seconds=seconds, executor=executor):
                _say(campaign, len(outcome.failed))
                if cases is not None:
                    campaign.keep(cases)
    except (ValueError, Misused) as error:
        raise click.UsageError(str(error)) from None
    emit(_as_json(campaign) if form == "json" else _as_text(campaign, cases), output)
    return int(bool(campaign.failed) or (strict and bool(campaign.never)))


@contextmanager
def _executor(processes: int) -> Iterator[Executor | None]:
    if processes == 1:
        yield None
        return
    with ProcessPoolExecutor(processes, initializer=current_folder_importable) as executor:
        yield executor


def _say(campaign: Campaign, new: int) -> None:
    """One line a round on stderr, for whoever watches."""
    if sys.stderr.isatty():
        told = f"round {campaign.rounds}: {campaign.examples} examples"
        click.echo(f"{told}, {len(campaign.failed)} failures, {new} in this round", err=True)


def _as_text(campaign: Campaign, cases: Path | None) -> str:
    last = campaign.seed + campaign.rounds - 1
    many = "" if campaign.rounds == 1 else "s"
    rounds = f"{campaign.examples} examples in {campaign.rounds} round{many}"
    found = _counted(len(campaign.failed))
    lines = [
        f"{campaign.kind} {campaign.target}: {rounds}, seeds {campaign.seed} to {last}: {found}"
    ]
    for failed in campaign.failed.values():
        lines += ["", failed.text]
        if cases is not None:
            lines.append(f"  kept in   {cases / failed.name}.json")
    counts = ", ".join(f"{name} {times}" for name, times in campaign.reached.items() if times)
    lines += ["", f"reached: {counts}"] if counts else []
    if campaign.never and campaign.reached:
        lines.append(f"never reached: {', '.join(campaign.never)}")
    return "\n".join(lines)


def _counted(failures: int) -> str:
    return f"{failures or 'no'} failure{'' if failures == 1 else 's'}"


def _as_json(campaign: Campaign) -> str:
    return json.dumps(
        {
            "version": 1,
            "kind": campaign.kind,
            "target": campaign.target,
            "seed": campaign.seed,
            "rounds": campaign.rounds,
            "examples": campaign.examples,
            "failures": [asdict(each) for each in campaign.failed.values()],
            "reached": campaign.reached,
            "never": list(campaign.never),
        },
        indent=1,
    )
