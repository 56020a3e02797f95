"""A trace out again: one file for each form, loaded when it is asked for.

An exporter is a function `export(traces, *, redact=True) -> bytes` over titled traces. What is made
to be read masks secret values; what carries the octets says so in its row, for they hold the
secrets. What cannot be written in a form is refused with a ValueError, in one sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final, NamedTuple, cast

from h2proof.sim.trace import Trace


class Titled(NamedTuple):
    """A trace and the name that its input gave it."""

    title: str
    trace: Trace


class Exporter(NamedTuple):
    """Where an exporter is defined (as `export`), who reads it, and whether it holds the octets."""

    module: str
    sentence: str
    carries_octets: bool = False


Export = Callable[..., bytes]

EXPORTERS: Final[Mapping[str, Exporter]] = {
    "text": Exporter("h2proof.oracle.exporters.text", "the notation, for people and for tests"),
    "json": Exporter("h2proof.oracle.exporters.json", "for programs", carries_octets=True),
    "pcapng": Exporter("h2proof.oracle.exporters.pcapng", "for Wireshark", carries_octets=True),
    "pytest": Exporter("h2proof.oracle.exporters.pytest", "a test that judges it again"),
    "mermaid": Exporter("h2proof.oracle.exporters.mermaid", "a diagram for Markdown"),
    "ladder": Exporter("h2proof.oracle.exporters.ladder", "a drawing in letters"),
    "svg": Exporter("h2proof.oracle.exporters.svg", "a drawing for a page"),
}


def export(form: str, traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """The traces in a form that `EXPORTERS` names."""
    chosen = cast(Export, import_module(EXPORTERS[form].module).export)
    return chosen(traces, redact=redact)
