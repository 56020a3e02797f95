"""The chain of writers that one stream's handler wrote through, as a run shows it.

Each layer that puts a writer of its own in front of the next acquires one; in the order in which
they were acquired they are the chain, from the server's own to the one that the handler was given.
Layers that wrap nothing do not show.
"""

from typing import NamedTuple

from h2proof.oracle.pictures.chart import axes, style, svg_of
from h2proof.sim.ladder.palette import GROUND, INK, QUIET, STREAMS
from h2proof.sim.trace import Resource, ResourceEvent, Trace

WRITERS = ("response writer", "layer writer", "wrapper")
_GAP = 2.6


class Link(NamedTuple):
    """One writer of the chain: who made it, what it is, from which event to which it lived."""

    by: str
    resource: Resource
    acquired: int
    released: int | None


def writer_chain(trace: Trace, stream: int, connection: int = 0) -> tuple[Link, ...]:
    """The writers of one stream, the server's own first."""
    made: dict[Resource, Link] = {}
    for event in trace:
        if not isinstance(event, ResourceEvent) or event.resource.kind not in WRITERS:
            continue
        if event.kind == "acquired" and (event.connection, event.stream) == (connection, stream):
            made[event.resource] = Link(event.by, event.resource, event.index, None)
        elif event.kind == "released" and event.resource in made:
            link = made[event.resource]
            if link.released is None:
                made[event.resource] = link._replace(released=event.index)
    return tuple(made.values())


def handler_chain(trace: Trace, stream: int, connection: int = 0) -> str:
    """The chain as a picture: each box a layer and its writer, and how long that lived."""
    chain = writer_chain(trace, stream, connection)
    with style():
        figure, (axis,) = axes(1, 1.5)
        axis.set_xlim(-1.2, _GAP * max(1, len(chain)) + 0.6)
        axis.set_ylim(-1, 1)
        axis.axis("off")
        for place, link in enumerate(chain):
            until = "still live" if link.released is None else f"till {link.released}"
            words = f"{link.by or 'somebody'}\n{link.resource}\nfrom event {link.acquired}, {until}"
            axis.text(
                place * _GAP,
                0,
                words,
                ha="center",
                va="center",
                fontsize=9,
                color=INK.light,
                bbox={
                    "boxstyle": "round,pad=0.5",
                    "facecolor": GROUND.light,
                    "edgecolor": STREAMS[place % len(STREAMS)].light,
                },
            )
            axis.annotate(
                "",
                ((place + 1) * _GAP, 0),
                (place * _GAP, 0),
                arrowprops={"arrowstyle": "-|>", "color": QUIET.light, "shrinkA": 0, "shrinkB": 52},
                zorder=0,
            )
        axis.text(len(chain) * _GAP, 0, "the handler", ha="center", va="center", fontsize=9)
        return svg_of(figure, f"The writers of stream {stream}, from the server to the handler")
