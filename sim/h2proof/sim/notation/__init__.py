"""The text notation of traces: tests, reports and import use this one form.

    C  SETTINGS ENABLE_PUSH=0
    S  SETTINGS ACK
    C  HEADERS 1 END_STREAM  GET /
    S  PUSH_PROMISE 1 -> 2  GET /style.css     ! promise_while_push_is_off

It is total: `parse_one(print_trace(trace)) == trace` for every trace whose events name connections
that it has. `docs/notation.md` is its page for users. What a trace means is not known here.
"""

from h2proof.sim.notation.labels import Label, labels, lines_of
from h2proof.sim.notation.parser import parse, parse_one
from h2proof.sim.notation.printer import print_events, print_text, print_trace
from h2proof.sim.notation.recognition import looks_like
from h2proof.sim.notation.titled import Expected, Titled
from h2proof.sim.notation.words import NotationError

__all__ = [
    "Expected",
    "Label",
    "NotationError",
    "Titled",
    "labels",
    "lines_of",
    "looks_like",
    "parse",
    "parse_one",
    "print_events",
    "print_text",
    "print_trace",
]
