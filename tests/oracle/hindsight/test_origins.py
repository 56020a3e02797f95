"""Which origins a client asks: advice only where it is proven to have had the server's word."""

import pytest

from h2proof.oracle import judge
from h2proof.sim import notation

FIRST = "C  HEADERS 1 END_STREAM  GET https://a.example/\n"
NAMED = FIRST + 'S  ORIGIN "https://b.example"\n'
OTHER = "C  HEADERS 3 END_STREAM  GET https://c.example/\n"
REFUSED = NAMED + "S  HEADERS 1 END_STREAM  421\n"


def rules(text: str) -> list[str]:
    return [finding.rule for finding in judge(notation.parse_one(text)).findings]


@pytest.mark.parametrize(
    "proof",
    [
        "S  PING aa\nC  PING ACK aa\n",
        "S  SETTINGS\nC  SETTINGS ACK\n",
        "*  delivered C\n*  delivered S\n",
    ],
)
def test_each_kind_of_proof_counts(proof: str) -> None:
    assert ["asks_outside_origin_set"] == rules(NAMED + proof + OTHER)


def test_without_proof_the_request_may_have_crossed_the_frame() -> None:
    assert [] == rules(NAMED + OTHER)


@pytest.mark.parametrize("origin", ["a.example", "b.example"])
def test_the_first_origin_and_those_named_may_be_asked(origin: str) -> None:
    asks = f"C  HEADERS 3 END_STREAM  GET https://{origin}/\n"

    assert [] == rules(NAMED + "S  PING aa\nC  PING ACK aa\n" + asks)


def test_a_refused_origin_is_not_asked_again() -> None:
    again = "C  HEADERS 3 END_STREAM  GET https://a.example/\n"

    assert ["asks_again_after_421"] == rules(REFUSED + "S  PING aa\nC  PING ACK aa\n" + again)
    assert [] == rules(REFUSED + again)
