"""Scenarios: values that are checked, and JSON that gives them back."""

import json
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim.pipe import PipeOptions
from h2proof.sim.scenario import (
    EFFECTS,
    FAULTY_CALLS,
    Act,
    Bounds,
    CallFault,
    ClientPlan,
    RequestPlan,
    Scenario,
)

times = st.integers(0, 10**12)
texts = st.text(st.characters(codec="latin-1"), max_size=8)
params = st.dictionaries(texts, st.integers() | texts | st.booleans(), max_size=3)
requests = st.builds(
    RequestPlan,
    path=texts,
    method=texts,
    fields=st.lists(st.tuples(texts.map(str.lower), texts), max_size=2).map(tuple),
    body_octets=st.integers(0, 10**6),
    at_ns=times,
)
acts = st.builds(Act, texts, params, times, until_ns=st.none())
clients = st.builds(
    ClientPlan,
    st.lists(requests, max_size=2).map(tuple),
    st.lists(acts, max_size=2).map(tuple),
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)), max_size=2).map(tuple),
    times,
)
faults = st.lists(
    st.builds(
        CallFault, st.sampled_from(FAULTY_CALLS), st.integers(1, 9), st.sampled_from(EFFECTS)
    ),
    max_size=3,
    unique_by=lambda fault: (fault.call, fault.nth),
).map(tuple)
pipes = st.builds(
    PipeOptions, st.integers(1, 10**6), times, st.none() | st.integers(1, 99), st.booleans()
)
scenarios = st.builds(
    Scenario,
    texts,
    texts,
    st.lists(clients, max_size=2).map(tuple),
    params,
    faults,
    st.integers(),
    st.sampled_from(["seeded", "fifo"]) | st.lists(st.integers(0, 9), max_size=5).map(tuple),
    pipes,
    pipes,
    st.builds(Bounds, st.integers(1, 10**6), times, times),
)


@given(scenarios)
def test_json_gives_the_same_scenario_back(scenario: Scenario) -> None:
    text = scenario.to_json()

    assert scenario == Scenario.from_json(text)
    assert text == Scenario.from_json(text).to_json()


def test_what_has_its_default_value_is_left_out() -> None:
    assert '{"version":1}' == Scenario().to_json()
    assert {
        "version": 1,
        "handler": "caddy",
        "clients": [{"acts": [{"behaviour": "stalled"}]}],
    } == (json.loads(Scenario("caddy", clients=(ClientPlan(acts=(Act("stalled"),)),)).to_json()))


def test_the_field_section_is_pseudo_header_fields_first() -> None:
    request = RequestPlan("/a", "POST", fields=(("accept", "*/*"),))

    assert (
        (b":method", b"POST"),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", b"/a"),
        (b"accept", b"*/*"),
    ) == request.section()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "not a scenario: Expecting value"),
        ("[" * 100_000, "not a scenario: "),
        ("[]", "a JSON object with a `version` is expected"),
        ("{}", "a JSON object with a `version` is expected"),
        ('{"version":2}', "this release reads version 1"),
        ('{"version":1,"clients":3}', "scenario.clients is 3; it should be a list"),
        ('{"version":1,"clients":[{"requests":[{"path":3}]}]}', r"requests\[0\].path is 3"),
        ('{"version":1,"speed":3}', "scenario has no 'speed'; it has handler, server"),
        ('{"version":1,"schedule":"x"}', 'scenario.schedule is "x"'),
        ('{"version":1,"schedule":[-1]}', "choices are indexes from 0"),
        ('{"version":1,"bounds":{"steps_max":true}}', "steps_max is true; it should be a whole"),
        ('{"version":1,"seed":1.5}', "scenario.seed is 1.5"),
        ('{"version":1,"faults":[{"call":"push"}]}', "missing 1 required positional argument"),
        ('{"version":1,"faults":[{"call":"pull","nth":1}]}', "faults.*should be one of push"),
    ],
)
def test_json_that_is_no_scenario_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Scenario.from_json(text)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: RequestPlan(body_octets=-1), "body_octets is -1"),
        (lambda: RequestPlan(fields=(("Accept", ""),)), "in lower case"),
        (lambda: Act("stalled", from_ns=5, until_ns=5), "above from_ns"),
        (lambda: ClientPlan(acts=(Act("stalled", requests=(1,)),)), "this client has 1"),
        (lambda: ClientPlan(settings=((1 << 16, 0),)), "16 and 32 bits"),
        (lambda: CallFault("push", 0), "counted from 1"),
        (lambda: CallFault("push", 1, "explode"), "there are raise, block"),  # type: ignore[arg-type]
        (lambda: CallFault("push", 1, "rise"), "did you mean .raise.*there are raise, block"),  # type: ignore[arg-type]
        (lambda: CallFault("pull", 1), "these can fail: push"),  # type: ignore[arg-type]
        (lambda: Bounds(steps_max=0), "nothing could happen"),
        (lambda: Scenario(schedule="random"), "seeded, fifo"),  # type: ignore[arg-type]
        (lambda: Scenario(faults=(CallFault("push", 1), CallFault("push", 1, "block"))), "one way"),
    ],
)
def test_values_that_make_no_sense_are_refused_with_a_sentence(build: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        build()


def test_every_field_of_a_scenario_survives_alone() -> None:
    changed = Scenario(
        "h", "plain", (), {"a": 1}, (CallFault("read", 2),), 5, (1,),
        PipeOptions(9), PipeOptions(8), Bounds(7),
    )  # fmt: skip

    for field in fields(Scenario):
        one = Scenario(**{field.name: getattr(changed, field.name)})
        assert one != Scenario()
        assert one == Scenario.from_json(one.to_json())
