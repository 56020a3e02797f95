"""A failure as a file: a test that runs alone, its scenario, or its trace in any form of EXPORTERS.

Made from what `Broken.replay` holds, by playing it once more; so the handler has to have a name
that can be imported, or to be given. Which forms a trace can have is known to the exporters.
"""

from typing import Final

from h2proof.oracle.exporters import EXPORTERS, Titled, export
from h2proof.properties.broken import Broken
from h2proof.properties.checks.driving import Recorder, as_frames
from h2proof.properties.targets import play
from h2proof.sim.codec import PREFACE
from h2proof.sim.naming import no_such
from h2proof.sim.scenario import Scenario
from h2proof.sim.trace import Trace

SCENARIO: Final = "scenario"
PYTEST: Final = "pytest"
FORMS: Final = (SCENARIO, PYTEST, *(form for form in EXPORTERS if form != PYTEST))
"""What a counterexample can be written as."""

_OF_A_SCENARIO: Final = '''\
"""{first}"""

from h2proof.properties.search import examine
from h2proof.sim.scenario import Scenario
from h2proof.sim.world import play

SCENARIO = """
{input}
"""


def test_{name}() -> None:
    failures = examine(play(Scenario.from_json(SCENARIO)))

    assert not failures, "\\n".join(each.finding.message for each in failures)
'''


def counterexample(broken: Broken, form: str, *, handler: object = None) -> bytes:
    """The failure in that form. `handler` is played where the scenario names none.

    ValueError with one sentence for a form that it cannot have.
    """
    if form not in FORMS:
        raise ValueError(no_such("form", form, FORMS))
    if form == PYTEST:
        return _as_test(broken).encode()
    if form == SCENARIO:
        if not broken.replay.scenario:
            raise ValueError("only a failure of a handler or an application has a scenario")
        return broken.replay.scenario.encode() + b"\n"
    return export(form, [Titled(broken.rule, _trace_of(broken, handler))])


def _as_test(broken: Broken) -> str:
    scenario = broken.replay.scenario
    if not scenario:
        raise ValueError("a parser or an endpoint is its own test: see the line `replay`")
    if not Scenario.from_json(scenario).handler:
        raise ValueError("the handler cannot be imported by name; move it to the top of a module")
    first = str(broken).partition("\n\n")[0].replace("\n  ", " ").replace('"', "'")
    name = "".join(each if each.isalnum() else "_" for each in broken.rule)
    text = scenario.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return _OF_A_SCENARIO.format(first=f"{first}.", input=text, name=name)


def _trace_of(broken: Broken, handler: object) -> Trace:
    replay = broken.replay
    if replay.scenario:
        scenario = Scenario.from_json(replay.scenario)
        return play(handler if handler is not None else scenario.handler, scenario).trace
    if not replay.octets:
        raise ValueError("a parser's failure has no frames")
    recorder = Recorder("server" if replay.octets.startswith(PREFACE) else "client")
    for piece in as_frames(replay.octets):
        recorder.sent(recorder.peer, piece)
    return recorder.trace
