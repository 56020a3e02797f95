"""The table of rules: every row says what it guards, on which authority, and what may answer it."""

import re
from typing import Final

import pytest

from h2proof.oracle.requirements import Requirement, inventory
from h2proof.oracle.rules import RULES, by_type
from h2proof.oracle.rules.rule import Rule, Stage
from h2proof.sim.errors import ErrorCode

ROWS: Final = tuple(RULES.values())
OUTCOMES: Final = re.compile(
    r"(connection|stream):(" + "|".join(code.name for code in ErrorCode) + r")|"
    r"http-4xx|close|ignore|accept"
)
every_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@every_row
def test_a_rule_says_one_sentence_that_is_true_of_the_innocent(row: Rule) -> None:
    assert row.sentence.endswith(".")
    assert row.sentence[0].isupper() or row.sentence[0] == ":"
    assert re.fullmatch(r"[a-z][a-z0-9_]+", row.name)


@every_row
def test_a_rule_cites_current_requirements(row: Rule) -> None:
    known = inventory()

    assert row.requirements
    assert [] == [id_ for id_ in (*row.requirements, *row.reacts) if id_ not in known]
    assert all(known[id_].current for id_ in row.requirements)


@every_row
def test_what_a_receiver_owes_is_a_duty_of_receivers(row: Rule) -> None:
    kinds = {inventory()[id_].kind for id_ in row.reacts}

    assert kinds <= {"react", "process", "emit"}
    assert not row.reacts or "react" in kinds


@every_row
def test_the_acceptable_answers_are_written_as_reports_show_them(row: Rule) -> None:
    assert all(OUTCOMES.fullmatch(each) for each in row.answer.expected)
    assert row.answer.scope in ("connection", "stream", "none")
    if row.answer.scope != "none":
        assert row.answer.expected[0].startswith(row.answer.scope)


def backed(requirement: Requirement, outcome: str) -> bool:
    """True if the inventory, or the latitude of §5.4, backs an outcome for a requirement."""
    scope, _, code = outcome.partition(":")
    told = {requirement.scope + ":" + (requirement.code or ""), *requirement.alternatives}
    if requirement.scope == "malformed":
        told |= {"stream:PROTOCOL_ERROR", "http-4xx"}
    if outcome in told or f"{scope}:*" in told:
        return True
    if scope == "connection" and f"stream:{code}" in told:
        return True
    return code in ("PROTOCOL_ERROR", "INTERNAL_ERROR") or outcome in ("http-4xx", "close")


@every_row
def test_the_first_answer_is_backed_by_a_requirement(row: Rule) -> None:
    if not row.answer.expected or row.answer.expected == ("ignore",):
        return
    cited = [inventory()[id_] for id_ in (*row.requirements, *row.reacts)]

    assert any(backed(each, row.answer.expected[0]) for each in cited)


@every_row
def test_only_what_rests_on_the_peer_can_be_lifted(row: Rule) -> None:
    assert row.lifts is None or row.stage is Stage.PEER
    assert row.level == "MUST" or row.stage is Stage.MINOR


def test_rules_are_asked_format_before_own_before_peer() -> None:
    for kind in range(256):
        stages = [row.stage for row in by_type()[kind]]

        assert sorted(stages) == stages
