"""A run as data: who asks what, how the clients behave, which calls fail, who runs next.

A scenario holds values only, checks them when it is made, and goes to versioned JSON and back. The
same scenario gives the same trace in every process. It knows no handler, no behaviour and no
server, only their names.
"""

from h2proof.sim.scenario.values import (
    EFFECTS,
    FAULTY_CALLS,
    Act,
    Bounds,
    CallFault,
    ClientPlan,
    Effect,
    FaultyCall,
    Param,
    RequestPlan,
    Scenario,
)

__all__ = [
    "EFFECTS",
    "FAULTY_CALLS",
    "Act",
    "Bounds",
    "CallFault",
    "ClientPlan",
    "Effect",
    "FaultyCall",
    "Param",
    "RequestPlan",
    "Scenario",
]
