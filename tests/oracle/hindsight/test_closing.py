"""Ends without a word, and what is served although the connection was ended."""

import pytest

from h2proof.oracle import judge
from h2proof.sim import notation

ASKED = "C  HEADERS 1 END_STREAM  GET /\n"
ANSWERED = ASKED + "S  HEADERS 1 END_STREAM  200\n"
ENDED = "C  HEADERS 1  POST /\nS  HEADERS 1  200\nS  GOAWAY last=1 INTERNAL_ERROR\n"


def rules(text: str) -> list[str]:
    return [finding.rule for finding in judge(notation.parse_one(text)).findings]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ANSWERED + "S  CUT fin\n", ["closes_without_goaway"]),
        (ANSWERED + "C  CUT fin\n", []),
        (ASKED + "C  CUT fin\nS  HEADERS 1 END_STREAM  200\n", ["closes_without_goaway"]),
        (ANSWERED + "S  GOAWAY last=1\nS  CUT fin\n", []),
        (ANSWERED + "C  GOAWAY\nC  CUT fin\nS  CUT fin\n", []),
        (ANSWERED + "S  CUT rst\n", ["closes_without_goaway"]),
        ("S  CUT fin\n", []),
    ],
)
def test_who_closes_first_says_so(text: str, found: list[str]) -> None:
    assert found == rules(text)


def test_what_was_asked_behind_the_error_is_not_served() -> None:
    asked = ENDED + "C  HEADERS 3 END_STREAM  GET /b\nS  HEADERS 3 END_STREAM  200\n"

    assert ["serves_after_own_error"] == rules(asked)


def test_trailers_of_a_request_that_was_there_before_may_still_be_answered() -> None:
    trailers = "C  HEADERS 1 END_STREAM  x: a\nS  HEADERS 1 END_STREAM  x: b\n"

    assert [] == rules(ENDED + trailers)


def test_a_goaway_without_an_error_ends_nothing_yet() -> None:
    graceful = ASKED + "S  GOAWAY last=2147483647\nC  HEADERS 3 END_STREAM  GET /b\n"

    assert [] == rules(graceful + "S  HEADERS 3 END_STREAM  200\nS  HEADERS 1 END_STREAM  200\n")
