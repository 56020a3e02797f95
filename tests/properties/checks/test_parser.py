"""`check_link_parser` on every row of PARSERS, and on parsers with one thing wrong each."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from h2proof.properties import Broken, check_link_parser
from h2proof.properties.broken import Misused
from h2proof.sim.links import PARSERS, Parsed

PANICS = ("caddy", "caddy-d-loose")
"""Parsers that index without checking (push-handlers.md L6)."""


def targets(parsed: Parsed) -> list[str]:
    """The targets of what one of our parsers gives."""
    return [link.target.decode("latin-1") for link in parsed.links]


@pytest.mark.parametrize("name", [name for name in PARSERS if name not in PANICS])
def test_a_parser_of_ours_holds_for_any_octets(name: str) -> None:
    check_link_parser(PARSERS[name], seed=1, examples=100, strict=True)


@pytest.mark.parametrize("name", PANICS)
def test_the_panic_of_the_original_is_found_in_two_octets(name: str) -> None:
    with pytest.raises(Broken, match="slice bounds out of range") as broken:
        check_link_parser(PARSERS[name], seed=1)

    assert "><" == broken.value.replay.value


def test_our_parser_of_rfc_8288_finds_the_targets_of_the_grammar() -> None:
    check_link_parser(PARSERS["rfc8288"], seed=1, examples=200, targets=targets)


def test_a_parser_that_splits_at_every_comma_misreads_a_legal_value() -> None:
    with pytest.raises(Broken, match="misreads a legal value") as broken:
        check_link_parser(PARSERS["caddy-d-strict"], seed=1, examples=300, targets=targets)

    assert len(broken.value.replay.value) <= 24


def of_text(value: str) -> list[str]:
    """A parser of text, told by its annotation."""
    return re.findall("<([^>]*)>", value)


def of_something(value: Any) -> list[str]:
    """A parser of text, told by what it does with octets."""
    return re.findall("<([^>]*)>", value)


def lazily(value: bytes) -> Iterator[int]:
    """A generator raises only when it is run."""
    yield from (len(each) for each in value.split(b","))
    if b">" in value:
        yield value[value.index(b"<") + 1]


@pytest.mark.parametrize("parse", [of_text, of_something])
def test_a_parser_of_text_gets_text(parse: Any) -> None:
    check_link_parser(parse, seed=1, examples=20)


def test_a_generator_is_run_to_its_end() -> None:
    with pytest.raises(Broken, match="raises"):
        check_link_parser(lazily, seed=1, examples=50)


def test_saying_something_else_the_second_time_is_a_failure() -> None:
    seen: list[bytes] = []

    def remembers(value: bytes) -> int:
        seen.append(value)
        return len(seen)

    with pytest.raises(Broken, match="does not say the same twice"):
        check_link_parser(remembers, seed=1, examples=5)


async def is_async(value: bytes) -> None:
    """No plain function."""


@pytest.mark.parametrize(
    ("parse", "sentence"), [(is_async, "is async; check_link_parser"), (7, "takes a function")]
)
def test_what_is_no_parser_is_refused_with_one_sentence(parse: Any, sentence: str) -> None:
    with pytest.raises(Misused, match=sentence):
        check_link_parser(parse, examples=1)


def test_the_decorator_makes_a_test_of_a_parser() -> None:
    test = check_link_parser(seed=1, examples=5)(of_text)

    test()
    assert "of_text" == test.__name__
