"""H1 to H15 are answered by runs: the table in the docs, and each case file, are what runs show."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.properties.proof import planted

from h2proof.properties.proof.hypotheses import HYPOTHESES, Hypothesis, answers, table
from h2proof.sim.handlers import STAGES
from h2proof.sim.scenario import ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import World, play

ROOT = Path(__file__).resolve().parents[3]
CASES = sorted((ROOT / "tests" / "data" / "hypotheses").glob("H*.json"))
BY_ID = {each.id: each for each in HYPOTHESES}


def test_the_table_in_the_docs_is_what_the_runs_show() -> None:
    assert table(list(answers())) in (ROOT / "docs" / "hypotheses.md").read_text("utf-8")


def test_all_fifteen_are_asked_and_every_decidable_one_has_a_case() -> None:
    decidable = [each.id for each in HYPOTHESES if each.look is not None]

    assert [f"H{number}" for number in range(1, 16)] == list(BY_ID)
    assert sorted(decidable) == sorted(path.stem for path in CASES)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_is_answered_as_it_was(path: Path) -> None:
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    hypothesis = BY_ID[data["id"]]
    scenarios = [Scenario.from_json(json.dumps(each)) for each in data["scenarios"]]
    assert hypothesis.look is not None

    told = {
        stage: hypothesis.look(
            [play(replace(each, handler=stage + data["chain"])) for each in scenarios]
        )
        for stage in STAGES
    }

    assert data["answers"] == told


def _asked_of(hypothesis: Hypothesis, handler: Any) -> str:
    assert hypothesis.look is not None
    return hypothesis.look([World(each, handler).play() for each in hypothesis.scenarios])


def test_a_layer_that_keeps_writers_would_answer_h2_otherwise() -> None:
    planted.KEPT.clear()

    kept = _asked_of(BY_ID["H2"], planted.KEEPS_WRAPPER)

    planted.KEPT.clear()
    assert kept.startswith("1 live")


def test_a_handler_that_puts_twice_would_answer_h5_otherwise() -> None:
    assert "yes" == _asked_of(BY_ID["H5"], planted.PUTS_TWICE)


def test_a_handler_that_promises_twice_would_answer_h7_otherwise() -> None:
    async def promises_twice(w: Any, r: Any) -> None:
        if r.path == "/":
            await w.push("/again")
            await w.push("/again")
        await w.write_header(200)

    assert "yes" == _asked_of(BY_ID["H7"], promises_twice)


def test_a_handler_that_remembers_a_field_would_answer_h13_otherwise() -> None:
    remembered: list[str] = []

    async def remembers(w: Any, r: Any) -> None:
        if r.path == "/":
            remembered.append(r.header.first("User-Agent"))
            await w.push("/style.css", header={"User-Agent": [remembered[0]]})
        await w.write_header(200)

    assert "yes" == _asked_of(BY_ID["H13"], remembers)


def test_two_clients_ask_under_their_own_names() -> None:
    """What H13 looks at is there at all."""
    first, second = BY_ID["H13"].scenarios[0].clients

    assert isinstance(first, ClientPlan)
    assert (("user-agent", "first"),) == first.requests[0].fields
    assert RequestPlan(fields=(("user-agent", "second"),)) == second.requests[0]
