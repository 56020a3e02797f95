"""The exporter of Mermaid sequence diagrams: the rows of the ladder, for Markdown pages."""

from collections.abc import Iterator, Sequence
from typing import Final

from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.merging import merged
from h2proof.sim.ladder.folding import folded
from h2proof.sim.ladder.rows import Row, rows
from h2proof.sim.ladder.typed import fit

ROWS_MAX: Final = 200
LABEL_MAX: Final = 90
_SAFE: Final = frozenset(" !()*+,-./:=?@[]_'")


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """A `sequenceDiagram`; runs are folded as in a ladder."""
    shown = folded(rows(merged(traces), redact=redact), ROWS_MAX)
    several = len({row.connection for row in shown}) > 1
    lines = ["sequenceDiagram", "    participant C as client", "    participant S as server"]
    for row in shown:
        lines += (f"    {line}" for line in _lines(row, several))
    return "\n".join([*lines, ""]).encode()


def _lines(row: Row, several: bool) -> Iterator[str]:
    number = f"#35;{row.connection} " if several else ""
    words = number + inert(fit(str(row.label), LABEL_MAX))
    if row.kind in ("frame", "octets"):
        yield f"C->>S: {words}" if row.sender == "client" else f"S->>C: {words}"
    elif row.kind == "cut":
        yield f"C-xS: {words}" if row.sender == "client" else f"S-xC: {words}"
    elif row.kind == "arrival":
        yield f"Note over {'S' if row.sender == 'client' else 'C'}: {words}"
    else:
        yield f"Note over C,S: {words}"


def inert(words: str) -> str:
    """Words in which Mermaid sees no syntax: all but letters, digits and a few signs as codes."""
    return "".join(
        letter if letter.isalnum() or letter in _SAFE else f"#{ord(letter)};" for letter in words
    )
