"""The Link header field (RFC 8288), as several parsers read it: one a file, all in `PARSERS`.

Octets in, `Parsed` out; nothing is raised, a Go panic included.
"""

from collections.abc import Mapping
from typing import Final

from h2proof.sim.links.caddy import parse_caddy
from h2proof.sim.links.preload import is_pushed, targets_to_push
from h2proof.sim.links.rfc8288 import parse_rfc8288
from h2proof.sim.links.scanning import parse_d_loose, parse_d_strict
from h2proof.sim.links.trim import trim_space
from h2proof.sim.links.values import Link, Parameters, Parsed, Parser, Rejection

PARSERS: Final[Mapping[str, Parser]] = {
    "rfc8288": parse_rfc8288,
    "caddy": parse_caddy,
    "caddy-d-strict": parse_d_strict,
    "caddy-d-loose": parse_d_loose,
}

__all__ = [
    "PARSERS",
    "Link",
    "Parameters",
    "Parsed",
    "Parser",
    "Rejection",
    "is_pushed",
    "parse_caddy",
    "parse_d_loose",
    "parse_d_strict",
    "parse_rfc8288",
    "targets_to_push",
    "trim_space",
]
