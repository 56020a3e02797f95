"""The exporter of our text notation: each trace under its title."""

from collections.abc import Sequence

from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.masking import masked_trace
from h2proof.sim import notation


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """The notation, UTF-8; a single trace without a title has none in the text either."""
    shown = [
        notation.Titled(title, masked_trace(trace) if redact else trace) for title, trace in traces
    ]
    if len(shown) == 1 and not shown[0].title:
        return notation.print_trace(shown[0].trace).encode()
    return notation.print_text(shown).encode()
