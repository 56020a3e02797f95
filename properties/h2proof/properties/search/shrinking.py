"""A scenario made as small as it gets while something still holds of it.

`reductions` writes out every single thing that can be less: a client, a request, an act, a fault,
a parameter, an option, a choice of the schedule. `smallest` takes whatever still holds, until none
of them does; so of what it returns no single step can go. Greedy, deterministic, no chance.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

from h2proof.properties.search.case import Case
from h2proof.properties.search.failures import Failure, examine
from h2proof.sim.pipe import DEFAULT
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import Run

T = TypeVar("T")

RUNS_MAX: Final = 2_000
"""Runs spent on one scenario at most; then it is as small as it got."""

Play = Callable[[Scenario], Run]


def minimise(failure: Failure, play: Play, runs_max: int = RUNS_MAX) -> Case:
    """The smallest case found that shows what the failure shows.

    `play` is played at most `runs_max` times.
    """
    fingerprint = failure.fingerprint

    def shows(scenario: Scenario) -> bool:
        return shown_in(play(scenario), fingerprint) is not None

    scenario = smallest(failure.run.script, shows, runs_max)
    last = shown_in(play(scenario), fingerprint)
    finding = failure.finding if last is None else last.finding
    return Case(fingerprint, finding.rule, finding.message, scenario)


def shown_in(run: Run, fingerprint: str) -> Failure | None:
    """The failure with that fingerprint in a run, or None."""
    return next((each for each in examine(run) if each.fingerprint == fingerprint), None)


def smallest(
    scenario: Scenario, holds: Callable[[Scenario], bool], runs_max: int = RUNS_MAX
) -> Scenario:
    """A scenario of which `holds` is true, and false of each of its reductions.

    Unless `holds` was asked `runs_max` times before.
    """
    place = misses = 0
    while runs_max > 0:
        candidates = list(reductions(scenario))
        if misses >= len(candidates):
            return scenario
        place %= len(candidates)
        runs_max -= 1
        if _holds(holds, candidates[place]):
            scenario, misses = candidates[place], 0
        else:
            place += 1
            misses += 1
    return scenario


def _holds(holds: Callable[[Scenario], bool], scenario: Scenario) -> bool:
    try:
        return holds(scenario)
    except ValueError:  # a handler or behaviour does not take such a value
        return False


def reductions(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with one thing less than this one, the largest things first."""
    yield from _plainer(scenario, schedule=(), upward=DEFAULT, downward=DEFAULT, seed=0)
    for place, client in enumerate(scenario.clients):
        if len(scenario.clients) > 1:
            yield replace(scenario, clients=_without(scenario.clients, place))
        for less in _of_client(client):
            yield replace(scenario, clients=_with(scenario.clients, place, less))
    for place in range(len(scenario.faults)):
        yield replace(scenario, faults=_without(scenario.faults, place))
    for options in _with_less(scenario.options):
        yield replace(scenario, options=options)
    for pipe in ("upward", "downward"):
        for less in _to_defaults(getattr(scenario, pipe), DEFAULT):
            yield replace(scenario, **{pipe: less})
    if not isinstance(scenario.schedule, str):
        yield from (replace(scenario, schedule=less) for less in _calmer(scenario.schedule))


def _of_client(client: ClientPlan) -> Iterator[ClientPlan]:
    for place, act in enumerate(client.acts):
        yield replace(client, acts=_without(client.acts, place))
        for less in _of_act(act):
            yield replace(client, acts=_with(client.acts, place, less))
    for place, request in enumerate(client.requests):
        if len(client.requests) > 1:
            yield _without_request(client, place)
        for plainer in _to_defaults(request, RequestPlan()):
            yield replace(client, requests=_with(client.requests, place, plainer))
    for place in range(len(client.settings)):
        yield replace(client, settings=_without(client.settings, place))
    yield from _plainer(client, at_ns=0)


def _without_request(client: ClientPlan, place: int) -> ClientPlan:
    """The client without a request; acts that were about it alone are about all of them."""
    acts = tuple(
        replace(act, requests=tuple(n - (n > place) for n in act.requests if n != place))
        for act in client.acts
    )
    return replace(client, requests=_without(client.requests, place), acts=acts)


def _of_act(act: Act) -> Iterator[Act]:
    for params in _of_mapping(act.params):
        yield replace(act, params=params)
    yield from _plainer(act, requests=(), until_ns=None)
    if act.until_ns is None:
        yield from _plainer(act, from_ns=0)


def _of_mapping(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The mapping with less in one entry, and without that entry."""
    yield from _with_less(values)
    for name in values:
        yield {key: each for key, each in values.items() if key != name}


def _with_less(values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The mapping with less in one entry; the default in the place of none might be more."""
    for name, value in values.items():
        yield from ({**values, name: less} for less in _less(value))


def _less(value: object) -> Iterator[object]:
    if isinstance(value, str) and value:
        yield ""
        lines = value.split("\n")
        if len(lines) > 1:
            yield from ("\n".join(_without(tuple(lines), each)) for each in range(len(lines)))
        words = value.split(" ")
        if len(words) > 1:
            yield from (" ".join(_without(tuple(words), each)) for each in range(len(words)))
    elif isinstance(value, int) and not isinstance(value, bool) and value > 0:
        yield 0
        if value > 1:
            yield 1
        if value > 3:
            yield value // 2


def _calmer(choices: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Choices with some of them back to the first ready: long stretches first, then single ones."""
    if choices and not any(choices):
        yield ()
        return
    length = len(choices)
    if length and not choices[-1]:
        yield choices[: max(place for place, each in enumerate(choices) if each) + 1]
        return
    stretch = length
    while stretch >= 1:
        for start in range(0, length, stretch):
            if any(choices[start : start + stretch]):
                calm = (0,) * min(stretch, length - start)
                yield choices[:start] + calm + choices[start + stretch :]
        stretch //= 2


def _plainer(value: Any, **plain: Any) -> Iterator[Any]:
    """The value with one of its fields plain, for each that is not."""
    for name, each in plain.items():
        if getattr(value, name) != each:
            yield replace(value, **{name: each})


def _to_defaults(value: Any, default: Any) -> Iterator[Any]:
    yield from _plainer(
        value, **{each.name: getattr(default, each.name) for each in fields(default)}
    )


def _without(row: tuple[T, ...], place: int) -> tuple[T, ...]:
    return row[:place] + row[place + 1 :]


def _with(row: tuple[T, ...], place: int, entry: T) -> tuple[T, ...]:
    return (*row[:place], entry, *row[place + 1 :])
