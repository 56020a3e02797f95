"""Every failure as a file that stands alone."""

import json

import pytest

from h2proof.properties import Broken, check_handler, check_link_parser
from h2proof.properties.counterexamples import FORMS, counterexample
from h2proof.sim.handlers.protocol import Request, ResponseWriter
from h2proof.sim.links import PARSERS
from h2proof.sim.scenario import Scenario

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def broken() -> Broken:
    """A failure of a row."""
    with pytest.raises(Broken) as found:
        check_handler("caddy-c1-kept", seed=1, examples=5)
    return found.value


def test_it_is_a_test_that_runs_alone_and_fails_for_the_same_reason(
    broken: Broken, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(counterexample(broken, "pytest").decode())
    result = pytester.runpytest("-p", "no:cacheprovider")

    result.assert_outcomes(failed=1)
    assert "after it had been released" in result.stdout.str()


def test_it_is_a_scenario_and_a_trace_in_every_form(broken: Broken) -> None:
    scenario = Scenario.from_json(counterexample(broken, "scenario").decode())
    forms = {form: counterexample(broken, form) for form in FORMS}

    assert "caddy-c1-kept" == scenario.handler
    assert b"HEADERS 1 END_STREAM  GET /" in forms["text"]
    assert json.loads(forms["json"])
    assert forms["mermaid"].startswith((b"```", b"sequenceDiagram", b"%%"))
    assert len(forms["pcapng"]) > 100


def test_a_handler_without_a_name_can_be_given() -> None:
    kept: list[ResponseWriter] = []

    async def keeps(w: ResponseWriter, r: Request) -> None:
        await w.write(b"x")
        kept.append(w)

    with pytest.raises(Broken) as found:
        check_handler(keeps, seed=1, examples=1)

    assert b"HEADERS 1" in counterexample(found.value, "text", handler=keeps)
    with pytest.raises(ValueError, match="cannot be imported by name"):
        counterexample(found.value, "pytest")


def test_what_it_cannot_be_is_refused_with_one_sentence(broken: Broken) -> None:
    with pytest.raises(Broken) as parser:
        check_link_parser(PARSERS["caddy"], seed=1)

    for failure, form, sentence in (
        (broken, "gif", "no form 'gif'; there are scenario, pytest, text"),
        (parser.value, "scenario", "has a scenario"),
        (parser.value, "pytest", "see the line `replay`"),
        (parser.value, "text", "has no frames"),
    ):
        with pytest.raises(ValueError, match=sentence):
            counterexample(failure, form)
