"""Charts of a trace and its ledger: live resources, windows, lives of streams.

The horizontal axis of all of them is the trace itself, event by event, with the time where it
passes; so charts of one trace stand under one another and under its ladder.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from h2proof.oracle.pictures.chart import MARKS, axes, style, svg_of
from h2proof.oracle.pictures.lives import Life, lives
from h2proof.oracle.pictures.windows import Window, windows
from h2proof.sim.ladder.palette import FINDING, INK, QUIET, SHADE, STREAMS
from h2proof.sim.notation.words import time_word
from h2proof.sim.trace import Trace

if TYPE_CHECKING:
    from h2proof.oracle.ledger import Account, Ledger

KINDS_MAX: Final = 8
WINDOWS_MAX: Final = 6
STREAMS_MAX: Final = 30
TICKS_MAX: Final = 8
_ROW: Final = 0.95


def live_resources(ledger: "Ledger", kinds: Sequence[str] = ()) -> str:
    """How many of each kind were live after each event, as SVG; the quiet phases are shaded.

    Without `kinds` those that move, the wrappers first, `KINDS_MAX` at most.
    """
    chosen = list(kinds) or _telling(ledger)
    with style():
        figure, found = axes(max(1, len(chosen)), 0.9 + _ROW * max(1, len(chosen)))
        for place, (axis, kind) in enumerate(zip(found, chosen, strict=False)):
            _account(axis, ledger.accounts[kind], place, _last_event(ledger))
            _quiet_phases(axis, ledger)
        _time_axis(found[-1], _all_moments(ledger), _phases(ledger))
        return svg_of(figure, "Live resources after each event")


def _telling(ledger: "Ledger") -> list[str]:
    moving = [kind for kind, account in ledger.accounts.items() if account.acquired]
    wrong = {each.life.resource.kind for each in ledger.survivors if each.standing == "leak"}
    return sorted(moving, key=lambda kind: (kind not in wrong, kind != "wrapper", kind))[:KINDS_MAX]


def _all_moments(ledger: "Ledger") -> list[tuple[int, int]]:
    steps = (step for account in ledger.accounts.values() for step in account.steps)
    return sorted({(step.event, step.at) for step in steps})


def _last_event(ledger: "Ledger") -> int:
    steps = [account.steps[-1].event for account in ledger.accounts.values() if account.steps]
    return max([*steps, *(event for event, _ in ledger.milestones)], default=0)


def _account(axis: Axes, account: "Account", place: int, end: int) -> None:
    events = [step.event for step in account.steps]
    live = [step.live for step in account.steps]
    colour = STREAMS[place % len(STREAMS)].light
    last = live[-1] if live else 0
    axis.step([0, *events, end], [0, *live, last], where="post", color=colour, linewidth=1.6)
    before = [0, *live[:-1]]
    for up, mark in ((True, "^"), (False, "v")):
        points = [
            (event, now)
            for event, now, then in zip(events, live, before, strict=True)
            if (now > then) is up
        ]
        axis.plot(*_columns(points), mark, color=colour, markersize=5, linestyle="none")
    axis.set_title(
        f"{account.kind}: {account.acquired} acquired, {account.released} released,"
        f" {account.live} live at the end, {account.peak} at most"
    )
    axis.set_ylim(-0.3, max(1, account.peak) * 1.25)
    axis.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    axis.set_ylabel("live")


def _phases(ledger: "Ledger") -> str:
    """What the shade and the dots stand for."""
    names = ", ".join(text for _, text in ledger.milestones)
    return f"; shaded from where the faults stop, dotted: {names}" if names else ""


def _columns(points: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [x for x, _ in points], [y for _, y in points]


def _quiet_phases(axis: Axes, ledger: "Ledger") -> None:
    """Shade from where the faults stopped, and dot where a phase begins or ends."""
    for event, text in ledger.milestones:
        if text == "faults stop":
            axis.axvspan(event, ledger.milestones[-1][0], color=SHADE.light, zorder=0)
        axis.axvline(event, color=QUIET.light, linewidth=1, linestyle=":")


def _time_axis(axis: Axes, moments: Sequence[tuple[int, int]], remark: str = "") -> None:
    """Events below, with the time at some of the places where it passes."""
    passed: list[tuple[int, int]] = []
    gap = moments[-1][0] / TICKS_MAX if moments else 0
    for event, at in moments:
        if not passed or (at > passed[-1][1] and event - passed[-1][0] >= gap):
            passed.append((event, at))
    start = passed[0][1] if passed else 0
    axis.set_xticks(
        [event for event, _ in passed],
        [f"{event}\n{time_word(at - start)}" for event, at in passed],
    )
    axis.set_xlabel(f"event of the trace, and the time there{remark}")


def _moments(trace: Trace) -> list[tuple[int, int]]:
    return [(event.index, event.at) for event in trace]


# --- windows -------------------------------------------------------------------------------------


def flow_windows(trace: Trace, connection: int = 0) -> str:
    """What each side may still send, after each event of one connection, as SVG.

    As the wire shows it: a window changes where the frame that changes it stands.
    """
    found = windows(trace, connection)
    with style():
        figure, (upper, lower) = axes(2, 4.6)
        for axis, sender in ((upper, "server"), (lower, "client")):
            _windows(axis, [each for each in found if each.sender == sender], len(trace))
            axis.set_title(f"what the {sender} may still send")
            axis.set_ylabel("octets")
        _time_axis(lower, _moments(trace))
        return svg_of(figure, "Flow-control windows after each event")


def _windows(axis: Axes, found: Sequence[Window], events: int) -> None:
    shown = sorted(found, key=lambda each: (each.stream != 0, -len(each.steps)))[:WINDOWS_MAX]
    for place, window in enumerate(shown):
        x = [*(event for event, _ in window.steps), events]
        y = [*(octets for _, octets in window.steps), window.steps[-1][1]]
        axis.step(
            x,
            y,
            where="post",
            color=INK.light if window.stream == 0 else STREAMS[(place - 1) % len(STREAMS)].light,
            linestyle="--" if window.stream == 0 else "-",
            marker="" if window.stream == 0 else MARKS[(place - 1) % len(MARKS)],
            markersize=4,
            label=f"stream {window.stream}" if window.stream else "the connection",
        )
    axis.axhline(0, color=FINDING.light, linewidth=0.8)
    axis.ticklabel_format(axis="y", style="plain")
    if shown:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=9)


# --- lives of streams ----------------------------------------------------------------------------


def stream_lives(trace: Trace, connection: int = 0) -> str:
    """Each stream from its first frame to its last, as SVG: who opened it, and how it ended."""
    found = lives(trace, connection)[:STREAMS_MAX]
    with style():
        figure, (axis,) = axes(1, 1.4 + 0.3 * max(1, len(found)))
        for place, life in enumerate(found):
            _life(axis, place, life)
        axis.set_yticks(range(len(found)), [f"stream {life.stream}" for life in found])
        axis.set_ylim(len(found) - 0.4, -0.6)
        axis.grid(axis="y", visible=False)
        _time_axis(axis, _moments(trace))
        axis.legend(*_legend(axis), loc="lower left", bbox_to_anchor=(0, 1), ncols=5, fontsize=9)
        return svg_of(figure, "Lives of the streams")


def _life(axis: Axes, place: int, life: Life) -> None:
    colour = STREAMS[place % len(STREAMS)].light
    axis.plot([life.begin, life.end], [place, place], color=colour, linewidth=5, alpha=0.35)
    for what, mark, fill in (
        ("opened by HEADERS", "o", colour),
        ("promised", "D", colour),
        ("client's END_STREAM", ">", colour),
        ("server's END_STREAM", "<", colour),
        ("RST_STREAM", "X", FINDING.light),
    ):
        points = [event for event, happened in life.marks if happened == what]
        if points:
            axis.plot(
                points, [place] * len(points), mark, color=fill, markersize=8, label=what, zorder=3
            )


def _legend(axis: Axes) -> tuple[list[Artist], list[str]]:
    known: dict[str, Artist] = {}
    for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
        known.setdefault(label, handle)
    return list(known.values()), list(known)
