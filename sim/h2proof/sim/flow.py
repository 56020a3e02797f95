"""Flow control (RFC 9113 §5.2, §6.9): windows in octets, of the connection and of each stream.

A stream keeps its credit relative to the initial window, so that a new SETTINGS_INITIAL_WINDOW_SIZE
moves every stream's window at once, below zero if need be, without a walk over the streams. Windows
for sending shrink by the DATA sent; windows for receiving are what the peer may still send. Which
frames may be sent in which state is not known here.
"""

from collections.abc import Iterable
from typing import Final

from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error, stream_error
from h2proof.sim.settings import DEFAULTS, INITIAL_WINDOW_SIZE
from h2proof.sim.streams import Stream

WINDOW_MAX: Final = 2**31 - 1
WINDOW_DEFAULT: Final = DEFAULTS[INITIAL_WINDOW_SIZE]


class Flow:
    """Both directions of one connection."""

    __slots__ = (
        "_receive_peak",
        "_send_peak",
        "receive",
        "receive_initial",
        "receive_initial_most",
        "send",
        "send_initial",
    )

    def __init__(self) -> None:
        self.send = WINDOW_DEFAULT
        """What the connection's window still lets this endpoint send."""
        self.receive = WINDOW_DEFAULT
        """What it still lets the peer send."""
        self.send_initial = WINDOW_DEFAULT
        self.receive_initial = WINDOW_DEFAULT
        self.receive_initial_most = WINDOW_DEFAULT
        """The initial window that the peer may rightly assume while an acknowledgment is due."""
        # no live stream has more credit than this; a bound, so that most settings need no walk
        self._send_peak = 0
        self._receive_peak = 0

    # -- sending --

    def send_window(self, stream: Stream) -> int:
        """Octets that may go out on a stream now; never negative."""
        window = self.send_initial + stream.send_credit
        return window if 0 < window <= self.send else max(0, min(window, self.send))

    def spend(self, stream: Stream, octets: int) -> bool:
        """DATA of so many octets, padding included, goes out; False where no window is so wide."""
        if octets and (octets > self.send or octets > self.send_initial + stream.send_credit):
            return False
        self.send -= octets
        stream.send_credit -= octets
        return True

    def open_connection(self, increment: int) -> Fault | None:
        """The peer's WINDOW_UPDATE on stream 0 (§6.9, §6.9.1)."""
        if not increment:
            reason = "an increment of 0 for the connection"
            return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-6.9-05", reason)
        if self.send + increment > WINDOW_MAX:
            reason = f"{increment} octets lift the connection's window of {self.send} too high"
            return connection_error(ErrorCode.FLOW_CONTROL_ERROR, "RFC9113-6.9.1-07", reason)
        self.send += increment
        return None

    def open_stream(self, stream: Stream, increment: int) -> Fault | None:
        """The peer's WINDOW_UPDATE on a stream (§6.9, §6.9.1)."""
        if not increment:
            reason = "an increment of 0"
            return stream_error(stream.id, ErrorCode.PROTOCOL_ERROR, "RFC9113-6.9-04", reason)
        window = self.send_initial + stream.send_credit
        if window + increment > WINDOW_MAX:
            reason = f"{increment} octets lift the window of {window} too high"
            return stream_error(stream.id, ErrorCode.FLOW_CONTROL_ERROR, "RFC9113-6.9.1-07", reason)
        stream.send_credit += increment
        self._send_peak = max(self._send_peak, stream.send_credit)
        return None

    def set_send_initial(self, octets: int, live: Iterable[Stream]) -> Fault | None:
        """The peer's SETTINGS_INITIAL_WINDOW_SIZE moves every window for sending (§6.9.2)."""
        if octets + self._send_peak > WINDOW_MAX:
            self._send_peak = max((0, *(stream.send_credit for stream in live)))
            if octets + self._send_peak > WINDOW_MAX:
                reason = f"an initial window of {octets} lifts a stream's window too high"
                return connection_error(ErrorCode.FLOW_CONTROL_ERROR, "RFC9113-6.9.2-06", reason)
        self.send_initial = octets
        return None

    # -- receiving --

    def receive_window(self, stream: Stream) -> int:
        """Octets that the peer may still send on a stream; negative after a lowered setting."""
        return self.receive_initial + stream.receive_credit

    def take_connection(self, octets: int) -> Fault | None:
        """DATA arrived, in whatever state its stream is (§6.9)."""
        if octets > self.receive:
            reason = f"{octets} octets of DATA in a connection window of {self.receive}"
            return connection_error(ErrorCode.FLOW_CONTROL_ERROR, "RFC9113-6.9.1-01", reason)
        self.receive -= octets
        return None

    def take(self, stream: Stream, octets: int) -> Fault | None:
        """DATA arrived on a stream that takes it: of both windows, or of the first one."""
        if octets <= self.receive and octets <= self.receive_initial_most + stream.receive_credit:
            self.receive -= octets
            stream.receive_credit -= octets
            return None
        return self.take_connection(octets) or self._take_stream(stream, octets)

    def _take_stream(self, stream: Stream, octets: int) -> Fault | None:
        window = self.receive_initial_most + stream.receive_credit
        if octets > window and octets:
            reason = f"{octets} octets of DATA in a window of {window}"
            code = ErrorCode.FLOW_CONTROL_ERROR
            return stream_error(stream.id, code, "RFC9113-6.9.1-01", reason)
        stream.receive_credit -= octets
        return None

    def credit(self, stream: Stream | None, octets: int) -> None:
        """A WINDOW_UPDATE goes out, None being stream 0; `IllegalSend` where it must not."""
        if not 1 <= octets <= WINDOW_MAX:
            reason = f"an increment of {octets}"
            raise IllegalSend("RFC9113-6.9-03", reason, f"give 1 to {WINDOW_MAX} octets")
        if stream is None:
            window = self.receive
        else:
            window = self.receive_initial_most + stream.receive_credit
        if window + octets > WINDOW_MAX:
            reason = f"{octets} octets lift the window of {window} above {WINDOW_MAX}"
            raise IllegalSend("RFC9113-6.9.1-06", reason)
        if stream is None:
            self.receive += octets
        else:
            stream.receive_credit += octets
            self._receive_peak = max(self._receive_peak, stream.receive_credit)

    def check_receive_initial(self, octets: int, live: Iterable[Stream]) -> None:
        """`IllegalSend` where announcing this initial window would lift a window too high."""
        if octets + self._receive_peak > WINDOW_MAX:
            self._receive_peak = max((0, *(stream.receive_credit for stream in live)))
            if octets + self._receive_peak > WINDOW_MAX:
                reason = f"an initial window of {octets} lifts a stream's window above {WINDOW_MAX}"
                raise IllegalSend("RFC9113-6.9.1-06", reason)
