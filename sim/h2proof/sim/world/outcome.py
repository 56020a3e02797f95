"""What a run gives: the trace, how it ended, and what would play it again."""

from dataclasses import dataclass, replace
from typing import Literal

from h2proof.sim.scenario import CallFault, Scenario
from h2proof.sim.trace import Trace

Ending = Literal["quiet", "busy", "steps"]
"""How a run ended: nothing moved or waited any more; somebody still did; it had too many steps."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    `waiting` says who still waits for whom, one sentence each: first with connections open, then
    after they closed. `errors` is what nobody caught. Times are virtual nanoseconds.
    """

    ending: Ending
    waiting: tuple[str, ...]
    waiting_closed: tuple[str, ...]
    errors: tuple[str, ...]
    steps: int
    quiet_ns: int
    """When the faults stopped."""
    ended_ns: int
    faults_met: tuple[CallFault, ...] = ()
    """The scenario's faults that hit a call, in the order of the scenario."""

    @property
    def quiet(self) -> bool:
        """Whether everything came to rest, with the connections open and after they closed."""
        return self.ending == "quiet"


@dataclass(frozen=True, slots=True)
class Run:
    """A scenario that was played. `choices` is what its schedule chose where it had a choice."""

    trace: Trace
    outcome: Outcome
    scenario: Scenario
    choices: tuple[int, ...]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return self.trace._repr_mimebundle_()

    @property
    def script(self) -> Scenario:
        """The same run as a scenario whose schedule is written out."""
        return replace(self.scenario, schedule=self.choices)
