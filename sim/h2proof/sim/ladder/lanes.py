"""Streams as lanes beside a ladder: which stream runs in which lane, and from where to where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from h2proof.sim.ladder.rows import Row

LANES_MAX: Final = 8


@dataclass(slots=True)
class Life:
    """One stream on the page: the places of its rows, and its lane; lane None where none is free."""

    connection: int
    stream: int
    order: int
    """Its place among the streams that appear; colours go by it."""
    places: list[int]
    lane: int | None = None


def lives(rows: Sequence[Row]) -> dict[tuple[int, int], Life]:
    """All streams of the rows, in the order in which they appear, each with its lane."""
    found: dict[tuple[int, int], Life] = {}
    for place, row in enumerate(rows):
        for stream in (row.stream, row.promised):
            if stream and row.kind in ("frame", "arrival"):
                key = row.connection, stream
                life = found.setdefault(key, Life(*key, len(found), []))
                life.places.append(place)
    _give_lanes(found.values())
    return found


def _give_lanes(streams: Iterable[Life]) -> None:
    free_from = [0] * LANES_MAX
    for life in streams:
        for lane, free in enumerate(free_from):
            if free <= life.places[0]:
                life.lane = lane
                free_from[lane] = life.places[-1] + 2
                break
