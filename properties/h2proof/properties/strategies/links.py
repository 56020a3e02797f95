"""Values of the Link header field: by the grammar of RFC 8288 §3, and near misses.

Structured, for reading: 1.6 ms a value. A legal one comes with the targets that it
names, so that a parser can be asked for them; a near miss is a legal value after one or two slips
of the pen, the ones parsers stumble over. Values are text in Latin-1, as a field value is octets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from h2proof.properties.strategies.options import whole

_TARGETS: Final = st.sampled_from(
    ("/a", "/", "", "/a.css?b=c#d", "a", "//h/a", "https://h/a", "/a,b;c", "/%2C")
)
_TOKENS: Final = st.sampled_from(("rel", "as", "nopush", "title*", "x", "anchor", "A"))
_TOKEN_VALUES: Final = st.sampled_from(("preload", "style", "1", "a*b"))
_OWS: Final = st.sampled_from(("", " ", "\t", "  "))
# inside the quotes: qdtext, and the two that need a backslash
_QUOTED: Final = st.text(st.sampled_from('a ,;=<>\\"é'), max_size=4).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)


@dataclass(frozen=True, slots=True)
class LinkValue:
    """A Link value that the grammar allows, and the targets of its links in order."""

    text: str
    targets: tuple[str, ...]


def _parameters() -> st.SearchStrategy[str]:
    value = st.one_of(
        st.just(""),
        st.tuples(_OWS, _OWS, _TOKEN_VALUES | _QUOTED).map(
            lambda drawn: f"{drawn[0]}={drawn[1]}{drawn[2]}"
        ),
    )
    return st.tuples(_OWS, _OWS, _TOKENS, value).map(
        lambda drawn: f"{drawn[0]};{drawn[1]}{drawn[2]}{drawn[3]}"
    )


def link_values(*, links: int = 3, parameters: int = 2) -> st.SearchStrategy[LinkValue]:
    """Values by the grammar, with up to `links` links of up to `parameters` parameters.

    Each has its `rel`, for without one a link means nothing (§3.3). Structured; shrinks to no link
    at all, then to `</a>;rel=preload`.
    """
    whole("links", links, 0, 50)
    whole("parameters", parameters, 0, 50)
    link = st.tuples(_TARGETS, st.lists(_parameters(), max_size=parameters).map("".join))
    gaps = st.sampled_from((", ", ",", " , ", ",, "))
    return st.tuples(st.lists(link, max_size=links), gaps).map(_joined)


def _joined(drawn: tuple[list[tuple[str, str]], str]) -> LinkValue:
    links, gap = drawn
    text = gap.join(f"<{target}>;rel=preload{parameters}" for target, parameters in links)
    return LinkValue(text, tuple(target for target, _ in links))


# brackets most, for parsers lean on them; what is here once shows up often enough
_WHAT_MATTERS: Final = '<><><>;;,="\\ \ta/é'


def near_link_values(*, slips: int = 2) -> st.SearchStrategy[str]:
    """Legal values after 1 to `slips` slips, and free runs of the characters that matter.

    Structured; shrinks towards the empty text.
    """
    whole("slips", slips, 1, 20)
    slip = st.tuples(st.sampled_from(_SLIPS), st.integers(0, 63))
    slipped = st.tuples(link_values(), st.lists(slip, min_size=1, max_size=slips)).map(_slipped)
    return st.text(st.sampled_from(_WHAT_MATTERS), max_size=8) | slipped


def _slipped(drawn: tuple[LinkValue, list[tuple[Callable[[str, int], str], int]]]) -> str:
    value, slips = drawn
    text = value.text
    for slip, place in slips:
        text = slip(text, place % len(text)) if text else text
    return text


def _left_out(text: str, place: int) -> str:
    return text[:place] + text[place + 1 :]


def _twice(text: str, place: int) -> str:
    return text[: place + 1] + text[place:]


def _unclosed(text: str, _: int) -> str:
    return text.replace(">", "", 1)


def _unopened(text: str, _: int) -> str:
    return text.replace("<", "", 1)


def _unquoted(text: str, _: int) -> str:
    return text.replace('"', "", 1)


def _turned_round(text: str, _: int) -> str:
    return text.translate({0x3C: ">", 0x3E: "<"})


def _cut_off(text: str, place: int) -> str:
    return text[:place]


_SLIPS: Final[tuple[Callable[[str, int], str], ...]] = (
    _left_out,
    _twice,
    _unclosed,
    _unopened,
    _unquoted,
    _turned_round,
    _cut_off,
)
