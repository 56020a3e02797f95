"""A finding is told with its events first, then who knew what, then the contradiction."""

from dataclasses import replace
from pathlib import Path

import pytest

from h2proof.oracle import judge, ledger, lifetimes
from h2proof.oracle.explain import LINES_MAX, WIDTH, explain
from h2proof.oracle.verdict import Because
from h2proof.sim import notation

NEIGHBOURS = Path(__file__).resolve().parents[2] / "data" / "neighbours"
PUSH = """
C  HEADERS 1 END_STREAM  GET /
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
S  PUSH_PROMISE 1 -> 2  GET /s
"""
LEAK = """
C  HEADERS 1 END_STREAM  GET /
*  acquired wrapper#1 stream=1 size=96
S  HEADERS 1 END_STREAM  200
*  note "handler returned" stream=1
*  note "quiet"
*  held wrapper#1 stream=1 chain="item 0 of a list","kept of module caddy"
"""
STALE = """
*  acquired wrapper#1 stream=1
*  released wrapper#1 stream=1
*  acquired wrapper#1.2 stream=3
*  used wrapper#1 by="write"
"""


def told(text: str) -> str:
    trace = notation.parse_one(text)
    (finding,) = judge(trace).findings

    return explain(finding, trace)


def fits_a_screen(text: str) -> bool:
    lines = text.splitlines()
    return len(lines) <= LINES_MAX and all(len(line) <= WIDTH for line in lines)


def test_the_events_come_first_then_the_facts_then_the_contradiction() -> None:
    screen = told(PUSH)
    text = " ".join(screen.split())
    order = [
        "Let A = ",
        "S PUSH_PROMISE 1 -> 2",
        " - ",
        "But ",
        "a contradiction!",
        "against RFC9113",
    ]
    places = [text.index(each) for each in order]

    assert sorted(places) == places
    assert fits_a_screen(screen)


def test_who_had_what_is_read_from_the_deliveries() -> None:
    lines = PUSH.strip().splitlines()
    exact = [*lines[:2], "*  delivered C", "*  delivered C", *lines[2:]]

    assert "had arrived" in told("\n".join(exact))
    assert "in every order of delivery that explains the trace, A had arrived" in told(PUSH)


def test_what_rests_on_own_frames_says_so() -> None:
    text = told("C  HEADERS 1 END_STREAM  GET /\nC  DATA 1 len=5\n")

    assert "this rests on the client's own frames" in text


def test_a_survivor_is_told_with_its_ladder_and_its_holders() -> None:
    trace = notation.parse_one(LEAK)
    (finding,) = ledger.examine(trace).findings
    text = explain(finding, trace)

    assert "client" in text
    assert "HEADERS 1" in text
    assert "item 0 of a list, by kept of module caddy" in " ".join(text.split())
    assert fits_a_screen(text)


def test_a_stale_handle_is_told_with_both_lives() -> None:
    trace = notation.parse_one(STALE)
    (finding,) = lifetimes.examine(trace)
    text = " ".join(explain(finding, trace).split())

    assert "wrapper#1 was acquired for connection 0, stream 1" in text
    assert "wrapper#1.2 was acquired for connection 0, stream 3" in text


@pytest.mark.parametrize("path", sorted(NEIGHBOURS.glob("*.txt")), ids=lambda path: path.stem)
def test_each_finding_of_each_neighbour_fits_a_screen(path: Path) -> None:
    for titled in notation.parse(path.read_text()):
        for finding in judge(titled.trace).findings:
            assert fits_a_screen(explain(finding, titled.trace)), titled.title


def test_many_facts_and_long_words_still_fit_a_screen() -> None:
    trace = notation.parse_one(PUSH)
    (finding,) = judge(trace).findings
    facts = tuple(Because(f"fact {number} " + "word " * 40) for number in range(50))
    long = replace(finding, because=facts, message="word " * 200, expected=("x" * 300,))
    text = explain(long, trace)

    assert fits_a_screen(text)
    assert "more lines" in text
