"""What a subject keeps at quiet, against what drives it: requests, promises, connections, a peer.

One axis at a time at doubling sizes, everything else as in the plan. Which law the values follow is
said by `oracle.growth`; what is wrong about it is not asked here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from h2proof.oracle import growth
from h2proof.oracle.growth import ChosenBy
from h2proof.properties.proof.proof import Growth
from h2proof.properties.proof.tried import OPTIONS, base
from h2proof.properties.search.campaign import Figures, tell
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario

SIZES: Final = (1, 2, 4, 8, 16, 32)
BETWEEN_NS: Final = 100_000_000
"""From one request to the next where they come one after the other: each is served long before."""
CHOSEN_BY: Final[Mapping[str, ChosenBy]] = {
    "requests": "load",
    "requests at once": "load",
    "promises": "load",
    "connections": "load",
    "resets": "peer",
    "PINGs": "peer",
}
"""The axes, and who decides how far each goes."""


def growths(subject: str, server: str) -> list[Growth]:
    """The law of each kind of resource on each axis, by the axes."""
    measured = {axis: _measured(axis, subject, server) for axis in CHOSEN_BY}
    kinds = sorted({kind for series in measured.values() for kind in series})
    rows: list[Growth] = []
    for axis in CHOSEN_BY:
        for kind in kinds:
            if kind in measured[axis]:
                of_kind = {each: of[kind] for each, of in measured.items() if kind in of}
                drives = growth.driven(of_kind, CHOSEN_BY)
                rows.append(
                    Growth(
                        subject,
                        kind,
                        axis,
                        str(drives.laws[axis]),
                        of_kind[axis],
                        CHOSEN_BY[axis],
                        drives.laws[axis].grows and (CHOSEN_BY[axis] == "load" or drives.by_peer),
                    )
                )
    return rows


def _measured(axis: str, subject: str, server: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """What is live at quiet at each size, by kind."""
    runs = [(size, tell(scenario_of(axis, size, base(subject, server))).accounts) for size in SIZES]
    return {
        kind: tuple((size, of.get(kind, Figures()).at_quiet) for size, of in runs)
        for kind in sorted({kind for _, accounts in runs for kind in accounts})
    }


def scenario_of(axis: str, size: int, plain: Scenario) -> Scenario:
    """The scenario of one measurement; KeyError for an axis that CHOSEN_BY does not have."""
    one = ClientPlan()
    clients: Mapping[str, tuple[ClientPlan, ...]] = {
        "requests": (
            ClientPlan(
                requests=tuple(RequestPlan(at_ns=each * BETWEEN_NS) for each in range(size))
            ),
        ),
        "requests at once": (ClientPlan(requests=(RequestPlan(),) * size),),
        "promises": (one,),
        "connections": (one,) * size,
        "resets": (replace(one, acts=(Act("resets-rapidly", {"times": size}),)),),
        "PINGs": (replace(one, acts=(Act("makes-noise", {"times": size}),)),),
    }
    resources = " ".join(f"/{each}" for each in range(size if axis == "promises" else 1))
    return replace(
        plain, clients=clients[axis], options={**OPTIONS, "resources": resources, "links": ""}
    )
