"""Moments at which a behaviour can act: what a client has just seen, or done."""

from enum import Enum
from typing import Final

from h2proof.sim.notices import (
    DataReceived,
    GoAwayReceived,
    InformationalReceived,
    PromiseReceived,
    ResponseReceived,
    SettingsReceived,
    StreamReset,
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
