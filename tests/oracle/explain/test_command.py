"""`h2proof explain`: which findings, in which form, with which exit code."""

import json
from pathlib import Path

import pytest

from h2proof.properties.command import main

TRACE = """\
C  HEADERS 1 END_STREAM  GET /
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
S  PUSH_PROMISE 1 -> 2  GET /s
C  HEADERS 3 END_STREAM  GET /  X-Y: a
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "trace.txt"
    path.write_text(TRACE)
    return str(path)


def test_all_findings_are_told_with_their_numbers(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == main(["explain", file])
    shown = capsys.readouterr().out

    assert "Finding 1 of 2" in shown
    assert "Finding 2 of 2" in shown
    assert "PUSH_PROMISE 1 -> 2" in shown


@pytest.mark.parametrize(("option", "stream"), [(["--finding", "2"], 3), (["--stream", "1"], 1)])
def test_one_finding_is_chosen_by_number_or_by_stream(
    file: str, option: list[str], stream: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 1 == main(["explain", file, *option, "--format", "json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]

    assert stream == found["stream"]


def test_more_than_one_can_read_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "many.txt"
    path.write_text("C  PING flags=0x00 octets=00\n" * 60)

    assert 1 == main(["explain", str(path)])
    assert "... and 10 more: choose one with --finding N" in capsys.readouterr().out


def test_a_trace_without_findings_is_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "good.txt"
    path.write_text("C  HEADERS 1 END_STREAM  GET /\n")

    assert 0 == main(["explain", str(path)])
    assert "No finding to explain." in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["missing.txt"], ["--finding", "9"], ["--finding", "0"]])
def test_what_cannot_be_explained_is_one_sentence(
    file: str, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["explain", *([file] if arguments[0] != "missing.txt" else []), *arguments])
    assert 1 == len(capsys.readouterr().err.splitlines())
