"""A picture is read whole or refused; a word that no rule knows never gets in."""

import pytest

from h2proof.oracle.replay.grids import EVENTS, OPEN, SEND, grid, may_send

PICTURE = "\n".join(["state idle open", *(f"{event} . end" for event in EVENTS)])


def test_a_picture_is_a_table_of_events_and_states() -> None:
    assert "end" == grid(PICTURE)["DATA", OPEN]


def test_a_ragged_row_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        grid(PICTURE.replace("DATA . end", "DATA ."))


def test_a_missing_row_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        grid("\n".join(PICTURE.splitlines()[:-1]))


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValueError, match="no word"):
        grid(PICTURE.replace("DATA . end", "DATA . done"))


def test_each_side_has_a_picture_for_each_kind_of_stream() -> None:
    assert 4 == len(SEND)
    assert "." == may_send("client", "client", OPEN, "DATA")
