"""What departs from RFC 8288: one case for each kind, and search finds the ones that matter."""

import pytest
from hypothesis import HealthCheck, Phase, find, strategies
from hypothesis import settings as hypothesis_settings

from h2proof.oracle.link_divergences import KINDS, Kind, divergences
from h2proof.sim.links import PARSERS, parse_caddy, parse_rfc8288

CASES: dict[Kind, bytes] = {
    "panic": b'</a>; rel=next; title="Next, -> <-"',
    "lost link": b"</a?x=1,2>; rel=preload",
    "created link": b'</a>; rel=preload; title="x, </evil>"',
    "created nopush": b'</a>; rel=preload; title="x; nopush; y"',
    "lost nopush": b"</a>; rel=preload; NoPush",
    "remote misjudged": b"<HTTPS://x/y>; rel=preload",
    "relation ignored": b"</a>; rel=next",
    "poisoning": b"<style.css>; rel=preload, </x>; rel=preload",
}

WORDS = strategies.sampled_from(["nopush", ";", ",", " ", "-> <-", "<", ">", "=", "next", "rel"])
TEXTS = strategies.lists(WORDS, max_size=6).map("".join)
TARGETS = strategies.sampled_from(["/a", "/b,c", "/", "style.css", "//h/a", "https://h/a"])


@strategies.composite
def grammar(draw: strategies.DrawFn) -> bytes:
    """Values by the grammar of RFC 8288 §3: quoted strings may hold anything that parsers split at."""
    links = []
    for target in draw(strategies.lists(TARGETS, min_size=1, max_size=2)):
        relation = draw(strategies.sampled_from(["preload", "next"]))
        title = draw(strategies.none() | TEXTS)
        quoted = "" if title is None else f'; title="{title}"'
        links.append(f"<{target}>; rel={relation}{quoted}")
    return ", ".join(links).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_case_in_caddys_parser(kind: Kind) -> None:
    found = {each.kind for each in divergences(CASES[kind], parse_caddy)}

    assert kind in found
    assert parse_rfc8288(CASES[kind]).rejected == (), "the value is valid"


@pytest.mark.parametrize("kind", KINDS)
def test_the_strict_parser_differs_only_where_the_server_decides(kind: Kind) -> None:
    decided = {"relation ignored", "poisoning", "remote misjudged"}

    assert {each.kind for each in divergences(CASES[kind], parse_rfc8288)} <= decided


@pytest.mark.parametrize("kind", ["panic", "created nopush"])
@pytest.mark.parametrize("parser", ["caddy", "caddy-d-loose"])
def test_the_ones_that_matter_are_found_from_the_grammar_within_2000_examples(
    kind: Kind, parser: str
) -> None:
    def shows(value: bytes) -> bool:
        valid = not parse_rfc8288(value).rejected
        return valid and any(each.kind == kind for each in divergences(value, PARSERS[parser]))

    smallest = find(
        grammar(),
        shows,
        settings=hypothesis_settings(
            max_examples=2000,
            database=None,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )

    expected = {
        "panic": b'</a>; rel=preload; title=",-> <-"',
        "created nopush": b'</a>; rel=preload; title=";nopush;"',
    }
    assert len(smallest) <= len(expected[kind]) + 2, smallest


def test_d_strict_trades_the_panic_for_nothing_else() -> None:
    for kind, value in CASES.items():
        master = {each.kind for each in divergences(value, PARSERS["caddy"])}
        strict = {each.kind for each in divergences(value, PARSERS["caddy-d-strict"])}

        assert master - {"panic"} <= strict, kind
        assert "panic" not in strict
