"""What the search calls small is small: no single step can be left out."""

from dataclasses import replace

import pytest

from h2proof.properties.search import Case, examine, minimise, reductions, shown_in, smallest
from h2proof.sim.pipe import PipeOptions
from h2proof.sim.scenario import Act, CallFault, ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import play

LARGE = Scenario(
    handler="caddy-c1-kept",
    clients=(
        ClientPlan(requests=(RequestPlan(), RequestPlan("/other")), acts=(Act("makes-noise"),)),
        ClientPlan(
            requests=(RequestPlan(), RequestPlan()),
            acts=(Act("stalled", {"window": 1}), Act("goes-away", {"after": "response"})),
            at_ns=5_000_000,
        ),
    ),
    options={"resources": "/a /b", "links": "</c>", "body_octets": 9_000, "resource_octets": 50},
    seed=3,
    faults=(CallFault("push", 2),),
    upward=PipeOptions(chunk=100),
)


@pytest.mark.parametrize("rule", ["use_after_release", "other_stream"])
def test_no_single_step_of_a_case_can_be_left_out(rule: str) -> None:
    run = play(LARGE)
    failure = next(each for each in examine(run) if each.finding.rule == rule)

    case = minimise(failure, play)

    assert shown_in(play(case.scenario), case.fingerprint) is not None
    assert [] == [less for less in reductions(case.scenario) if _shows(less, case.fingerprint)], (
        "each of these is smaller and shows it too"
    )


def _shows(scenario: Scenario, fingerprint: str) -> bool:
    try:
        return shown_in(play(scenario), fingerprint) is not None
    except ValueError:
        return False


def test_shrinking_is_the_same_every_time() -> None:
    failure = examine(play(LARGE))[0]

    assert minimise(failure, play, 60) == minimise(failure, play, 60)


def test_a_scenario_that_needs_nothing_shrinks_to_nothing() -> None:
    large = replace(LARGE, schedule=(1, 0, 2, 0, 0))

    least = smallest(large, lambda _: True)

    assert 1 == len(least.clients)
    assert () == least.clients[0].acts
    assert (RequestPlan(),) == least.clients[0].requests
    assert () == least.schedule
    assert () == least.faults
    assert {"", 0} == set(least.options.values())


def test_choices_of_a_schedule_go_back_to_the_first_that_is_ready() -> None:
    scenario = Scenario(schedule=(3, 1, 2, 1, 0, 2))

    def needs_the_third(each: Scenario) -> bool:
        return len(each.schedule) > 2 and each.schedule[2] == 2

    assert (0, 0, 2) == smallest(scenario, needs_the_third).schedule


def test_a_request_that_goes_takes_its_place_in_acts_along() -> None:
    act = Act("resets-request", requests=(1,))
    scenario = Scenario(clients=(ClientPlan((RequestPlan("/a"), RequestPlan("/b")), (act,)),))

    fewer = [each for each in reductions(scenario) if len(each.clients[0].requests) == 1]

    assert [("/b", (0,)), ("/a", ())] == [
        (each.clients[0].requests[0].path, each.clients[0].acts[0].requests) for each in fewer
    ]


def test_a_case_goes_to_json_and_back() -> None:
    case = Case("leak|server|wrapper", "leak", "a wrapper is still live", LARGE)

    assert case == Case.from_json(case.to_json())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not a case"),
        ("[]", "a JSON object with a `scenario` is expected"),
        ('{"scenario":{}}', "another version"),
        ('{"version":1,"scenario":{"version":1}}', "a `fingerprint` is expected"),
        ('{"version":1,"fingerprint":7,"scenario":{"version":1}}', "strings"),
        ('{"version":1,"fingerprint":"x","scenario":{"version":1,"nonsense":0}}', "nonsense"),
        ('{"version":1,"fingerprint":"x","scenario":7}', "not a scenario"),
    ],
)
def test_what_is_no_case_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        Case.from_json(text)

    assert "\n" not in str(refused.value)
