"""The page about the notation says what is true: each of its examples is read."""

import re
from pathlib import Path

import pytest

from h2proof.sim import notation

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "notation.md").read_text()
FENCES = [
    text
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    if not language
]
FRAMES = re.findall(
    r"`((?:[A-Z_]{4,}|0x42) [^`]*|[A-Z]{4,})`",
    PAGE.partition("## Frames")[2].partition("## Field")[0],
)
SECTIONS = re.findall(
    r"^\| `([^`]+)` \|", PAGE.partition("## Field blocks")[2].partition("## What")[0], re.MULTILINE
)
LINES = re.findall(r"^\| `([^`]+)` \|", PAGE.partition("## What is no")[2], re.MULTILINE)


@pytest.mark.parametrize("text", FENCES)
def test_each_example_is_read(text: str) -> None:
    assert notation.looks_like(text)
    assert len(notation.parse_one(text))


@pytest.mark.parametrize("words", [words for words in FRAMES if words not in ("CANCEL", "PREFACE")])
def test_each_frame_of_the_table_is_read(words: str) -> None:
    assert 1 == len(notation.parse_one(f"C  {words}"))


@pytest.mark.parametrize("words", SECTIONS)
def test_each_field_line_of_the_table_is_read(words: str) -> None:
    assert 1 == len(notation.parse_one(f"C  HEADERS 1  {words}"))


@pytest.mark.parametrize("line", LINES)
def test_each_line_of_the_last_table_is_read(line: str) -> None:
    before = "C  PING\n" if "delivered" in line else ""

    notation.parse_one(before + line)


def test_the_tables_were_found() -> None:
    assert (20, 6, 9) < (len(FRAMES), len(SECTIONS), len(LINES))
