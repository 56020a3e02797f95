"""Whole scenarios, in two forms.

`scenarios` is structured: what is drawn reads like what it makes, at 2.6 ms an example.
`bulk_scenarios` draws one blob and cuts it into operations of four octets, so that losing octets
loses a request, an act, a fault; it costs little more than drawing the blob. Ready properties
use the bulk one. Both shrink to one polite client with one request, first ready, first run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from hypothesis import strategies as st

from h2proof.properties.strategies.behaviours import (
    MILLISECOND_NS,
    behaviours,
    schedules,
    settings_of,
)
from h2proof.properties.strategies.blobs import WIDTH, operations_in
from h2proof.properties.strategies.options import whole
from h2proof.sim.clients import CLIENTS
from h2proof.sim.pipe import DEFAULT, PipeOptions
from h2proof.sim.scenario import (
    EFFECTS,
    FAULTY_CALLS,
    Act,
    CallFault,
    ClientPlan,
    Param,
    RequestPlan,
    Scenario,
)

PATHS: Final = ("/", "/a", "/b")
METHODS: Final = ("GET", "GET", "POST", "HEAD")
FIELDS: Final[tuple[tuple[tuple[str, str], ...], ...]] = (
    (),
    (("accept-encoding", "gzip"),),
    (("user-agent", "a"), ("user-agent", "b"), ("user-agent", "c")),
    (("accept", "text/html"), ("cache-control", "no-cache")),
)
SETTINGS: Final = ((2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (4, 100), (5, 20_000), (6, 1000))
PIPES: Final = (
    DEFAULT,
    PipeOptions(chunk=50),
    PipeOptions(chunk=9),
    PipeOptions(capacity=64),
    PipeOptions(capacity=20),
    PipeOptions(delay_ns=0),
    PipeOptions(burst=False),
    PipeOptions(delay_ns=20_000_000),
)
"""What pipes may be like: whole, in pieces, narrow, immediate, slow."""


def scenarios(
    *,
    handler: str = "",
    server: str = "go",
    clients: int = 2,
    requests: int = 3,
    acts: int = 2,
    faults: int = 1,
    legal: bool = False,
    paths: tuple[str, ...] = PATHS,
) -> st.SearchStrategy[Scenario]:
    """Scenarios with up to so many clients, requests and acts a client, and faults. Structured.

    `legal` leaves out behaviours that break the RFC; `paths` are what the clients ask for.
    """
    whole("clients", clients, 1, 100)
    whole("faults", faults, 0, 100)
    client = client_plans(requests=requests, acts=acts, legal=legal, paths=paths)
    return st.builds(
        Scenario,
        st.just(handler),
        st.just(server),
        st.lists(client, min_size=1, max_size=clients).map(tuple),
        faults=st.lists(call_faults(), max_size=faults, unique_by=_which_call).map(tuple),
        schedule=schedules(),
        upward=st.sampled_from(PIPES),
        downward=st.sampled_from(PIPES),
    )


def client_plans(
    *,
    requests: int = 3,
    acts: int = 2,
    legal: bool = False,
    paths: tuple[str, ...] = PATHS,
) -> st.SearchStrategy[ClientPlan]:
    """Clients with 1 to `requests` requests and up to `acts` acts. Structured."""
    whole("requests", requests, 1, 100)
    whole("acts", acts, 0, 100)
    return st.builds(
        ClientPlan,
        st.lists(request_plans(paths=paths), min_size=1, max_size=requests).map(tuple),
        st.lists(behaviours(legal=legal), max_size=acts).map(tuple),
        st.lists(st.sampled_from(SETTINGS), max_size=2).map(tuple),
    )


def request_plans(*, paths: tuple[str, ...] = PATHS) -> st.SearchStrategy[RequestPlan]:
    """Requests for one of the paths; some have a body, or more fields. Structured."""
    return st.builds(
        RequestPlan,
        path=st.sampled_from(paths),
        method=st.sampled_from(METHODS),
        fields=st.sampled_from(FIELDS),
        body_octets=st.sampled_from((0, 0, 10, 2000)),
    )


def call_faults(*, nth: int = 6) -> st.SearchStrategy[CallFault]:
    """One of a handler's first `nth` calls of a kind goes wrong. Structured."""
    whole("nth", nth, 1, 100_000)
    return st.builds(
        CallFault, st.sampled_from(FAULTY_CALLS), st.integers(1, nth), st.sampled_from(EFFECTS)
    )


def _which_call(fault: CallFault) -> tuple[str, int]:
    return fault.call, fault.nth


# --- from one blob -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A scenario while its operations are carried out."""

    paths: tuple[str, ...]
    acts: tuple[tuple[str, Mapping[str, Param]], ...]
    clients: list[tuple[list[RequestPlan], list[Act], list[tuple[int, int]], int]]
    faults: dict[tuple[str, int], CallFault] = field(default_factory=dict)
    choices: list[int] = field(default_factory=list)
    seed: int | None = None
    upward: PipeOptions = DEFAULT
    downward: PipeOptions = DEFAULT


def _request(draft: _Draft, x: int, y: int, z: int) -> None:
    requests = draft.clients[-1][0]
    path = draft.paths[x % len(draft.paths)]
    fields = FIELDS[(y >> 2) % len(FIELDS)]
    requests.append(RequestPlan(path, METHODS[y & 3], fields=fields, at_ns=z % 8 * MILLISECOND_NS))


def _body(draft: _Draft, x: int, y: int, _: int) -> None:
    requests = draft.clients[-1][0]
    path = draft.paths[x % len(draft.paths)]
    requests.append(RequestPlan(path, "POST", body_octets=16 * y))


def _act(draft: _Draft, x: int, y: int, z: int) -> None:
    name, params = draft.acts[(x << 8 | y) % len(draft.acts)]
    from_ns = (z & 7) * MILLISECOND_NS
    until_ns = from_ns + (z >> 4) * MILLISECOND_NS if z >> 4 else None
    draft.clients[-1][1].append(Act(name, params, from_ns, until_ns))


def _another_client(draft: _Draft, x: int, y: int, z: int) -> None:
    draft.clients.append(([], [], [], (x & 7) * MILLISECOND_NS))
    _request(draft, y, z, 0)


def _setting(draft: _Draft, x: int, _: int, __: int) -> None:
    draft.clients[-1][2].append(SETTINGS[x % len(SETTINGS)])


def _fault(draft: _Draft, x: int, y: int, z: int) -> None:
    call = FAULTY_CALLS[x % len(FAULTY_CALLS)]
    fault = CallFault(call, 1 + y % 8, EFFECTS[z % len(EFFECTS)])
    draft.faults[call, fault.nth] = fault


def _choices(draft: _Draft, x: int, y: int, z: int) -> None:
    draft.choices += (x & 7, y & 7, z & 7)


def _seed(draft: _Draft, x: int, y: int, z: int) -> None:
    draft.seed = x << 16 | y << 8 | z


def _pipes(draft: _Draft, x: int, y: int, _: int) -> None:
    draft.upward, draft.downward = PIPES[x % len(PIPES)], PIPES[y % len(PIPES)]


_OPERATIONS: Final[tuple[Callable[[_Draft, int, int, int], None], ...]] = (
    _request,
    _act,
    _act,
    _act,
    _fault,
    _choices,
    _choices,
    _seed,
    _another_client,
    _body,
    _setting,
    _pipes,
)


def bulk_scenarios(
    *,
    handler: str = "",
    server: str = "go",
    operations: int = 16,
    clients: int = 3,
    legal: bool = False,
    paths: tuple[str, ...] = PATHS,
    options: Mapping[str, Param] | None = None,
) -> st.SearchStrategy[Scenario]:
    """Scenarios decoded from one blob of up to `operations` operations. Bulk.

    A scenario has at most `clients` clients; `legal` leaves out behaviours that break the RFC,
    `paths` are what they ask for, `options` go to handler and server as they are.
    """
    whole("operations", operations, 0, 4096)
    whole("clients", clients, 1, 100)
    base = Scenario(handler, server, options=dict(options or {}))
    acts = tuple(
        (name, params)
        for name, behaviour in CLIENTS.items()
        if behaviour.legal or not legal
        for params in settings_of(name)
    )
    return st.binary(max_size=WIDTH * operations).map(
        lambda blob: decoded(blob, base, acts=acts, paths=paths, clients=clients)
    )


def decoded(
    blob: bytes,
    base: Scenario,
    *,
    acts: tuple[tuple[str, Mapping[str, Param]], ...],
    paths: tuple[str, ...] = PATHS,
    clients: int = 3,
) -> Scenario:
    """The scenario that a blob stands for, on the ground of `base`.

    Clients beyond the last allowed do not count.
    """
    draft = _Draft(paths, acts, [([RequestPlan(paths[0])], [], [], 0)])
    for operation, x, y, z in operations_in(blob, _OPERATIONS):
        if operation is _another_client and len(draft.clients) >= clients:
            continue
        operation(draft, x, y, z)
    return replace(
        base,
        clients=tuple(
            ClientPlan(tuple(requests), tuple(played), tuple(settings), at_ns)
            for requests, played, settings, at_ns in draft.clients
        ),
        faults=tuple(draft.faults.values()),
        schedule="seeded" if draft.seed is not None else tuple(draft.choices),
        seed=draft.seed or 0,
        upward=draft.upward,
        downward=draft.downward,
    )
