"""The rules: what a party may put on the wire, and what it owes; one subject a file, all listed."""

from types import MappingProxyType
from typing import Final

from h2proof.oracle.rules import (
    blocks,
    errors,
    extensions,
    fields,
    flow,
    framing,
    goaway,
    messages,
    pings,
    preface,
    push,
    reactions,
    settings,
    streams,
)
from h2proof.oracle.rules.rule import Rule, table

_ABOUT_FRAMES: Final = (
    *preface.RULES,
    *framing.RULES,
    *settings.RULES,
    *streams.RULES,
    *flow.RULES,
    *blocks.RULES,
    *messages.RULES,
    *fields.RULES,
    *messages.LENGTHS,
    *push.RULES,
    *pings.RULES,
    *goaway.RULES,
    *errors.RULES,
    *extensions.RULES,
)
RULES: Final = MappingProxyType(table(*_ABOUT_FRAMES, *reactions.rules(_ABOUT_FRAMES)))
"""Name → rule, in the order in which a report lists them."""


def by_type() -> tuple[tuple[Rule, ...], ...]:
    """For each frame type the rules that look at it, in the order in which they are asked."""
    found: list[list[Rule]] = [[] for _ in range(256)]
    for row in sorted(RULES.values(), key=lambda row: row.stage):
        for kind in row.types:
            found[kind].append(row)
    return tuple(tuple(rows) for rows in found)
