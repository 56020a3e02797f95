"""The exporter of tests: a file for pytest that judges the traces again and wants the same."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from h2proof.oracle import judge
from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.masking import masked_trace
from h2proof.sim import notation
from h2proof.sim.trace import Trace

_HEAD: Final = '''\
"""Traces that were judged once, and are judged the same ever after."""

from h2proof.oracle import judge
from h2proof.sim import notation
'''
_TEST: Final = """

{name_upper} = {text}


def test_{name}_is_judged_as_before() -> None:
    [titled] = notation.parse({name_upper})

    found = [(finding.event, finding.rule) for finding in judge(titled.trace).findings]

    assert [tuple(expected) for expected in titled.expected] == sorted(found)
"""


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """A Python file with one test for each trace; what the judge finds now stands behind `!`."""
    names = _names(traces)
    tests = [
        _TEST.format(name=name, name_upper=name.upper(), text=_literal(_text(trace, redact)))
        for name, (_, trace) in zip(names, traces, strict=True)
    ]
    return "".join([_HEAD, *tests]).encode()


def _text(trace: Trace, redact: bool) -> str:
    shown = masked_trace(trace) if redact else trace
    found = sorted((finding.event, finding.rule) for finding in judge(shown).findings)
    return notation.print_trace(shown, [notation.Expected(*each) for each in found])


def _literal(text: str) -> str:
    if '"""' not in text and "\\" not in text:
        return f'"""\\\n{text}"""'
    if '"""' not in text:
        return f'r"""\n{text}"""'
    return "(\n" + "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True)) + ")"


def _names(traces: Sequence[Titled]) -> Iterator[str]:
    taken: set[str] = set()
    for title, _ in traces:
        name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:60] or "the_trace"
        name = name if not name[0].isdigit() else f"trace_{name}"
        free, number = name, 2
        while free in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free)
        yield free
