"""Flow-control windows as the wire shows them, for drawing: no judgement, no late delivery."""

from dataclasses import dataclass, field
from typing import Final

from h2proof.sim.frames import FrameType, Headers, Setting, Settings, WindowUpdate
from h2proof.sim.trace import FrameEvent, Sender, Trace

FIRST: Final = 65_535


@dataclass(slots=True)
class Window:
    """What `sender` may send on a stream (0: the connection), with the event of each change."""

    sender: Sender
    stream: int
    octets: int
    steps: list[tuple[int, int]] = field(default_factory=list)

    def move(self, event: int, by: int) -> None:
        """The window changes at an event."""
        self.octets += by
        self.steps.append((event, self.octets))


def windows(trace: Trace, connection: int = 0) -> list[Window]:
    """All windows of a connection in which something was sent or granted."""
    book = _Book()
    for event in trace.frames():
        if event.connection == connection:
            book.see(event)
    return [each for each in book.windows.values() if len(each.steps) > 1]


class _Book:
    """The windows of both sides while a trace goes by."""

    def __init__(self) -> None:
        self.windows: dict[tuple[Sender, int], Window] = {}
        self._initial: dict[Sender, int] = {"client": FIRST, "server": FIRST}

    def see(self, event: FrameEvent) -> None:
        """One frame of the connection."""
        if not self.windows:  # the connection's are there from its first frame on
            self._window("client", 0, event.index)
            self._window("server", 0, event.index)
        if event.type == FrameType.DATA:
            for stream in (event.stream, 0):
                self._window(event.sender, stream, event.index).move(event.index, -event.length)
            return
        if event.elided:
            return
        frame, peer = event.frame, _peer(event.sender)
        match frame:
            case WindowUpdate():
                self._window(peer, frame.stream, event.index).move(event.index, frame.increment)
            case Settings():
                self._resize(peer, frame, event.index)
            case Headers():
                self._window(event.sender, frame.stream, event.index)

    def _window(self, sender: Sender, stream: int, event: int) -> Window:
        window = self.windows.get((sender, stream))
        if window is None:
            octets = self._initial[sender] if stream else FIRST
            window = self.windows[sender, stream] = Window(sender, stream, octets)
            window.steps.append((event, octets))
        return window

    def _resize(self, sender: Sender, frame: Settings, event: int) -> None:
        for identifier, value in frame.values:
            if identifier == Setting.INITIAL_WINDOW_SIZE:
                change = value - self._initial[sender]
                self._initial[sender] = value
                for window in self.windows.values():
                    if window.sender == sender and window.stream:
                        window.move(event, change)


def _peer(sender: Sender) -> Sender:
    return "server" if sender == "client" else "client"
