"""Every schedule of a small scenario: one step is a frame delivered, an await resumed, a timer.

Depth first, each run from the start, with two reductions. First: at one instant the clients' steps
and the server's do not touch each other, for octets between them take time; so of those that are
ready only one side's are tried against one another, the other side's turn comes after. Second: a
run that comes to a state in which another one has been is not followed any further, for what can
happen from there has been tried. States are compared by what tells them apart to anybody inside:
the frames of each direction in their order, what was delivered, the accounts, the notes, where each
task stands, which steps and timers are ready; not by how the two directions took turns. That this
leaves out no outcome is checked by tests that explore without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from h2proof.properties.search.failures import Failure, examine
from h2proof.sim.scenario import Scenario
from h2proof.sim.scheduler import Label, Point, Schedule, Scripted, Step, Timer, explore
from h2proof.sim.trace import (
    SENDERS,
    DeliveredEvent,
    FrameEvent,
    NoteEvent,
    Resource,
    ResourceEvent,
    Trace,
)
from h2proof.sim.world import Run, World

SCHEDULES_MAX: Final = 200_000
"""Runs after which an exploration is given up, and says so."""

Lane = tuple[object, ...]
"""What happens in one order: a direction's frames (its last entry is the sender), an account."""
MakeWorld = Callable[[Scenario, Schedule], World]


@dataclass(frozen=True, slots=True)
class Explored:
    """What an exploration came to. `schedules` are runs to the end; `cut` were seen before."""

    scenario: Scenario
    schedules: int
    cut: int
    states: int
    outcomes: int
    """Distinct ways in which runs ended: frames of each direction, failures, who waits."""
    complete: bool
    deviations_max: int | None
    failures: tuple[Failure, ...]
    """The first of each fingerprint."""

    def __str__(self) -> str:
        if not self.complete:
            scope = f"not all schedules (the search was ended after {self.schedules + self.cut})"
        elif self.deviations_max is None:
            scope = "every schedule"
        else:
            scope = f"every schedule with at most {self.deviations_max} turns out of order"
        found = ", ".join(sorted({each.finding.rule for each in self.failures}))
        result = f"these were found: {found}" if found else "nothing was found"
        return (
            f"In {scope} of this scenario {result}: {self.schedules} runs to the end, "
            f"{self.cut} cut short in a state seen before, {self.states} states, "
            f"{self.outcomes} distinct outcomes."
        )


ALIKE: Final = frozenset({"writer state"})
"""Pooled kinds of which one is as good as another: nobody can keep a handle to one (G26, G29)."""


class Seen(Exception):
    """This state has been come to before."""


def explore_all(
    scenario: Scenario,
    world_of: MakeWorld,
    *,
    reduce: bool = True,
    deviations_max: int | None = None,
    schedules_max: int = SCHEDULES_MAX,
) -> Explored:
    """Play every schedule of the scenario; `deviations_max` bounds turns out of order."""
    visited: set[object] = set()
    outcomes: dict[object, tuple[str, ...]] = {}
    failures: dict[str, Failure] = {}
    schedules = cut = 0
    complete = True

    def attempt(script: Scripted) -> Run | None:
        schedule = _Pruning(script, visited) if reduce else script
        world = world_of(scenario, schedule)
        if isinstance(schedule, _Pruning):
            schedule.world = world
        try:
            return world.play()
        except Seen:
            return None

    for _, run in explore(attempt, _alternatives(deviations_max, one_side=reduce)):
        if run is None:
            cut += 1
        else:
            schedules += 1
            key = outcome_of(run)
            if key not in outcomes:
                found = examine(run)
                outcomes[key] = tuple(each.fingerprint for each in found)
                for each in found:
                    failures.setdefault(each.fingerprint, each)
        if schedules + cut >= schedules_max:
            complete = False
            break
    return Explored(
        scenario,
        schedules,
        cut,
        len(visited),
        len(outcomes),
        complete,
        deviations_max,
        tuple(failures[each] for each in sorted(failures)),
    )


def _alternatives(
    deviations_max: int | None, *, one_side: bool
) -> Callable[[Sequence[Point], int], Sequence[int]]:
    def alternatives(points: Sequence[Point], place: int) -> Sequence[int]:
        labels = points[place].labels
        if deviations_max is not None:
            before = sum(1 for point in points[:place] if point.chosen)
            if before >= deviations_max:
                return (0,)
        if not one_side:
            return range(len(labels))
        first = _is_clients(labels[0])
        return [each for each, label in enumerate(labels) if _is_clients(label) is first]

    return alternatives


def _is_clients(label: Label) -> bool:
    return label.whose.startswith(("client ", "arrival of server's"))


class _Pruning:
    """A script that stops a run where it comes to a state that was seen before."""

    def __init__(self, script: Scripted, visited: set[object]) -> None:
        self.world: World | None = None
        self._script = script
        self._visited = visited
        self._past = Past()

    def choose(self, candidates: Sequence[Step | Timer]) -> int:
        """What the script says; `Seen` at a state beyond it that is not new."""
        if self._script.beyond:
            assert self.world is not None
            state = self._past.state(self.world)
            if state in self._visited:
                raise Seen
            self._visited.add(state)
        return self._script.choose(candidates)


class Past:
    """What has happened in a run, folded lane by lane: each direction, and all accounts."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, int] = {}
        self._pooled: set[str] = set()
        self._waiting: dict[Resource, tuple[int, int]] = {}
        """Queued frames by connection and stream, the oldest first."""
        self._read = 0

    def state(self, world: World) -> object:
        """Equal for runs that go on alike, whatever comes."""
        self.read(world.trace)
        loop = world.loop
        return hash(
            (
                loop.now_ns,
                frozenset(self._lanes.items()),
                tuple(self._waiting.values()),
                loop.pending(),
                tuple((task.get_name(), _stands(task)) for task in loop.tasks()),
            )
        )

    def read(self, trace: Trace) -> dict[Lane, int]:
        """Fold what the trace has that was not read yet; the lanes."""
        for index in range(self._read, len(trace)):
            event = trace[index]
            if isinstance(event, FrameEvent):
                lane: Lane = (event.connection, event.sender)
                what: object = (event.type, event.flags, event.stream, event.kept)
            elif isinstance(event, DeliveredEvent):
                frame = trace[event.frame_event]
                assert isinstance(frame, FrameEvent)
                lane = (frame.connection, frame.sender, "delivered")
                what = None
            elif isinstance(event, ResourceEvent):
                if event.resource.kind == "task":
                    continue  # where tasks stand is looked at itself
                if event.resource.kind == "queued frame":
                    self._queue(event)
                    continue
                lane, what = self._account(event)
            else:
                text = event.text if isinstance(event, NoteEvent) else ""
                lane = ("notes", event.connection, getattr(event, "stream", 0))
                what = (event.kind, text, getattr(event, "stream", 0), getattr(event, "sender", ""))
            self._lanes[lane] = hash((self._lanes.get(lane, 0), what))
        self._read = len(trace)
        return self._lanes

    def _queue(self, event: ResourceEvent) -> None:
        """Frames that wait to be written have an order; which ones waited before is past."""
        if event.kind == "acquired":
            self._waiting[event.resource] = (event.connection, event.stream)
        elif event.kind == "released":
            self._waiting.pop(event.resource, None)

    def _account(self, event: ResourceEvent) -> tuple[Lane, object]:
        """The lane of an account's event, and what it says there.

        Streams do not touch each other's accounts, but in a pool it matters which object came back
        last.
        """
        resource = event.resource
        if resource.kind.startswith("pooled "):
            self._pooled.add(resource.kind.removeprefix("pooled "))
        what = (event.kind, resource.generation, event.by, event.chain)
        if resource.kind in self._pooled and resource.kind not in ALIKE:
            return (resource.kind,), (what, resource.number, event.connection, event.stream)
        return (resource.kind, event.connection, event.stream), what


def outcome_of(run: Run) -> object:
    """Equal for runs in which the same frames went each way, and that ended alike."""
    lanes = Past().read(run.trace)
    frames = frozenset((lane, lanes[lane]) for lane in lanes if lane[-1] in SENDERS)
    outcome = run.outcome
    told = (outcome.ending, outcome.waiting, outcome.waiting_closed, outcome.errors)
    return hash((frames, told))


def _stands(task: Any) -> tuple[tuple[str, int], ...]:
    """Where a task stands: its coroutines from the outermost, with their next instruction."""
    places: list[tuple[str, int]] = []
    coroutine: Any = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        places.append((getattr(coroutine, "__qualname__", ""), frame.f_lasti if frame else -1))
        coroutine = getattr(coroutine, "cr_await", None)
    return tuple(places)
