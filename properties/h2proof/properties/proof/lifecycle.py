"""Which lifecycle invariants a handler and its server break, and in which of a few probes.

A campaign varies the client; these vary what the server is given as well: odd Link fields, changed
fields, stuck transports, more promises than handlers may run. No probe knows what it should find,
and none is made for one handler: each is put to all, and the checks of `oracle.invariants` tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final

from h2proof.oracle import invariants
from h2proof.oracle.invariants import INVARIANTS
from h2proof.sim.pipe import PipeOptions
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import play

WIDTH: Final = 80

AGENTS: Final = tuple(
    RequestPlan(fields=(("user-agent", agent), ("accept", accept)), at_ns=at_ns)
    for agent, accept, at_ns in (("first/1", "text/html", 0), ("second/2", "*/*", 20_000_000))
)
SMALL: Final[Mapping[str, int | str]] = {"body_octets": 100, "resource_octets": 100}

PROBES: Final[Mapping[str, Scenario]] = {
    "a page as usual": Scenario(clients=(ClientPlan(requests=AGENTS),)),
    "a quoted title with a comma and arrows in it": Scenario(
        options={"links": '</a.css>; rel=preload; title="Next, -> <-"'}
    ),
    "a relative link before others": Scenario(
        options={"links": "<style.css>; rel=preload, </x.js>; rel=preload"}
    ),
    "a link to another host, its scheme in capitals": Scenario(
        options={"links": "<HTTPS://other.example/x>; rel=preload"}
    ),
    "a field of promised requests is replaced": Scenario(
        clients=(ClientPlan(requests=AGENTS),),
        options={"header_replace": "User-Agent: first => other"},
    ),
    "a client that never reads, and little room on the way": Scenario(
        clients=(ClientPlan(acts=(Act("stops-reading"),)),),
        options={"resources": "/1 /2 /3"},
        downward=PipeOptions(capacity=60),
    ),
    "more stalled promises than handlers may run, then a request": Scenario(
        clients=(
            ClientPlan(
                requests=(RequestPlan(), RequestPlan(path="/own", at_ns=10_000_000)),
                acts=(Act("stalled"),),
                settings=((4, 0),),
            ),
        ),
        options={**SMALL, "resources": "/1 /2 /3 /4", "max_concurrent_streams": 3},
    ),
    "a client with room for one stream": Scenario(
        clients=(ClientPlan(acts=(Act("stalled"),), settings=((3, 1), (4, 0))),),
        options={"resources": "/1 /2 /3"},
    ),
    "a response that pauses for more than a minute": Scenario(
        options={"body_octets": 10_000, "chunk_octets": 5_000, "pause_ns": 70_000_000_000}
    ),
    "requests behind one another, each written in three pieces": Scenario(
        clients=(ClientPlan(requests=(RequestPlan(), RequestPlan(at_ns=30_000_000))),),
        options={**SMALL, "chunk_octets": 40, "pause_ns": 10_000_000},
    ),
    "a client that resets while it stalls": Scenario(
        clients=(ClientPlan(acts=(Act("stalled"), Act("resets-request"))),),
    ),
}
"""Put to every handler; the handler's and the server's names are filled in."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that a subject does not keep, and the first probe that showed it."""

    subject: str
    invariant: str
    sentence: str
    probe: str
    message: str
    advice: bool


def survey(handler: str, server: str = "go") -> tuple[Broken, ...]:
    """What a handler breaks on a server, each invariant once, in the order of `INVARIANTS`.

    ValueError with one sentence for a name that leads nowhere.
    """
    found: dict[str, Broken] = {}
    for probe, scenario in PROBES.items():
        run = play(replace(scenario, handler=handler, server=server))
        for finding in invariants.examine(run.trace):
            row = INVARIANTS[finding.rule]
            broken = Broken(handler, row.id, row.sentence, probe, finding.message, row.advice)
            found.setdefault(row.id, broken)
    return tuple(found[name] for name in INVARIANTS if name in found)


def render(rows: Sequence[Broken], subjects: int) -> Iterator[str]:
    """Lines of a page: each broken invariant once, with who breaks it and the probe that shows it."""
    text = f"{len(INVARIANTS)} invariants, {len(PROBES)} probes; what is not listed holds in all."
    yield f"  {text}"
    for name in INVARIANTS:
        breakers = [row for row in rows if row.invariant == name]
        if breakers:
            yield from _filled(name, told(breakers, subjects))


def told(breakers: Sequence[Broken], subjects: int) -> str:
    """One broken invariant in words."""
    first = breakers[0]
    who = "all" if len(breakers) == subjects else ", ".join(each.subject for each in breakers)
    kind = "advice; " if first.advice else ""
    return f"{first.sentence} Not so in {who} ({kind}{first.probe}): {first.message}"


def _filled(name: str, text: str) -> Iterator[str]:
    yield from wrap(
        text,
        WIDTH,
        initial_indent=f"  {name:14}",
        subsequent_indent=" " * 16,
        break_on_hyphens=False,
    )
