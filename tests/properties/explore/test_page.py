"""The page about exploring names what is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from h2proof.properties import explore

pytest.importorskip("matplotlib")

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "exploring.md").read_text()
CALLS = re.findall(r"`(h2proof\.[\w.]+)\.(\w+)\(", PAGE)


@pytest.mark.parametrize(("module", "name"), CALLS)
def test_each_picture_of_the_page_is_there(module: str, name: str) -> None:
    assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"seen\.(\w+)", PAGE))))
def test_each_answer_of_the_page_is_there(name: str) -> None:
    assert hasattr(explore.parse("C  PING"), name)


def test_the_page_was_read() -> None:
    assert len(CALLS) >= 6
