"""How a finding of hindsight is put together: about one event, with the events of its facts."""

from collections.abc import Sequence

from h2proof.oracle.verdict import Because, Finding, Level
from h2proof.sim.trace import CutEvent, FrameEvent, Trace


def seen_back(
    trace: Trace,
    event: int,
    rule: str,
    level: Level,
    requirements: tuple[str, ...],
    message: str,
    because: Sequence[Because],
    *,
    like: str = "",
) -> Finding:
    """A finding about a frame, or about an end, of its sender; a violation where a MUST is broken.

    `like` is what sets its fingerprint apart from others of the rule.
    """
    at = trace[event]
    assert isinstance(at, FrameEvent | CutEvent)
    stream = at.stream if isinstance(at, FrameEvent) else 0
    facts = tuple(because)
    return Finding(
        verdict="violation" if level == "MUST" else "advice",
        actor=at.sender,
        rule=rule,
        requirements=requirements,
        level=level,
        connection=at.connection,
        event=event,
        packet=at.packet,
        frame_index=at.frame_index if isinstance(at, FrameEvent) else None,
        stream=stream,
        scope="none",
        expected=(),
        message=message,
        because=facts,
        witnesses=tuple(sorted({event, *(f.event for f in facts if f.event is not None)})),
        fingerprint="|".join(part for part in (rule, at.sender, like) if part),
    )
