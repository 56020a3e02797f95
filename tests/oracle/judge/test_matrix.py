"""The judge against the reference table of §5.1: every state, frame and role, none left out."""

import json
from pathlib import Path
from typing import Final

import pytest
from tests.oracle.judge import matrix

from h2proof.oracle import judge
from h2proof.oracle.replay.grids import SEND, STATES, Picture

REFERENCE: Final = (
    Path(__file__).resolve().parents[4] / "shared" / "requirements" / "state-machine.json"
)
CELLS: Final = list(matrix.cells(json.loads(REFERENCE.read_text()))) if REFERENCE.is_file() else []
PLAYED: Final = [cell for cell in CELLS if cell.event != "CONTINUATION_EXPECTED"]
"""CONTINUATION that is expected is part of its HEADERS, which has a row of its own."""
needs_reference = pytest.mark.skipif(not CELLS, reason="needs the state table of ../shared")

ADVICE_ONLY: Final = ("closed_end_stream", "WINDOW_UPDATE")
"""§5.1 forbids it, §6.9 expects it and forbids the receiver to object; real clients do it."""


@needs_reference
@pytest.mark.parametrize("cell", PLAYED, ids=str)
def test_the_judge_says_of_every_cell_what_the_reference_says(cell: matrix.Cell) -> None:
    trace = matrix.connection(cell)
    last = max(event.index for event in trace.frames())

    found = [each.rule for each in judge(trace).violations if each.event == last]

    if cell.verdict == "latitude" or (cell.state, cell.event) == ADVICE_ONLY:
        assert [] == found
    else:
        assert (cell.verdict == "prohibited") is bool(found), found


@needs_reference
@pytest.mark.parametrize("cell", PLAYED, ids=str)
def test_no_prelude_is_blamed(cell: matrix.Cell) -> None:
    trace = matrix.connection(cell)
    last = max(event.index for event in trace.frames())

    assert [] == [each.rule for each in judge(trace).violations if each.event != last]


def disagreements(pictures: dict[tuple[str, str], Picture]) -> list[str]:
    """The cells in which the pictures and the reference say different things."""
    return [str(cell) for cell in CELLS if cell.event in matrix.ROWS and differs(pictures, cell)]


def differs(pictures: dict[tuple[str, str], Picture], cell: matrix.Cell) -> bool:
    """True if the picture's word is none that the reference allows in this cell."""
    state = STATES.index(matrix.STATES[cell.state])
    word = pictures[cell.sender, cell.initiator].get((matrix.ROWS[cell.event], state), "~")
    return word not in WORDS[cell.verdict, cell.state, cell.event in NAMES_NO_STATE]


NAMES_NO_STATE: Final = (
    "PUSH_PROMISE_PROMISED",
    "PUSH_PROMISE_ASSOCIATED",
    "PRIORITY_UPDATE_TARGET",
)
_FORBIDDEN: Final = {
    "idle": {"idle", "who"},
    "reserved_local": {"res"},
    "reserved_remote": {"res"},
    "open": {"msg"},
    "half_closed_local": {"end"},
    "half_closed_remote": {"msg"},
    "closed_end_stream": {"end", "late"},
    "closed_rst_sent": {"rst"},
    "closed_rst_received": {"got"},
    "closed_skipped": {"low"},
}
"""State → what a forbidden frame there is forbidden by, in the words of the pictures."""
WORDS: Final = {
    (verdict, state, special): allowed
    for state, words in _FORBIDDEN.items()
    for special in (False, True)
    for verdict, allowed in {
        "permitted": {"."},
        "latitude": {"may"},
        "prohibited": words | ({"who", "low"} if special else set()),
    }.items()
}


@needs_reference
def test_the_pictures_agree_with_the_reference_in_every_cell() -> None:
    assert [] == disagreements(SEND)


@needs_reference
def test_any_one_flipped_cell_is_noticed() -> None:
    for parties, picture in SEND.items():
        for place, word in picture.items():
            flipped = {**picture, place: "idle" if word == "." else "."}

            assert disagreements({**SEND, parties: flipped}), (parties, place)
