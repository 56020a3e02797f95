"""`st.from_type` for frames, scenarios and what they consist of: the `hypothesis` entry point.

Hypothesis calls `register` when it is imported, in any program of any user; so only the modules of
the types are imported then, and a strategy is made when it is first asked for.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from hypothesis import strategies as st

FRAMES: Final = (
    "Data",
    "Headers",
    "Priority",
    "RstStream",
    "Settings",
    "PushPromise",
    "Ping",
    "GoAway",
    "WindowUpdate",
    "Continuation",
    "AltSvc",
    "Origin",
    "PriorityUpdate",
    "Unknown",
)


def register() -> None:
    """Tell Hypothesis of the types."""
    from h2proof.sim import frames, scenario

    for name in FRAMES:
        kind = getattr(frames, name)
        st.register_type_strategy(kind, _later("frames", kinds=(kind,)))
    st.register_type_strategy(frames.Unreadable, _later("unreadable_frames"))
    st.register_type_strategy(frames.Dependency, _later("dependencies"))
    st.register_type_strategy(scenario.Scenario, _later("scenarios"))
    st.register_type_strategy(scenario.Act, _later("behaviours"))
    st.register_type_strategy(scenario.ClientPlan, _later("client_plans"))
    st.register_type_strategy(scenario.RequestPlan, _later("request_plans"))
    st.register_type_strategy(scenario.CallFault, _later("call_faults"))


def _later(name: str, **options: object) -> Callable[[object], st.SearchStrategy[Any]]:
    """The strategy of that name, imported when somebody asks for one of the type."""

    def strategy(_: object) -> st.SearchStrategy[Any]:
        made: st.SearchStrategy[Any] = getattr(
            import_module("h2proof.properties.strategies"), name
        )(**options)
        return made

    return strategy
