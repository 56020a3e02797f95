"""The stream state machine, drawn from the two grids that `Connection` asks (RFC 9113 §5.1)."""

from collections.abc import Iterator, Mapping
from typing import Final

from matplotlib.axes import Axes

from h2proof.oracle.pictures.chart import axes, style, svg_of
from h2proof.sim.ladder.palette import GROUND, INK, QUIET, STREAMS
from h2proof.sim.streams.grids import RECEIVE, SEND
from h2proof.sim.streams.states import Row, State

# fmt: off
PLACES: Final[Mapping[str, tuple[float, float]]] = {
    "idle":               (5.0, 9.6),
    "reserved local":     (0.7, 7.6),
    "reserved remote":    (9.3, 7.6),
    "open":               (5.0, 6.0),
    "half closed remote": (2.9, 3.4),
    "half closed local":  (7.1, 3.4),
    "closed":             (5.0, 0.2),
}
"""Where each state stands, as in the figure of the RFC; all closed states are one here."""

ROUTES: Final[Mapping[tuple[str, str], tuple[float, float, float]]] = {
    ("idle", "reserved local"):               (2.7, 8.6,  0.0),
    ("idle", "reserved remote"):              (7.3, 8.6,  0.0),
    ("idle", "open"):                         (5.0, 7.9,  0.0),
    ("idle", "half closed remote"):           (3.0, 6.9,  0.15),
    ("idle", "half closed local"):            (7.0, 6.9, -0.15),
    ("reserved local", "half closed remote"): (1.4, 5.6,  0.0),
    ("reserved remote", "half closed local"): (8.6, 5.6,  0.0),
    ("open", "half closed remote"):           (3.9, 4.7,  0.0),
    ("open", "half closed local"):            (6.1, 4.7,  0.0),
    ("open", "closed"):                       (5.0, 2.9,  0.0),
    ("half closed remote", "closed"):         (3.5, 1.9,  0.0),
    ("half closed local", "closed"):          (6.5, 1.9,  0.0),
    ("reserved local", "closed"):             (0.9, 2.3,  0.4),
    ("reserved remote", "closed"):            (9.1, 2.3, -0.4),
}
# fmt: on
"""Where the words of a way stand, and how far it bends; a way that is not here is straight."""

_NAMES: Final = {
    "HEADERS": "HEADERS",
    "HEADERS_ES": "HEADERS with END_STREAM",
    "DATA_ES": "DATA with END_STREAM",
    "RST_STREAM": "RST_STREAM",
    "PROMISE_OF": "PUSH_PROMISE",
}
_ENDS: Final = frozenset({"HEADERS_ES", "DATA_ES"})


def state_machine() -> str:
    """Every way from one state to another, with the frames that lead there, as SVG."""
    with style():
        figure, (axis,) = axes(1, 7.2)
        axis.set_xlim(-0.9, 10.9)
        axis.set_ylim(-0.4, 10.2)
        axis.axis("off")
        for (origin, target), labels in moves().items():
            _way(axis, (origin, target), "\n".join(labels))
        for place, (name, (x, y)) in enumerate(PLACES.items()):
            _state(axis, name, x, y, STREAMS[place % len(STREAMS)].light)
        return svg_of(figure, "The states of a stream, and what leads from one to another")


def moves() -> dict[tuple[str, str], list[str]]:
    """For each pair of states the frames that lead from the first to the second."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for verb, grid in (("send", SEND), ("receive", RECEIVE)):
        for origin, target, event in _steps(grid):
            found.setdefault((origin, target), {}).setdefault(verb, set()).add(event)
    return {pair: list(_labels(verbs)) for pair, verbs in found.items()}


def _steps(grid: Mapping[str, Row]) -> Iterator[tuple[str, str, str]]:
    for event, row in grid.items():
        for state, cell in zip(State, row, strict=True):
            if cell.kind == "take" and cell.next is not None and _name(state) != _name(cell.next):
                yield _name(state), _name(cell.next), event


def _name(state: State) -> str:
    return "closed" if state.closed else state.phrase


def _labels(verbs: Mapping[str, set[str]]) -> Iterator[str]:
    sent, received = (list(_frames(verbs.get(verb, set()))) for verb in ("send", "receive"))
    yield from (f"send or receive {frame}" for frame in sent if frame in received)
    yield from (f"send {frame}" for frame in sent if frame not in received)
    yield from (f"receive {frame}" for frame in received if frame not in sent)


def _frames(events: set[str]) -> Iterator[str]:
    if events >= _ENDS:
        yield "END_STREAM"
        events = events - _ENDS
    yield from (name for event, name in _NAMES.items() if event in events)


def _state(axis: Axes, name: str, x: float, y: float, colour: str) -> None:
    axis.text(
        x,
        y,
        name,
        ha="center",
        va="center",
        fontsize=11,
        color=colour,
        bbox={"boxstyle": "round,pad=0.6", "facecolor": GROUND.light, "edgecolor": colour},
    )


def _room(target: str, bend: float) -> int:
    """How far before the middle of a state a way ends, in points: at the edge of its box."""
    if target.startswith("reserved"):
        return 48
    return 34 if abs(bend) > 0.3 else 20


def _way(axis: Axes, ends: tuple[str, str], label: str) -> None:
    begin, end = (PLACES[name] for name in ends)
    middle = ((begin[0] + end[0]) / 2, (begin[1] + end[1]) / 2, 0.0)
    x, y, bend = ROUTES.get(ends, middle)
    axis.annotate(
        "",
        end,
        begin,
        arrowprops={
            "arrowstyle": "-|>",
            "color": QUIET.light,
            "connectionstyle": f"arc3,rad={bend}",
            "shrinkA": 20,
            "shrinkB": _room(ends[1], bend),
            "linewidth": 1.2,
        },
    )
    axis.text(
        x,
        y,
        label,
        ha="center",
        va="center",
        fontsize=9,
        color=INK.light,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": GROUND.light, "edgecolor": "none"},
    )
