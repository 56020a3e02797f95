"""The exporter of our JSON: one trace, octets and all."""

from collections.abc import Sequence

from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.merging import merged


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """Versioned JSON, one line. It carries the octets as they are: there is nothing to read."""
    return merged(traces).to_json().encode() + b"\n"
