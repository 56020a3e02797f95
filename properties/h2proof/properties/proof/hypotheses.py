"""The hazards that the origin's discussion names, H1 to H15, each put to every stage as a run.

A row says what is asked, which scenario answers it, and what is looked at in its trace. The answer
is what the run shows; none is written here. What no trace of these models can show is said to be
not decidable. The facts behind each are in push-handlers.md §3.3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from h2proof.properties.proof.tried import with_act
from h2proof.properties.search.campaign import Figures, figures
from h2proof.properties.search.failures import examine
from h2proof.sim.frames import PushPromise
from h2proof.sim.handlers import STAGES
from h2proof.sim.hpack import FieldDecoder
from h2proof.sim.scenario import Act, Bounds, CallFault, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.trace import FrameEvent
from h2proof.sim.world import Run, play

Look = Callable[[Sequence[Run]], str]

ONE: Final = Scenario(
    clients=(ClientPlan(),), schedule="fifo", bounds=Bounds(hostile_ns=2_000_000_000)
)
TWO: Final = replace(
    ONE,
    clients=(
        ClientPlan(requests=(RequestPlan(fields=(("user-agent", "first"),)),)),
        ClientPlan(requests=(RequestPlan(fields=(("user-agent", "second"),)),), at_ns=5_000_000),
    ),
)
STALLED: Final = Act("stalled")
NOT_DECIDABLE: Final = "not decidable"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is asked; the chain and the scenarios that answer it, and what to look at."""

    id: str
    question: str
    scenarios: tuple[Scenario, ...] = ()
    look: Look | None = None
    chain: str = ""
    why_not: str = ""


def answer(hypothesis: Hypothesis, stage: str) -> str:
    """What the runs of a stage show."""
    if hypothesis.look is None:
        return NOT_DECIDABLE
    handler = stage + hypothesis.chain
    return hypothesis.look([play(replace(each, handler=handler)) for each in hypothesis.scenarios])


def answers(stages: Sequence[str] = tuple(STAGES)) -> Iterator[tuple[Hypothesis, dict[str, str]]]:
    """Every hypothesis with the answer of each stage."""
    for hypothesis in HYPOTHESES:
        yield hypothesis, {stage: answer(hypothesis, stage) for stage in stages}


# --- what to look at ------------------------------------------------------------------------------


def wrappers_at_stop(runs: Sequence[Run]) -> str:
    """Whether a wrapper is live when the faults stop, and for how many octet-seconds it was."""
    account = figures(runs[0]).get("wrapper", Figures())
    return f"{account.at_stop} live, {account.octet_ns / 1_000_000_000:.1f} octet-s"


def first_misuse(runs: Sequence[Run]) -> str:
    """The first thing that goes wrong."""
    for run in runs:
        for failure in examine(run):
            what = failure.finding.rule.replace("_", " ")
            late = failure.finding.message.rpartition("Panic: ")[2]
            return f"{what}: {late}" if failure.finding.rule == "uncaught" else what
    return "nothing"


def _shows(rule: str) -> Look:
    def look(runs: Sequence[Run]) -> str:
        found = any(each.finding.rule == rule for run in runs for each in examine(run))
        return "yes" if found else "no"

    return look


def promised_twice(runs: Sequence[Run]) -> str:
    """Whether one target was promised more than once for one request."""
    for run in runs:
        seen: set[tuple[int, int, str]] = set()
        for event, fields in promises(run):
            key = (event.connection, event.stream, fields[":path"])
            if key in seen:
                return "yes"
            seen.add(key)
    return "no"


def guard_is_missing(runs: Sequence[Run]) -> str:
    """Whether a promise went out without the guard field."""
    missing = any("caddy-push" not in fields for run in runs for _, fields in promises(run))
    return "yes" if missing else "no"


def agent_of_another(runs: Sequence[Run]) -> str:
    """Whether a promise carries the User-Agent of another client's request."""
    own = {0: "first", 1: "second"}
    other = any(
        fields.get("user-agent") not in (None, own[event.connection])
        for run in runs
        for event, fields in promises(run)
    )
    return "yes" if other else "no"


def left_in_pool(runs: Sequence[Run]) -> str:
    """Where the wrapper is after a panic."""
    accounts = figures(runs[0])
    wrapper, pooled = accounts.get("wrapper", Figures()), accounts.get("pooled wrapper", Figures())
    if wrapper.at_quiet:
        return "still out"
    if pooled.acquired:
        return "back in the pool" if pooled.at_quiet else "lost to the pool"
    return "free"


def promises(run: Run) -> Iterator[tuple[FrameEvent, dict[str, str]]]:
    """PUSH_PROMISE frames with their fields as text."""
    decoders: dict[int, FieldDecoder] = {}
    for event in run.trace.frames():
        fragment = getattr(event.frame, "fragment", None)
        if event.sender != "server" or fragment is None:
            continue
        fields = decoders.setdefault(event.connection, FieldDecoder()).decode(fragment)
        if isinstance(event.frame, PushPromise) and isinstance(fields, tuple):
            yield event, {name.decode(): value.decode("latin-1") for name, value in fields}


# --- the table ------------------------------------------------------------------------------------


def _with(scenario: Scenario, **options: Param) -> Scenario:
    return replace(scenario, options=options)


def _seeds(scenario: Scenario, count: int) -> tuple[Scenario, ...]:
    return tuple(replace(scenario, schedule="seeded", seed=seed) for seed in range(count))


HYPOTHESES: Final[tuple[Hypothesis, ...]] = (
    Hypothesis(
        "H1",
        "Is the wrapper kept while its handler is blocked in a write on a stalled client?",
        (with_act(_with(ONE, body_octets=33_000), STALLED),),
        wrappers_at_stop,
    ),
    Hypothesis(
        "H2",
        "Is it kept once the handler has returned and only the server's last flush stalls?",
        (with_act(_with(ONE, body_octets=1_000), STALLED),),
        wrappers_at_stop,
    ),
    Hypothesis(
        "H3",
        "What happens when a layer below kept the writer, and writes right after the return?",
        (with_act(_with(ONE, late_ns=0, resources="", links="", body_octets=100), STALLED),),
        first_misuse,
        "-kept",
    ),
    Hypothesis(
        "H4",
        "Can that late write act on another client's stream?",
        (with_act(_with(TWO, body_octets=5_000, resources="", links=""), STALLED),),
        _shows("other_stream"),
        "-kept",
    ),
    Hypothesis(
        "H5",
        "Is an object put back twice on any path: error, panic, reset?",
        (
            with_act(ONE, Act("cancels-all-promises")),
            with_act(ONE, Act("resets-request")),
            _with(ONE, how="fails_late"),
            _with(ONE, how="gives_up"),
            _with(ONE, links="></a>"),
        ),
        _shows("double_release"),
    ),
    Hypothesis(
        "H6",
        "What happens when a 1xx callback runs on another task while the chain is unwound?",
        _seeds(with_act(ONE, Act("resets-request", {"after": "asked"})), 20),
        first_misuse,
        "-proxied",
    ),
    Hypothesis(
        "H7",
        "Are Links pushed twice, with a buffering layer between two push handlers?",
        (_with(ONE, resources=""),),
        promised_twice,
        "-buffered",
    ),
    Hypothesis(
        "H8",
        "Does clearing the token put an empty entry into the variable map?",
        why_not="the map is seen by the handlers only; no frame and no account tells of it",
    ),
    Hypothesis(
        "H9",
        "Are Links pushed again by a push handler in the error route?",
        tuple(
            replace(_with(ONE, resources=""), faults=(CallFault("write", nth),)) for nth in (1, 2)
        ),
        promised_twice,
        "-errors",
    ),
    Hypothesis(
        "H10",
        "Where is the wrapper after a panic below?",
        (_with(ONE, links="></a>"),),
        left_in_pool,
    ),
    Hypothesis(
        "H11",
        "Does a header that is built late see what was changed downstream?",
        why_not="no layer of these chains changes the request's fields before the first push",
    ),
    Hypothesis(
        "H12",
        "Does a direct Push through the wrapper go out without the guard field?",
        (_with(ONE, how="pushes", resources="/style.css", links=""),),
        guard_is_missing,
    ),
    Hypothesis(
        "H13",
        "Does a pooled wrapper carry another client's fields into a promise?",
        (TWO,),
        agent_of_another,
    ),
    Hypothesis(
        "H14",
        "Does a copy of the wrapper escape the clearing?",
        why_not="Go copies structs by value; objects of these models are shared",
    ),
    Hypothesis(
        "H15",
        "Does a Link field whose first > stands before its first < end in a panic?",
        (_with(ONE, links="></a>"),),
        _shows("handler_panicked"),
    ),
)


def table(rows: Sequence[tuple[Hypothesis, Mapping[str, str]]]) -> str:
    """The answers as a Markdown table; equal stages stand together."""
    lines = ["| | asked | answer of the run |", "| --- | --- | --- |"]
    for hypothesis, told in rows:
        lines.append(f"| {hypothesis.id} | {hypothesis.question} | {_summed(hypothesis, told)} |")
    return "\n".join(lines) + "\n"


def _summed(hypothesis: Hypothesis, told: Mapping[str, str]) -> str:
    if hypothesis.look is None:
        return f"not decidable in these models: {hypothesis.why_not}"
    stages: dict[str, list[str]] = {}
    for stage, text in told.items():
        stages.setdefault(text, []).append(f"`{stage}`")
    if len(stages) == 1:
        return f"all: {next(iter(stages))}"
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in stages.items())
