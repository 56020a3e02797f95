"""The strict parser: what it takes, why it refuses, and that `weblinking` agrees."""

import pytest
from hypothesis import given, strategies
from weblinking import parse as independent

from h2proof.sim.links import PARSERS, Link, parse_rfc8288


def test_commas_and_semicolons_in_brackets_and_quotes_separate_nothing() -> None:
    parsed = parse_rfc8288(b'</a?x=1,2;3>; rel="next"; title="a, b; \\"c\\"", </b>;rel=x')

    first = Link(b"/a?x=1,2;3", False, ((b"rel", b"next"), (b"title", b'a, b; "c"')))
    assert (first, Link(b"/b", False, ((b"rel", b"x"),))) == parsed.links
    assert () == parsed.rejected


def test_names_are_case_insensitive_and_the_first_rel_counts() -> None:
    parsed = parse_rfc8288(b"</a>; REL=preload; rel=next; NoPush")

    assert (Link(b"/a", True, ((b"rel", b"preload"), (b"nopush", b""))),) == parsed.links


@pytest.mark.parametrize(
    ("value", "offset", "reason"),
    [
        (b"junk </a>; rel=x", 0, "a link begins with <"),
        (b"</a", 0, "the < is never closed"),
        (b"</a b>; rel=x", 3, "the target is no URI reference"),
        (b"</%zz>; rel=x", 2, "the target is no URI reference"),
        (b"</a>", 0, "the link has no relation type: rel is required"),
        (b"</a> rel=x", 5, "a ; or a comma is wanted here"),
        (b"</a>; rel=x;", 12, "no parameter follows the ;"),
        (b"</a>; =x", 6, "a parameter's name is a token"),
        (b"</a>; rel=", 10, "a parameter's value is a token or a quoted string"),
        (
            b'</a>; rel="x',
            10,
            "the quoted string is never closed, or holds a control character",
        ),
    ],
)
def test_a_refusal_says_where_and_why(value: bytes, offset: int, reason: str) -> None:
    parsed = parse_rfc8288(value)

    assert () == parsed.links
    assert [(offset, reason)] == [(each.offset, each.reason) for each in parsed.rejected]


def test_a_refused_link_leaves_its_neighbours_alone() -> None:
    parsed = parse_rfc8288(b'</a>; rel=x, <b c>; title="x, y"; rel=z, </d>; rel=y')

    assert [b"/a", b"/d"] == [link.target for link in parsed.links]
    assert 1 == len(parsed.rejected)


def test_time_grows_with_the_length_only() -> None:
    for value in (b"<" * 60_000, b'"\\' * 30_000, b'<a>;x="' + b"\\" * 60_000, b"<a> " * 15_000):
        assert () == parse_rfc8288(value).links


TARGETS = strategies.text("ab/?=&,;.-", max_size=8).map(lambda text: "/" + text)
PIECES = strategies.sampled_from(["; nopush", ", -> <-", "a", " ", "; y", "</z>"])
TITLES = strategies.lists(PIECES, max_size=4).map(lambda pieces: '"' + "".join(pieces) + '"')


@strategies.composite
def valid_links(draw: strategies.DrawFn) -> str:
    """A field value from the grammar of RFC 8288, each link with a relation type."""
    links = []
    for target in draw(strategies.lists(TARGETS, min_size=1, max_size=3)):
        parts = [f"<{target}>", f"rel={draw(strategies.sampled_from(['next', 'preload']))}"]
        parts += [f"title={title}" for title in draw(strategies.lists(TITLES, max_size=1))]
        parts += draw(strategies.lists(strategies.sampled_from(["nopush", "as=style"]), max_size=1))
        links.append("; ".join(parts))
    return ", ".join(links)


@given(valid_links())
def test_weblinking_reads_the_same_links_out_of_valid_values(value: str) -> None:
    mine = parse_rfc8288(value.encode())
    theirs = independent(value, strict=True)

    assert () == mine.rejected
    assert [link.uri for link in theirs] == [link.target.decode() for link in mine.links]
    assert [set(link.pairs) for link in theirs] == [
        {(name.decode(), text.decode()) for name, text in link.parameters} for link in mine.links
    ]


@given(strategies.binary(max_size=60))
def test_no_octets_make_any_parser_raise(value: bytes) -> None:
    for parser in PARSERS.values():
        parser(value)
