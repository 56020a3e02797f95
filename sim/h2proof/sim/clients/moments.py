"""Moments at which a behaviour can act: what a client has just seen, or done."""

from enum import Enum
from typing import Final

from h2proof.sim.notices import (
    DataReceived,
    GoAwayReceived,
    InformationalReceived,
    Notice,
    PromiseReceived,
    ResponseReceived,
    SettingsReceived,
    StreamReset,
    TrailersReceived,
)


class Moment(Enum):
    """What has just happened; parameters name moments by these values."""

    ASKED = "asked"
    SETTINGS = "settings"
    PROMISE = "promise"
    INFORMATIONAL = "informational"
    RESPONSE = "response"
    DATA = "data"
    END = "end"
    RESET = "reset"
    GOAWAY = "goaway"
    FRAME = "frame"
    PUSHED_RESPONSE = "pushed response"
    PUSHED_DATA = "pushed data"
    PUSHED_END = "pushed end"
    PUSHED_RESET = "pushed reset"

    @property
    def pushed(self) -> "Moment":
        """The same on a promised stream."""
        return _PUSHED.get(self, self)


_PUSHED: Final = {
    Moment.RESPONSE: Moment.PUSHED_RESPONSE,
    Moment.DATA: Moment.PUSHED_DATA,
    Moment.END: Moment.PUSHED_END,
    Moment.RESET: Moment.PUSHED_RESET,
}

MOMENTS: Final = tuple(moment.value for moment in Moment)

MOMENT_OF: Final[dict[type, Moment]] = {
    SettingsReceived: Moment.SETTINGS,
    PromiseReceived: Moment.PROMISE,
    InformationalReceived: Moment.INFORMATIONAL,
    ResponseReceived: Moment.RESPONSE,
    DataReceived: Moment.DATA,
    StreamReset: Moment.RESET,
    GoAwayReceived: Moment.GOAWAY,
}


def moments_of(notice: Notice) -> tuple[int, list[Moment]]:
    """The stream that a notice is about, 0 for none, and the moments that come with it."""
    stream = getattr(notice, "promised", 0) or getattr(notice, "stream", 0)
    moments = [MOMENT_OF[type(notice)]] if type(notice) in MOMENT_OF else []
    if getattr(notice, "end_stream", False) or isinstance(notice, TrailersReceived):
        moments.append(Moment.END)
    if stream and not stream & 1:
        moments = [moment.pushed for moment in moments]
    return stream, moments
