"""What a view was like before some deliveries, so that they can be taken back.

Numbers of the view are kept once; of everything else only what a delivery is about to change. What
changes them is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from h2proof.oracle.replay.streams import Stream, Tombs

if TYPE_CHECKING:
    from h2proof.oracle.replay.view import View

_OF_VIEW: Final = (
    "granted",
    "credit",
    "acks_got",
    "goaway_got",
    "high_theirs",
    "high_event_theirs",
    "holed",
    "marked",
)
_OF_STREAM: Final = (
    "facts",
    "peer_stop",
    "granted",
    "credit",
    "method",
    "target",
    "tunnel",
    "websocket",
)
"""What deliveries may change of either, apart from what is a table."""
_view_as_it_is: Final = attrgetter(*_OF_VIEW)
_stream_as_it_is: Final = attrgetter(*_OF_STREAM)


class Undo:
    """The deliveries of one search, backwards."""

    __slots__ = ("_log", "_numbers", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._numbers = _view_as_it_is(view)
        self._log: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def entry(self, table: dict[Any, Any], key: Any) -> None:
        """An entry of a table is about to be changed, made or dropped."""
        if key in table:
            self._log.append((table.__setitem__, (key, table[key])))
        else:
            self._log.append((table.pop, (key,)))

    def end(self, entries: list[Any]) -> None:
        """Something is about to be appended."""
        self._log.append((entries.pop, ()))

    def stream(self, live: Stream) -> None:
        """A stream is about to be changed."""
        self._log.append((_restore, (live, _OF_STREAM, _stream_as_it_is(live))))

    def tomb(self, tombs: Tombs, stream: int) -> None:
        """The facts of a closed stream are about to be changed, or it is about to be buried."""
        self._log.append((tombs.put, (stream, tombs.facts(stream))))

    def take_back(self) -> None:
        """Make everything as it was."""
        for revert, arguments in reversed(self._log):
            revert(*arguments)
        _restore(self._view, _OF_VIEW, self._numbers)


def _restore(target: object, names: tuple[str, ...], values: tuple[Any, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        setattr(target, name, value)
