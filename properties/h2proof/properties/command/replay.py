"""`h2proof replay`: cases that a search has found, played again."""

import sys
from pathlib import Path

import click

from h2proof.properties.command.options import current_folder_importable, emit, examples
from h2proof.properties.search import Case, examine
from h2proof.sim.world import play


@click.command(
    name="replay",
    epilog=examples("h2proof replay case.json", "h2proof replay cases/*.json", "h2proof replay -"),
)
@click.argument("files", nargs=-1, required=True, metavar="CASE.json...")
def command(files: tuple[str, ...]) -> int:
    """Play each case, and say FIXED or STILL FAILS; exit with 1 if one still fails."""
    current_folder_importable()
    fails = [_replayed(name) for name in files]
    return int(any(fails))


def _replayed(name: str) -> bool:
    case = _read(name)
    try:
        found = examine(play(case.scenario))
    except ValueError as error:
        raise click.UsageError(f"{name}: {error}") from None
    fails = next((each for each in found if each.fingerprint == case.fingerprint), None)
    if fails is None:
        others = sorted({each.finding.rule for each in found})
        emit(f"{name}: FIXED" + (f" (but now: {', '.join(others)})" if others else ""))
        return False
    emit(f"{name}: STILL FAILS: {fails.finding.rule}: {fails.finding.message}")
    return True


def _read(name: str) -> Case:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
        return Case.from_json(text)
    except OSError as error:
        raise click.UsageError(f"{name}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # a decoding error too
        raise click.UsageError(f"{name}: {error}") from None
