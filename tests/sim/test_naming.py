"""A wrong name is answered with the names like it, if there are any, and all of them."""

import pytest

from h2proof.sim.naming import no_such

NAMES = ("stalled", "slow-reader", "polite", "polite")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "staled",
            "no act 'staled' (did you mean 'stalled'?); there are stalled, slow-reader, polite",
        ),
        (
            "polit",
            "no act 'polit' (did you mean 'polite'?); there are stalled, slow-reader, polite",
        ),
        ("x", "no act 'x'; there are stalled, slow-reader, polite"),
        ("", "no act ''; there are stalled, slow-reader, polite"),
    ],
)
def test_names_like_the_wrong_one_are_said(name: str, sentence: str) -> None:
    assert no_such("act", name, NAMES) == sentence


def test_where_all_are_is_said_in_place_of_many() -> None:
    assert no_such("act", "x", NAMES, "`acts` lists them") == "no act 'x'; `acts` lists them"
