"""What is true at one place of a run whose deliveries are known: told by the frames alone.

A mutation asks here whether the frame that it wants to put in is forbidden at this place, and known
to be forbidden by its sender. The judge is not asked.
"""

from dataclasses import dataclass, field

from h2proof.sim.frames import (
    Continuation,
    Data,
    GoAway,
    Headers,
    PushPromise,
    RstStream,
    Settings,
)
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Sender, Trace


@dataclass
class Situation:
    """The truth for one sender, with all that was delivered to it."""

    sender: Sender
    requested: dict[int, bool] = field(default_factory=dict)
    """Requests that both sides know of → whether a final response may still begin."""
    promised: set[int] = field(default_factory=set)
    pushed: set[int] = field(default_factory=set)
    """Promised streams whose response has begun, as far as it was delivered."""
    ended: set[int] = field(default_factory=set)
    """Streams that the sender has ended."""
    reset: set[int] = field(default_factory=set)
    """Streams that the sender has reset."""
    got_end: set[int] = field(default_factory=set)
    got_reset: set[int] = field(default_factory=set)
    got_goaway: bool = False
    goaway_last: int = -1
    """What the sender's last GOAWAY named; -1 without one."""
    highest: int = 0
    """The highest request, sent or delivered."""
    highest_promise: int = 0
    outstanding: int = 0
    """SETTINGS delivered and not acknowledged."""
    settings: dict[int, int] = field(default_factory=dict)
    """The peer's, as delivered and acknowledged."""
    peer_settings_sent: dict[int, int] = field(default_factory=dict)
    block_open: bool = False
    frames: int = 0
    data_seen: bool = False
    """Some DATA has been delivered to it, so that its own windows are not whole."""

    @property
    def live(self) -> list[int]:
        """Requests that neither side has reset, nor this side ended."""
        gone = self.reset | self.got_reset | self.ended
        return [stream for stream in self.requested if stream not in gone]

    def closed_by_me(self) -> list[int]:
        """Requests that this side has ended, and nobody has reset."""
        return [s for s in self.requested if s in self.ended - self.reset - self.got_reset]


def situation(trace: Trace, sender: Sender, place: int) -> Situation:
    """What is true for one sender in front of the event at `place`; connection 0 only."""
    here = Situation(sender)
    waiting: list[tuple[tuple[int, int], ...]] = []
    for event in trace:
        if event.index >= place:
            break
        if isinstance(event, FrameEvent) and event.connection == 0 and event.sender == sender:
            _sent(here, event, waiting)
        elif isinstance(event, DeliveredEvent) and event.connection == 0:
            frame = trace[event.frame_event]
            assert isinstance(frame, FrameEvent)
            if frame.sender != sender:
                _got(here, frame, waiting)
    return here


def _sent(here: Situation, event: FrameEvent, waiting: list[tuple[tuple[int, int], ...]]) -> None:
    here.frames += 1
    match event.frame:
        case Headers() as frame:
            here.block_open = not frame.end_headers
            if here.sender == "client" and frame.stream > here.highest:
                here.highest = frame.stream
                here.requested[frame.stream] = False
            elif frame.stream in here.requested:
                here.requested[frame.stream] = False
            if frame.end_stream:
                here.ended.add(frame.stream)
        case Continuation() as frame:
            here.block_open = not frame.end_headers
        case PushPromise() as frame:
            here.block_open = not frame.end_headers
            here.promised.add(frame.promised)
            here.highest_promise = max(here.highest_promise, frame.promised)
        case Data() as frame:
            if frame.end_stream:
                here.ended.add(frame.stream)
        case RstStream() as frame:
            here.reset.add(frame.stream)
        case Settings(ack=True):
            here.outstanding -= 1
            here.settings.update(waiting.pop(0))
        case GoAway() as frame:
            here.goaway_last = frame.last
        case _:
            pass


def _got(here: Situation, event: FrameEvent, waiting: list[tuple[tuple[int, int], ...]]) -> None:
    match event.frame:
        case Headers() as frame:
            if here.sender == "server" and frame.stream > here.highest:
                here.highest = frame.stream
                here.requested[frame.stream] = True
            elif not frame.stream & 1:
                here.pushed.add(frame.stream)
            if frame.end_stream:
                here.got_end.add(frame.stream)
        case PushPromise() as frame:
            here.promised.add(frame.promised)
            here.highest_promise = max(here.highest_promise, frame.promised)
        case Data() as frame:
            here.data_seen = True
            if frame.end_stream:
                here.got_end.add(frame.stream)
        case RstStream() as frame:
            here.got_reset.add(frame.stream)
        case Settings(ack=False) as frame:
            here.outstanding += 1
            waiting.append(frame.values)
            here.peer_settings_sent.update(frame.values)
        case GoAway():
            here.got_goaway = True
        case _:
            pass
