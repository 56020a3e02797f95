"""`h2proof prove`: handlers side by side, as a page that a reviewer can paste."""

from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from h2proof.oracle.catalogue import rules
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
from h2proof.properties.proof import PAIR, Proof, prove
from h2proof.properties.proof.forms import FORMS
from h2proof.properties.proof.proving import DEVIATIONS_MAX
from h2proof.properties.proof.tried import SEEDS
from h2proof.properties.search import PANIC
from h2proof.sim.clients import CLIENTS
from h2proof.sim.naming import no_such
from h2proof.sim.world import UNCAUGHT


@click.command(
    name="prove",
    epilog=examples(
        "h2proof prove",
        "h2proof prove caddy --against pr7778",
        "h2proof prove mypackage.handlers:push --against caddy",
        "h2proof prove caddy --format html -o proof.html",
        "h2proof prove caddy-c1 --exit-on use-after-release",
    ),
)
@click.argument("handler", required=False)
@click.option(
    "--against",
    multiple=True,
    metavar="HANDLER",
    help="Another handler beside it, or a group (pr7778: the stages of the origin); repeatable.",
)
@click.option(
    "--behaviour",
    "behaviours",
    multiple=True,
    metavar="NAME",
    help="Try only clients that behave so; repeatable.",
)
@click.option(
    "--server",
    default="go",
    show_default=True,
    metavar="NAME",
    help="The server model around it: go or plain.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=0, max=10_000),
    default=SEEDS,
    show_default=True,
    metavar="N",
    help="Schedules in random order for each behaviour.",
)
@click.option(
    "--exhaustive",
    is_flag=True,
    help="Every schedule of the small scenario, not only those with few turns out of order.",
)
@click.option(
    "--exit-on",
    multiple=True,
    metavar="RULE",
    help="Exit with 1 for this rule only (leak, double-release, ...); repeatable.",
)
@workers_option(default=0)
@seed_option
@format_option("text", "markdown", "html", "json")
@output_option
def command(
    handler: str | None,
    against: tuple[str, ...],
    behaviours: tuple[str, ...],
    server: str,
    seeds: int,
    exhaustive: bool,
    exit_on: tuple[str, ...],
    processes: int,
    seed: int,
    form: str,
    output: Path | None,
) -> int:
    """Drive handlers through everything a client may do, and show what they keep or misuse.

    Without arguments the built-in pair: Caddy's push handler, and its pooled version.
    """
    ends_on = _rules(exit_on)
    current_folder_importable()
    handlers = (handler, *against) if handler else (*PAIR, *against)
    most = None if exhaustive else DEVIATIONS_MAX
    with _executor(workers(processes)) as executor:
        try:
            proof = prove(
                handlers,
                server=server,
                seed=seed,
                seeds=seeds,
                deviations_max=most,
                behaviours=behaviours or tuple(CLIENTS),
                executor=executor,
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    emit(FORMS[form](proof), output)
    return _exit_code(proof, ends_on)


def _rules(names: tuple[str, ...]) -> set[str]:
    """The rules of that name, written with - or _; UsageError for what no proof can find."""
    wanted = {name.replace("-", "_") for name in names}
    findable = {*rules(), PANIC, UNCAUGHT}
    for name in sorted(wanted - findable):
        listed = f"a proof finds {PANIC}, {UNCAUGHT}, and what `h2proof rules` lists"
        raise click.UsageError(no_such("rule", name, sorted(findable), listed))
    return wanted


def _executor(count: int) -> AbstractContextManager[Executor | None]:
    return nullcontext(None) if count == 1 else ProcessPoolExecutor(count)


def _exit_code(proof: Proof, ends_on: set[str]) -> int:
    found = {shown.rule for subject in proof.subjects for shown in subject.shown}
    return int(bool(found & ends_on if ends_on else found))
