"""What clients do and when: acts for a scenario, and schedules of who runs next.

Acts are structured, 0.8 ms each, from the rows of `CLIENTS` with their parameters; they shrink
to the first row, `polite`. Schedules are bulk, one blob, shrink to `()`: first ready, first run.
"""

from collections.abc import Mapping
from typing import Final

from hypothesis import strategies as st

from h2proof.properties.strategies.options import one_of_names, whole
from h2proof.sim.clients import CLIENTS
from h2proof.sim.clients.moments import MOMENTS
from h2proof.sim.scenario import Act, Param

MILLISECOND_NS: Final = 1_000_000


def settings_of(name: str) -> tuple[Mapping[str, Param], ...]:
    """The parameter settings of a behaviour worth trying: its defaults, variants, and moments."""
    behaviour = CLIENTS[name]
    moments: tuple[Mapping[str, Param], ...] = ()
    if "after" in behaviour.params:
        moments = tuple({"after": moment} for moment in MOMENTS)
    return ({}, *behaviour.variants, *moments)


def behaviours(
    *, names: tuple[str, ...] | None = None, legal: bool = False, requests: int = 1
) -> st.SearchStrategy[Act]:
    """Acts of a client with `requests` requests: what, with which parameters, from and until when.

    `names` are rows of CLIENTS, None means all; `legal` leaves out those that break the RFC.
    Structured.
    """
    whole("requests", requests, 0, 1000)
    for name in names or ():
        one_of_names("names", name, CLIENTS)
    known = [name for name in names or CLIENTS if CLIENTS[name].legal or not legal]
    plain = [(name, params) for name in known for params in settings_of(name)]
    begins = st.sampled_from((0, 0, 1, 2, 5)).map(lambda ms: ms * MILLISECOND_NS)
    lasts = st.none() | st.integers(1, 10).map(lambda ms: ms * MILLISECOND_NS)
    which = st.just(()) | st.integers(0, max(0, requests - 1)).map(lambda place: (place,))
    return st.tuples(st.sampled_from(plain), begins, lasts, which).map(
        lambda drawn: _act(*drawn, requests=requests)
    )


def _act(
    what: tuple[str, Mapping[str, Param]],
    from_ns: int,
    lasts_ns: int | None,
    which: tuple[int, ...],
    *,
    requests: int,
) -> Act:
    until_ns = None if lasts_ns is None else from_ns + lasts_ns
    return Act(what[0], what[1], from_ns, until_ns, which if requests else ())


def schedules(*, choices: int = 64) -> st.SearchStrategy[tuple[int, ...]]:
    """Scripts of up to `choices` choices, 0 being the step that is ready longest. Bulk."""
    whole("choices", choices, 0, 100_000)
    return st.binary(max_size=choices).map(lambda blob: tuple(value & 7 for value in blob))
