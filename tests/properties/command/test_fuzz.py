"""`h2proof fuzz`: kinds told by name, failures told apart and kept, resumed, in parallel."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from h2proof.properties.campaigns import Failed, kind_of
from h2proof.properties.command.fuzz import command
from h2proof.properties.search import Case


def fuzz(*arguments: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(command, arguments, standalone_mode=False)


def as_json(*arguments: str) -> Any:
    """What it prints as JSON."""
    return json.loads(fuzz(*arguments, "--format", "json").stdout)


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("caddy", "handler"),
        ("rfc8288", "parser"),
        ("h2", "endpoint"),
        ("h2proof.sim.links:parse_caddy", "parser"),
        ("h2proof.sim:responder", "endpoint"),
        ("json:dumps", "parser"),
    ],
)
def test_the_kind_of_a_target_is_told_by_its_table_or_its_signature(target: str, kind: str) -> None:
    assert kind == kind_of(target)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nothing", "no target 'nothing'; handlers: page, caddy"),
        ("json:nothing", "has no 'nothing'"),
        ("nowhere:x", "cannot be imported"),
        ("json:JSONDecoder.decode", "say --handler, --parser, --endpoint or --asgi"),
    ],
)
def test_a_target_that_cannot_be_told_is_a_usage_error(target: str, sentence: str) -> None:
    result = fuzz(target)

    assert result.exception is not None
    assert "UsageError" == type(result.exception).__name__
    assert sentence in str(result.exception)


def test_a_target_is_of_one_kind() -> None:
    result = CliRunner().invoke(command, ["--handler", "--parser", "caddy"])

    assert 2 == result.exit_code
    assert "TARGET is one thing; of --handler, --parser give one" in result.stderr


def test_failures_are_told_apart_kept_and_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    arguments = ("--parser", "caddy", "--examples", "60", "--cases", str(folder))
    first = fuzz(*arguments)
    second = as_json(*arguments)

    names = sorted(path.name for path in folder.iterdir())
    assert 1 == first.return_value
    assert "1 failure" in first.stdout
    assert "><" in first.stdout
    assert 2 == second["rounds"]
    assert 1 == len(second["failures"])
    assert "campaign.json" == names[0]
    assert 2 == len(names)


def test_another_targets_folder_is_refused(tmp_path: Path) -> None:
    fuzz("rfc8288", "--examples", "5", "--cases", str(tmp_path))
    result = fuzz("--parser", "caddy", "--examples", "5", "--cases", str(tmp_path))

    assert "take another folder" in str(result.exception)


def test_a_target_that_holds_exits_with_0_and_says_what_was_reached() -> None:
    result = fuzz("rfc8288", "--examples", "40")

    assert 0 == result.return_value
    assert "no failures" in result.stdout
    assert "reached: by the grammar" in result.stdout


def test_strict_minds_what_was_never_reached() -> None:
    assert 1 == fuzz("ours", "--examples", "5", "--strict").return_value
    assert 0 == fuzz("ours", "--examples", "5").return_value


def test_a_case_of_a_handler_is_one_that_replay_reads() -> None:
    failed = Failed("leak|x", "leak", "a: leak: b\n  c\n\nladder", scenario='{"version":1}')

    case = Case.from_json(failed.to_json())
    assert ("leak|x", "a: leak: b c") == (case.fingerprint, case.message)


@pytest.mark.slow
def test_a_campaign_on_a_handler_finds_all_its_failures_with_any_number_of_workers() -> None:
    alone = as_json("caddy-c1-kept", "--examples", "400")
    together = as_json("caddy-c1-kept", "--examples", "400", "-j", "2")

    rules = {each["rule"] for each in alone["failures"]}
    assert alone == together
    assert {"use_after_release", "uncaught"} <= rules
