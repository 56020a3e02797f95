"""`h2proof rules`: the table, the coverage in both directions, the counts."""

import json

import pytest

from h2proof.oracle import catalogue
from h2proof.properties.command import main


def test_rules_are_listed_with_what_they_guard(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["rules"])
    shown = capsys.readouterr().out

    assert all(name in shown for name in catalogue.rules())
    assert f"{len(catalogue.rules())} rules" in shown


def test_one_rule_is_shown_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["rules", "leak", "--format", "json"])
    (row,) = json.loads(capsys.readouterr().out)["rules"]

    assert ("leak", []) == (row["name"], row["requirements"])


def test_coverage_goes_both_ways_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["rules", "--coverage", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    forth = {(each["id"], rule) for each in data["requirements"] for rule in each["rules"]}
    back = {(id_, row["name"]) for row in data["rules"] for id_ in row["requirements"]}

    assert forth == back
    assert 479 == len(data["requirements"]) == sum(data["counts"].values())


def test_coverage_as_text_ends_with_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main(["rules", "--coverage"])

    assert "   479  requirements that the wire can show" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["no_such_rule"], ["leak", "--coverage"]])
def test_what_cannot_be_shown_is_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["rules", *arguments])
    assert 1 == len(capsys.readouterr().err.splitlines())
