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


def for_type(kind: int) -> tuple[Rule, ...]:
    """The rules that look at frames of a type, in the order in which they are asked."""
    rows = [row for row in RULES.values() if kind in row.types]
    return tuple(sorted(rows, key=lambda row: row.stage))
