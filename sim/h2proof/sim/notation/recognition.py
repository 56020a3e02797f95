"""Is this text in the notation? Decided by its first line, for importers that have to choose."""

import re
from typing import Final

from h2proof.sim.notation.event_lines import SENT, TOLD
from h2proof.sim.notation.reading import FORMS

_LOOKED_AT_MAX: Final = 1 << 16
_FIRST: Final = re.compile(r"(?:@\S+\s+)?[CS*](?:#[0-9]+)?(?:  +\S| +([A-Za-z_0-9]+)(?: |$))")


def looks_like(text: str) -> bool:
    """Whether the first line that is no comment and no title begins as a line of the notation."""
    for line in text[:_LOOKED_AT_MAX].removeprefix("\ufeff").split("\n"):
        if not line.strip() or line.startswith(("#", "(")) or re.fullmatch(r"@\S+\s*", line):
            continue
        match = _FIRST.match(line)
        if match is None:
            return False
        word = match.group(1)
        return word is None or word in FORMS or word in SENT or word in TOLD
    return False
