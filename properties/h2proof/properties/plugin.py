"""pytest plugin: options, marker, fixtures, and a section in the report, all prefixed h2proof.

pytest loads it in every run of everyone who has the package installed, so it imports nothing of
Hypothesis or of the world until a fixture is asked for. It keeps no state between processes: what
it reports goes with the test's own report, as xdist wants it.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from h2proof.properties.defaults import Defaults, desk

if TYPE_CHECKING:
    from h2proof.properties.ledger import Watch
    from h2proof.sim.scenario import Scenario
    from h2proof.sim.world import Run

MARKER = "h2proof"
KEYWORDS = ("examples", "seed", "strict")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for the ready properties of a run; a test's marker and its calls go before them."""
    group = parser.getgroup("h2proof", "HTTP/2 properties")
    group.addoption(
        "--h2proof-examples", type=int, metavar="N", help="how many examples a property tries"
    )
    group.addoption(
        "--h2proof-seed", type=int, metavar="N", help="the seed of all properties; no database"
    )
    group.addoption(
        "--h2proof-strict",
        action="store_true",
        help="fail a property that never came to some behaviour, state or fault",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(examples=..., seed=..., strict=...): options of the properties in a test",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The options in force for the test, and its section in the report."""
    with desk(_defaults(item)) as mine:
        try:
            return (yield)
        finally:
            if mine.reports:
                item.add_report_section("call", MARKER, "\n\n".join(mine.reports))


def _defaults(item: pytest.Item) -> Defaults:
    option = item.config.getoption
    chosen: dict[str, Any] = {
        "examples": option("--h2proof-examples"),
        "seed": option("--h2proof-seed"),
        "strict": option("--h2proof-strict"),
    }
    for marker in reversed(list(item.iter_markers(MARKER))):
        chosen.update(_marked(marker))
    return Defaults(**chosen)


def _marked(marker: pytest.Mark) -> dict[str, Any]:
    unknown = [name for name in marker.kwargs if name not in KEYWORDS]
    if marker.args or unknown:
        raise pytest.UsageError(
            f"the marker {MARKER} takes the keywords {', '.join(KEYWORDS)} and nothing else"
        )
    return dict(marker.kwargs)


@pytest.fixture
def h2proof_play() -> "Callable[..., Run]":
    """`play(handler, scenario)`: one run of a handler; its ladder goes into the report.

    The handler is an async function or a row of HANDLERS; without a scenario one polite client
    asks once. Nothing is judged: that is `h2proof.oracle.judge(run.trace)`.
    """
    from h2proof.properties.defaults import report
    from h2proof.properties.targets import play
    from h2proof.sim import ladder

    def played(handler: object, scenario: "Scenario | None" = None) -> "Run":
        run = play(handler, scenario)
        report(ladder.text(run.trace))
        return run

    return played


@pytest.fixture
def h2proof_ledger() -> "Iterator[Watch]":
    """A ledger for the test: what was tracked in it has to be gone, or closed once, at its end."""
    from h2proof.properties.ledger import watch

    with watch() as watched:
        yield watched
