"""Scenarios, structured and in bulk, and types that `st.from_type` knows."""

import pytest
from hypothesis import Phase, find, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.properties import strategies
from h2proof.sim import frames
from h2proof.sim.clients import CLIENTS
from h2proof.sim.scenario import Act, CallFault, ClientPlan, RequestPlan, Scenario

few = hypothesis_settings(max_examples=30)
first = hypothesis_settings(phases=(Phase.generate,), database=None)
"""The first value that is drawn: the simplest one."""


@given(strategies.scenarios() | strategies.bulk_scenarios())
@few
def test_a_scenario_survives_its_json(scenario: Scenario) -> None:
    assert scenario == Scenario.from_json(scenario.to_json())


@given(strategies.bulk_scenarios())
@few
def test_every_act_fits_its_behaviour(scenario: Scenario) -> None:
    for client in scenario.clients:
        for act in client.acts:
            CLIENTS[act.behaviour].part(act)


@pytest.mark.parametrize("strategy", [strategies.scenarios(), strategies.bulk_scenarios()])
def test_a_scenario_shrinks_to_one_polite_client(strategy: st.SearchStrategy[Scenario]) -> None:
    scenario = find(strategy, lambda _: True, settings=first)

    assert (ClientPlan(),) == scenario.clients
    assert () == scenario.faults
    assert scenario.schedule in ((), "seeded")


def test_a_bulk_scenario_shrinks_to_the_one_act_that_matters() -> None:
    scenario = find(
        strategies.bulk_scenarios(),
        lambda each: any(act.behaviour == "stalled" for act in each.clients[0].acts),
        settings=hypothesis_settings(max_examples=2000, database=None),
    )

    [client] = scenario.clients
    assert ("stalled",) == tuple(act.behaviour for act in client.acts)
    assert (RequestPlan(),) == client.requests


def test_clients_that_break_the_rfc_can_be_left_out() -> None:
    hostile = {name for name, behaviour in CLIENTS.items() if not behaviour.legal}

    @given(strategies.bulk_scenarios(legal=True), strategies.scenarios(legal=True))
    @few
    def legal(one: Scenario, other: Scenario) -> None:
        played = {act.behaviour for each in (one, other) for c in each.clients for act in c.acts}
        assert not played & hostile

    legal()


@pytest.mark.parametrize(
    "kind",
    [
        frames.Data,
        frames.Headers,
        frames.PushPromise,
        frames.Unknown,
        frames.Unreadable,
        frames.Dependency,
        Scenario,
        ClientPlan,
        RequestPlan,
        CallFault,
        Act,
    ],
)
def test_hypothesis_knows_the_types_without_being_told(kind: type) -> None:
    assert isinstance(find(st.from_type(kind), lambda _: True, settings=first), kind)
