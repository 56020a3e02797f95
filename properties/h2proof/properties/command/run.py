"""`h2proof run`: one scenario played once, its ladder, its accounts, and what is wrong in it."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from h2proof.oracle import ledger
from h2proof.oracle.ledger import Ledger
from h2proof.oracle.verdict import Finding
from h2proof.properties.command.options import (
    current_folder_importable,
    emit,
    examples,
    format_option,
    output_option,
    seed_option,
)
from h2proof.properties.search import examine
from h2proof.sim import ladder
from h2proof.sim.scenario import Act, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.trace import AnyEvent, DeliveredEvent, ResourceEvent
from h2proof.sim.world import Run, play


@click.command(
    name="run",
    epilog=examples(
        "h2proof run caddy",
        "h2proof run caddy --behaviour stalled --behaviour vanishes,after=response",
        "h2proof run caddy-c1-kept --requests 2 --option body_octets=100",
        "h2proof run mypackage.handlers:page --scenario scenario.json",
    ),
)
@click.argument("handler", required=False)
@click.option(
    "--behaviour",
    "behaviours",
    multiple=True,
    metavar="NAME[,PARAM=VALUE...]",
    help="How the client behaves; repeatable, all at the same time.",
)
@click.option(
    "--requests",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1000),
    metavar="N",
    help="How many requests, all at once.",
)
@click.option("--path", default="/", show_default=True, metavar="PATH", help="What is asked for.")
@click.option(
    "--server",
    default="go",
    show_default=True,
    metavar="NAME",
    help="The server model: go or plain.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the handler or the server; repeatable.",
)
@click.option("--scenario", "file", metavar="FILE", help="A scenario as JSON instead; - is stdin.")
@click.option("--accounts", is_flag=True, help="Show what happens to resources in the ladder too.")
@seed_option
@format_option("text", "json")
@output_option
def command(
    handler: str | None,
    behaviours: tuple[str, ...],
    requests: int,
    path: str,
    server: str,
    options: tuple[str, ...],
    file: str | None,
    accounts: bool,
    seed: int,
    form: str,
    output: Path | None,
) -> int:
    """Play one scenario with a handler, and show the frames and what is left at the end."""
    current_folder_importable()
    try:
        if file is not None:
            scenario = _read(file, handler)
        else:
            plan = ClientPlan(
                requests=(RequestPlan(path),) * requests, acts=tuple(map(_act, behaviours))
            )
            scenario = Scenario(
                "caddy" if handler is None else handler,
                server,
                (plan,),
                dict(map(_pair, options)),
                seed=seed,
            )
        run = play(scenario)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    books = ledger.examine(run.trace)
    findings = [each.finding for each in examine(run, books=books)]
    told = run.trace.to_json() if form == "json" else _told(run, findings, books, accounts)
    emit(told, output)
    return int(bool(findings))


def _read(file: str, handler: str | None) -> Scenario:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{file}: not a scenario: it is no UTF-8") from None
    try:
        data = json.loads(text)
        if isinstance(data, dict) and "scenario" in data:  # a case holds one
            text = json.dumps(data["scenario"])
        scenario = Scenario.from_json(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{file}: not a scenario: {error}") from None
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return scenario if handler is None else replace(scenario, handler=handler)


def _act(text: str) -> Act:
    name, *params = text.split(",")
    return Act(name, dict(map(_pair, params)))


def _pair(text: str) -> tuple[str, Param]:
    name, sign, value = text.partition("=")
    if not sign:
        raise ValueError(f"{text!r} should be NAME=VALUE")
    number = value.removeprefix("-")
    return name, int(value) if number.isdecimal() and number.isascii() else value


def _told(run: Run, findings: list[Finding], books: Ledger, accounts: bool) -> str:
    shown = run.trace if accounts else run.trace.filtered(_is_story)
    marked = findings if accounts else ()
    lines = [*ladder.text(shown, marked).splitlines(), "", *_ledger(books), ""]
    lines += [f"{each.rule}: {each.message}" for each in findings] or ["nothing found"]
    outcome = run.outcome
    lines.append(
        f"ended {outcome.ending} after {outcome.steps} steps; the faults stopped at"
        f" {outcome.quiet_ns / 1e9:g} s, all was over at {outcome.ended_ns / 1e9:g} s"
    )
    return "\n".join(lines)


def _is_story(event: AnyEvent) -> bool:
    return not isinstance(event, ResourceEvent | DeliveredEvent)


def _ledger(books: Ledger) -> Iterator[str]:
    yield f"{'account':22}{'acquired':>9}{'released':>9}{'live':>6}{'peak':>6}{'octet-seconds':>15}"
    for kind, each in sorted(books.accounts.items()):
        seconds = f"{each.octet_ns / 1e9:.3f}"
        yield f"{kind:22}{each.acquired:>9}{each.released:>9}{each.live:>6}{each.peak:>6}{seconds:>15}"
