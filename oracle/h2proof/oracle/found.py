"""How a finding about a resource, or about somebody who waits, is put together.

The server is blamed: its side is what a world keeps accounts of. No RFC clause forbids a leak, so
these findings cite none. Who has found it, and why, is not known here.
"""

import re
from collections.abc import Iterable
from typing import Final

from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import Resource, Trace

_NUMBER: Final = re.compile(r"\d+")


def shape(texts: Iterable[str]) -> str:
    """Texts without their numbers: equal for equal holders in runs of any length."""
    return " < ".join(_NUMBER.sub("N", text) for text in texts)


def found(
    rule: str,
    trace: Trace,
    event: int,
    message: str,
    because: Iterable[Because],
    *,
    resource: Resource | None = None,
    holder: tuple[str, ...] = (),
    stream: int | None = None,
    like: str = "",
    consequences: tuple[Finding, ...] = (),
) -> Finding:
    """A violation at `event`, with the events of its facts as witnesses.

    `like` is what sets its fingerprint apart from others of the rule on such a resource.
    """
    facts = tuple(because)
    at = trace[event]
    kind = resource.kind if resource is not None else ""
    return Finding(
        verdict="violation",
        actor="server",
        rule=rule,
        requirements=(),
        level="MUST",
        connection=at.connection,
        event=event,
        packet=None,
        frame_index=None,
        stream=getattr(at, "stream", 0) if stream is None else stream,
        scope="none",
        expected=(),
        message=message,
        because=facts,
        witnesses=tuple(sorted({event, *(f.event for f in facts if f.event is not None)})),
        fingerprint="|".join(part for part in (rule, "server", kind, like) if part),
        consequences=consequences,
        resource=resource,
        holder=holder,
    )


def since_frame(trace: Trace, place: int | None) -> Because | None:
    """The frame at a place in the columns as a fact; None where there is none."""
    if place is None:
        return None
    frame = trace.frame_at(place)
    return Because(f"{frame} was on the wire", frame.index, frame.packet)
