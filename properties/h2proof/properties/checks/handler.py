"""A handler under any behaviour, schedule, fault: released once, never used after, all gone.

Each example is a scenario, played in a world of its own and judged: the accounts, the lifetimes,
whether everything comes to rest, and the frames that the server sent for the handler. A panic is a
failure too. First every behaviour and every fault has its turn, then scenarios are drawn.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from h2proof.properties.broken import Broken, Misused, Replay
from h2proof.properties.checks.coverage import expected, reached
from h2proof.properties.checks.form import called, full_name
from h2proof.properties.checks.smallest import not_the_same_twice, smallest
from h2proof.properties.checks.tried import Tried
from h2proof.properties.defaults import Defaults, report
from h2proof.properties.search import PANIC, Failure, examine
from h2proof.properties.search import smallest as smallest_scenario
from h2proof.properties.strategies.scenarios import bulk_scenarios
from h2proof.properties.targets import Watching, model_of, place_of, refuse_real_clock
from h2proof.properties.told import tell
from h2proof.sim.clients import CLIENTS
from h2proof.sim.handlers import HANDLERS, HandlerModel
from h2proof.sim.options import TEXTS
from h2proof.sim.scenario import (
    EFFECTS,
    FAULTY_CALLS,
    Act,
    CallFault,
    ClientPlan,
    FaultyCall,
    Param,
    RequestPlan,
    Scenario,
)
from h2proof.sim.world import World

SHRINKING_RUNS_MAX: Final = 400
"""Runs spent on making one failure small."""
REPLAY_LINE_MAX: Final = 500
"""Longer scenarios are not printed in the replay line; they are in `Broken.replay`."""


class HandlerBattery:
    """All that is asked of a handler."""

    def __init__(
        self,
        chosen: Defaults,
        *,
        server: str,
        paths: tuple[str, ...],
        options: Mapping[str, Param],
        without: tuple[FaultyCall, ...],
        legal: bool,
        model_of: Callable[[object], HandlerModel] = model_of,
        what: str = "check_handler",
    ) -> None:
        for call in without:
            if call not in FAULTY_CALLS:
                raise Misused(f"without={call!r}: calls are {', '.join(FAULTY_CALLS)}")
        self._chosen = chosen
        self._server = server
        self._paths = paths
        self._options = dict(options)
        self._without = without
        self._legal = legal
        self._model_of = model_of
        self._what = what

    def __call__(self, target: object) -> Tried:
        """Try it; Broken with the smallest scenario that was found to break it."""
        __tracebackhide__ = True
        model = self._model_of(target)
        what = f"{self._what}({called(target)})"
        trial = Trial(model, what, self._chosen.known, self._without)
        base = Scenario(
            _importable(target) if self._what == "check_handler" else "",
            self._server,
            (_polite(self._paths),),
            options=self._options or _options_of(model),
        )
        plainest = replace(base, clients=(_polite(self._paths[:1]),))
        first: list[Failure | None] = []
        refuse_real_clock(target, lambda: first.append(trial.failed(plainest)))
        broken = (
            (first[0] and trial.simplest(plainest, first[0].fingerprint))
            or (trial.toured(self._tour(base)) if self._chosen.tour else None)
            or self._searched(trial, base, f"{self._what} {full_name(target)}")
        )
        if broken is not None:
            report(trial.tried.broken)
            raise broken from None
        return trial.tried

    def _searched(self, trial: "Trial", base: Scenario, key: str) -> Broken | None:
        """What drawn scenarios break; made small as scenarios, which is surer than as octets."""
        drawn = bulk_scenarios(
            handler=base.handler,
            server=base.server,
            paths=self._paths,
            options=base.options,
            legal=self._legal,
        )
        found = smallest(drawn, trial.attempt, self._chosen, key=key, shrink=False)
        return found and trial.simplest(found[0], found[1].fingerprint)

    def _tour(self, base: Scenario) -> Iterator[Scenario]:
        """Every behaviour and every fault once, on the plainest client."""
        client = base.clients[0]
        for name, behaviour in CLIENTS.items():
            if behaviour.legal or not self._legal:
                yield replace(base, clients=(replace(client, acts=(Act(name),)),))
        for call in FAULTY_CALLS:
            if call not in self._without:
                for effect in EFFECTS:
                    yield replace(base, faults=(CallFault(call, 1, effect),))


GRAVEST_FIRST: Final = ("other_stream", "use_after_release", "double_release", "leak", PANIC)
"""Of several failures in one run the one that is told; others follow from these more often."""


def _gravity(failure: Failure) -> int:
    rule = failure.finding.rule
    return GRAVEST_FIRST.index(rule) if rule in GRAVEST_FIRST else len(GRAVEST_FIRST)


def _options_of(model: HandlerModel) -> Mapping[str, Param]:
    """For a row of our tables what its page is made of, so that it can be made smaller too."""
    if HANDLERS.get(model.name) is not model:
        return {}
    return {"resources": TEXTS["resources"], "links": TEXTS["links"], "body_octets": 100}


def _polite(paths: tuple[str, ...]) -> ClientPlan:
    return ClientPlan(tuple(RequestPlan(path) for path in paths))


def _importable(target: object) -> str:
    """What names the handler for whoever replays a scenario; empty if nothing does."""
    if isinstance(target, str):
        return target
    if isinstance(target, HandlerModel):
        return target.name if HANDLERS.get(target.name) is target else ""
    name = place_of(target)
    return name if inspect.isfunction(target) and "<locals>" not in name else ""


class Trial:
    """One handler on trial; the fingerprints in `known` are looked past."""

    def __init__(
        self,
        model: HandlerModel,
        what: str,
        known: frozenset[str],
        without: tuple[FaultyCall, ...],
    ) -> None:
        self.tried = Tried.of(what, expected(without))
        self.what = what
        self._known = known
        self._watching = Watching(model)

    def attempt(self, scenario: Scenario) -> Broken | None:
        """Play and judge one scenario; the worst that was found, told."""
        failed = self.failed(scenario)
        return self._told(failed) if failed is not None else None

    def failed(self, scenario: Scenario, fingerprint: str | None = None) -> Failure | None:
        """What one scenario breaks: the gravest failure, or the one with that fingerprint."""
        run = World(scenario, self._watching.model).play()
        failures = examine(run, self._watching.cached_max)
        if fingerprint is None:
            self.tried.count(reached(run))
            unknown = (each for each in failures if each.fingerprint not in self._known)
            return min(unknown, key=_gravity, default=None)
        return next((each for each in failures if each.fingerprint == fingerprint), None)

    def toured(self, tour: Iterator[Scenario]) -> Broken | None:
        """The first failure on a tour, made as simple as it gets."""
        for scenario in tour:
            failed = self.failed(scenario)
            if failed is not None:
                return self.simplest(scenario, failed.fingerprint)
        return None

    def simplest(self, scenario: Scenario, fingerprint: str) -> Broken:
        """The failure of the scenario in the simplest one that still shows it."""
        small = smallest_scenario(
            scenario, lambda each: self.failed(each, fingerprint) is not None, SHRINKING_RUNS_MAX
        )
        failed = self.failed(small, fingerprint)
        if failed is None:
            raise not_the_same_twice(self.what)
        return self._told(failed)

    def _told(self, failed: Failure) -> Broken:
        data = failed.run.scenario.to_json()
        if failed.run.scenario.handler:
            line = f"echo '{data}' | h2proof run --scenario -"
        else:
            line = f"h2proof_play(handler, Scenario.from_json('{data}'))"
        return tell(
            failed.finding,
            failed.run.trace,
            who=self.what,
            line=line if len(line) <= REPLAY_LINE_MAX else "",
            replay=Replay(scenario=data),
        )
