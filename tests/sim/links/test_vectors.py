"""The 102 vectors of Caddy's parser, and where the later parsers differ from them (H15)."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from h2proof.sim.links import PARSERS, Parsed, parse_caddy, targets_to_push

VECTORS: Final = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data" / "link-vectors.jsonl").read_text().splitlines()
]

D_STRICT_DIFFERS: Final = {
    11: "`><` has `>` first: skipped, where master panics",
    12: "`>a<` has `>` first: skipped, where master panics",
    13: "`></a>` has a stray `>` first: the link behind it is lost in silence, no panic",
    14: "`></a><` has a stray `>` first: the link behind it is lost in silence, no panic",
    15: "text with `->` before the link: the link is lost in silence, no panic",
    16: "the comma in a quoted title starts a piece with `>` first: it is skipped, and `/a` lives",
}
"""What D-strict does otherwise, vector by vector; no parameters are kept in any of them."""

D_LOOSE_DIFFERS: Final[dict[int, str]] = {}
"""D-loose pushes what master pushes and panics where it panics, on all 102."""


def octets(vector: dict[str, Any], name: str) -> Any:
    """An entry of a vector with every string as octets."""
    if name in vector:
        return _octets(vector[name], str.encode)
    return _octets(vector[f"{name}_hex"], bytes.fromhex)


def _octets(value: Any, convert: Any) -> Any:
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, list):
        return [_octets(each, convert) for each in value]
    return {_octets(name, convert): _octets(each, convert) for name, each in value.items()}


def named(vector: dict[str, Any]) -> str:
    return f"vector {vector['n']}"


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_caddys_parser_gives_what_the_go_function_gave(vector: dict[str, Any]) -> None:
    parsed = parse_caddy(octets(vector, "in"))

    if "panic" in vector:
        assert f"runtime error: slice bounds out of range {vector['panic']}" == parsed.panic
        assert () == parsed.links
    else:
        assert parsed.panic is None
        links = [[link.target, dict(link.parameters)] for link in parsed.links]
        assert octets(vector, "out") == links
        assert octets(vector, "push") == list(targets_to_push(parsed))


def as_d_sees_it(parsed: Parsed) -> tuple[str | None, tuple[tuple[bytes, bool], ...]]:
    """What is left where parameters are not kept."""
    return parsed.panic, tuple((link.target, link.nopush) for link in parsed.links)


@pytest.mark.parametrize(
    ("name", "differs"), [("caddy-d-strict", D_STRICT_DIFFERS), ("caddy-d-loose", D_LOOSE_DIFFERS)]
)
def test_the_scanning_parsers_differ_where_the_list_says(
    name: str, differs: dict[int, str]
) -> None:
    found = {
        vector["n"]
        for vector in VECTORS
        if as_d_sees_it(PARSERS[name](octets(vector, "in")))
        != as_d_sees_it(parse_caddy(octets(vector, "in")))
    }

    assert set(differs) == found


def test_d_strict_keeps_the_first_link_of_the_valid_header_that_kills_master() -> None:
    parsed = PARSERS["caddy-d-strict"](b'</a>; rel=next; title="Next, -> <-"')

    assert (b"/a",) == targets_to_push(parsed)
