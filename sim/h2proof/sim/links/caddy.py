"""Caddy's `parseLinkHeader` as on master, and in B, C1 and C2 (push-handlers.md §2.1).

It splits at every comma and every semicolon, knows no quoted strings and no brackets, and indexes
without checking. It refuses nothing: what makes no link is skipped, and an inverted slice panics.
"""

from h2proof.sim.links.trim import trim_space
from h2proof.sim.links.values import Link, Parsed, out_of_range


def parse_caddy(value: bytes) -> Parsed:
    """All links of a field value, or the panic of L6."""
    links: list[Link] = []
    for piece in value.split(b",") if value else ():  # L1, L2
        left, right = piece.find(b"<"), piece.find(b">")
        if left < 0 or right < 0:  # L3
            continue
        if left + 1 > right:  # L6
            return out_of_range(left + 1, right)
        parameters = _parameters(piece[right + 1 :])
        links.append(
            Link(
                trim_space(piece[left + 1 : right]),  # L4
                b"nopush" in parameters,
                tuple(parameters.items()),
            )
        )
    return Parsed(tuple(links))


def _parameters(text: bytes) -> dict[bytes, bytes]:
    """L5: names are case-sensitive, values keep their quotes (L9), the last duplicate wins."""
    parameters: dict[bytes, bytes] = {}
    for part in trim_space(text).split(b";"):
        name, has_value, value = trim_space(part).partition(b"=")
        name = trim_space(name)
        if name:
            parameters[name] = trim_space(value) if has_value else name
    return parameters
