"""The first test that the README shows: it passes, and without its `finally` it does not."""

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

README = Path(__file__).resolve().parents[2] / "README.md"


def first_test() -> str:
    """The code block below the heading."""
    section = README.read_text("utf-8").partition("## Your first test")[2]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found.group(1)


def without_finally(code: str) -> str:
    """The handler without its `try: ... finally:`; the closing stands at its end."""
    before, _, rest = code.partition("    try:\n")
    tried, _, after = rest.partition("    finally:\n")
    return before + re.sub("(?m)^    ", "", tried) + re.sub("^    ", "", after)


def test_the_first_test_passes_as_it_stands(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(first_test())
    result = pytester.runpytest(
        "--h2proof-seed=1", "--h2proof-examples=5", "-p", "no:cacheprovider"
    )

    result.assert_outcomes(passed=1)


def test_without_its_finally_it_names_object_frames_and_holder(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(without_finally(first_test()))
    result = pytester.runpytest(
        "--h2proof-seed=1", "--h2proof-examples=5", "-p", "no:cacheprovider"
    )

    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "leak: a cursor is still" in text
    assert "HEADERS 1 END_STREAM  GET /" in text
    assert "cursor#1 was acquired for stream 1" in text
    assert "no object holds it, and nobody gave it back" in text
    assert "replay" in text
