"""Handlers side by side: play what is to be tried, make what is found small, put it all together.

No expectation is written here: a subject is what its runs show. Work is handed to an Executor in
pieces that are plain data, and put together in the order of the plan, so the number of workers does
not show. What is printed of it is not decided here.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from time import perf_counter
from typing import Any, Final, TypeVar

from h2proof.properties.proof.growing import growths
from h2proof.properties.proof.lifecycle import survey
from h2proof.properties.proof.proof import (
    WRAPPER_KINDS,
    Account,
    Cell,
    Explored,
    Model,
    Proof,
    Shown,
    Stall,
    Subject,
)
from h2proof.properties.proof.quoted import figures_of
from h2proof.properties.proof.showing import shown_of
from h2proof.properties.proof.tried import (
    OPTIONS,
    PAIR,
    SEEDS,
    Trial,
    base,
    small,
    subjects_of,
    trials,
    with_act,
)
from h2proof.properties.search.campaign import Figures, Played, every_call_fails, tell
from h2proof.properties.search.exhaustive import explore_all
from h2proof.sim.clients import CLIENTS
from h2proof.sim.handlers.model import HandlerModel
from h2proof.sim.scenario import Act, ClientPlan, FaultyCall, Scenario
from h2proof.sim.world import World, handler_named, server_named

T = TypeVar("T")

SECOND_NS: Final = 1_000_000_000
CALLS: Final[tuple[FaultyCall, ...]] = ("push", "write", "write_header", "flush")
DEVIATIONS_MAX: Final = 2
"""Turns out of order in the default exploration; None, asked for by name, is every schedule."""
BODY_THAT_FITS: Final = 1_000
"""Octets that fit into a server's buffer: the handler returns, and its last flush waits (C45b)."""


class Inline(Executor):
    """Does the work at once, in this process."""

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> "Future[T]":
        """The result, or the error, in a future that is done."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # as an executor: the error is the result
            future.set_exception(error)
        return future


def prove(
    handlers: Sequence[str] = PAIR,
    *,
    server: str = "go",
    seed: int = 0,
    seeds: int = SEEDS,
    deviations_max: int | None = DEVIATIONS_MAX,
    behaviours: Sequence[str] = tuple(CLIENTS),
    calls: Sequence[FaultyCall] = CALLS,
    executor: Executor | None = None,
) -> Proof:
    """Try the handlers, each with its chains, and tell what was found.

    `handlers` are rows of HANDLERS, groups, or `package.module:callable`; ValueError with one
    sentence for any other name. `seeds` seeded schedules are tried for each behaviour; each of
    `calls` fails in every way.
    """
    began = perf_counter()
    workers = Inline() if executor is None else executor
    subjects = subjects_of(tuple(handlers))
    models = [model_of(name) for name in subjects]
    plans = [list(trials(name, server, seed, seeds, behaviours)) for name in subjects]
    played = _campaigns(workers, plans)
    faults = [_faults(workers, base(name, server, seed), calls) for name in subjects]
    explored = [workers.submit(_explored, small(name, server), deviations_max) for name in subjects]
    grown = [workers.submit(growths, name, server) for name in subjects]
    stalls = [workers.submit(_stalls, name, server) for name in subjects]
    surveys = [workers.submit(survey, name, server) for name in subjects]
    shown = [
        shown_of(workers, [*runs, *_results(more)])
        for runs, more in zip(played, faults, strict=True)
    ]
    small_ones = [[each.result() for each in every] for every in shown]
    told = [
        _subject(*each)
        for each in zip(
            models,
            plans,
            played,
            [_results(each) for each in faults],
            small_ones,
            [each.result() for each in explored],
            strict=True,
        )
    ]
    return Proof(
        claim="each wrapper is released exactly once and never used afterwards, nothing is held"
        " that nobody needs when all is quiet, and the server keeps to the RFC",
        subjects=tuple(told),
        server=_server_model(server),
        behaviours=tuple(behaviours),
        variants=sum(1 + len(CLIENTS[name].variants) for name in behaviours),
        clients="two clients; the first asks once and is polite, the second comes 5 ms later, asks"
        " twice and behaves as each row says",
        seed=seed,
        seeds=seeds,
        growth=tuple(row for each in grown for row in each.result()),
        stalls=tuple(row for each in stalls for row in each.result()),
        lifecycle=tuple(row for each in surveys for row in each.result()),
        not_tried=(
            "real sockets, TLS and the real source code: these are models",
            "two misbehaviours of one client at a time (h2proof fuzz draws them)",
            "pipes that are slow, small or cut octets apart (h2proof fuzz draws them)",
        ),
        seconds=perf_counter() - began,
    )


def model_of(name: str) -> Model:
    """What a handler's verdict rests on; ValueError with one sentence for a name of nothing."""
    found = handler_named(name)
    if isinstance(found, HandlerModel):
        return Model(name, found.sentence, found.rests_on, found.source)
    sentence = (getattr(found, "__doc__", None) or "").strip().partition("\n")[0]
    return Model(name, sentence or "a handler of your own", "run", name)


def _server_model(name: str) -> Model:
    model = server_named(name)
    return Model(name, model.sentence, model.rests_on, model.source)


# --- pieces of work, for this process or another --------------------------------------------------


def _tell_all(scenarios: list[Scenario]) -> list[Played]:
    return [tell(each) for each in scenarios]


def _campaigns(workers: Executor, plans: list[list[Trial]]) -> list[list[Played]]:
    """Every trial of every subject; pieces of many runs, so that workers stay busy."""
    pieces = [
        [
            workers.submit(_tell_all, [each.scenario for each in plan[start : start + 16]])
            for start in range(0, len(plan), 16)
        ]
        for plan in plans
    ]
    return [_results(futures) for futures in pieces]


def _faults(
    workers: Executor, scenario: Scenario, calls: Sequence[FaultyCall]
) -> "list[Future[list[Played]]]":
    return [workers.submit(_call_fails, scenario, call) for call in calls]


def _call_fails(scenario: Scenario, call: FaultyCall) -> list[Played]:
    return list(every_call_fails(scenario, (call,)))


def _results(futures: "Iterable[Future[list[T]]]") -> list[T]:
    return [row for future in futures for row in future.result()]


def _explored(scenario: Scenario, deviations_max: int | None) -> Explored:
    handler, serve = handler_named(scenario.handler), server_named(scenario.server).serve
    result = explore_all(
        scenario,
        lambda each, schedule: World(each, handler, serve, schedule),
        deviations_max=deviations_max,
    )
    return Explored(
        str(result),
        result.schedules,
        result.cut,
        result.outcomes,
        result.complete,
        deviations_max,
        tuple(sorted({each.finding.rule for each in result.failures})),
    )


def _stalls(subject: str, server: str) -> list[Stall]:
    """A client that never credits: a handler that is blocked, and one that has returned."""
    rows: list[Stall] = []
    alone = replace(base(subject, server), clients=(ClientPlan(),))
    for what, body in (("blocked in a write", 33_000), ("returned, flush waits", BODY_THAT_FITS)):
        scenario = with_act(alone, Act("stalled"))
        played = tell(replace(scenario, options={**OPTIONS, "body_octets": body}))
        made = (played.accounts.get(kind) for kind in WRAPPER_KINDS)
        figures = next((each for each in made if each is not None), Figures())
        rows.append(Stall(subject, what, figures.at_stop, _octet_seconds(figures.octet_ns)))
    return rows


def _octet_seconds(octet_ns: int) -> float:
    return round(octet_ns / SECOND_NS, 6)


# --- a subject ------------------------------------------------------------------------------------


def _subject(
    model: Model,
    plan: list[Trial],
    runs: list[Played],
    faults: list[Played],
    shown: list[Shown],
    explored: Explored,
) -> Subject:
    every = [*runs, *faults]
    return Subject(
        model,
        len(runs),
        len(faults),
        sum(each.frames for each in every),
        sum(each.steps for each in every),
        sum(each.ending != "quiet" for each in every),
        tuple(_account(kind, every) for kind in sorted({k for r in every for k in r.accounts})),
        tuple(_cells(plan, runs)),
        tuple(shown),
        explored,
        _per_request(runs[0]),
        figures_of(model.name),
    )


def _account(kind: str, runs: list[Played]) -> Account:
    every = [run.accounts.get(kind, Figures()) for run in runs]
    return Account(
        kind,
        sum(each.acquired for each in every),
        sum(each.released for each in every),
        max(each.peak for each in every),
        max(each.at_stop for each in every),
        max(each.at_quiet for each in every),
        max(each.closed for each in every),
        _octet_seconds(sum(each.octet_ns for each in every)),
    )


def _cells(plan: list[Trial], runs: list[Played]) -> Iterable[Cell]:
    for name in dict.fromkeys(trial.behaviour for trial in plan):
        of_it = [run for trial, run in zip(plan, runs, strict=True) if trial.behaviour == name]
        broken: dict[str, int] = {}
        for run in of_it:
            for rule in sorted({failure.rule for failure in run.failures}):
                broken[rule] = broken.get(rule, 0) + 1
        yield Cell(name, len(of_it), broken)


def _per_request(polite: Played) -> dict[str, float]:
    requests = sum(len(client.requests) for client in polite.scenario.clients)
    return {kind: round(each.acquired / requests, 2) for kind, each in polite.accounts.items()}
