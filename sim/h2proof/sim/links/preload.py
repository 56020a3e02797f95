"""Which links of a page Caddy would hand to Push (push-handlers.md C23, C24, C27).

The relation type is never looked at, and remote is what begins like it, in lower case. What Push
makes of a target is not known here.
"""

from typing import Final

from h2proof.sim.links.values import Link, Parsed

REMOTE: Final = (b"//", b"http://", b"https://")


def is_pushed(link: Link) -> bool:
    """Neither marked `nopush` nor remote."""
    return not link.nopush and not link.target.startswith(REMOTE)


def targets_to_push(parsed: Parsed) -> tuple[bytes, ...]:
    """The targets in their order, as long as no Push fails."""
    return tuple(link.target for link in parsed.links if is_pushed(link))
