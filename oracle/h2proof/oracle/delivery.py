"""Late delivery: how much of the peer's frames an endpoint must have had.

Frames cross in flight. When an endpoint E is seen to send y, a capture does not tell which of the
peer's frames E had received by then. So they wait in a queue, E's `Inbox`, and the judge's view of
E holds only what E *must* have had:

1. If y is legal in the view, nothing is delivered. Evidence of more is not needed.
2. If it is not, the rule that objects says which kinds of waiting frames could lift its objection.
   The queue is delivered up to the first such frame, never past it, and y is checked again.
3. If no prefix of the queue makes y legal, it is a violation, under *every* order of delivery that
   explains the capture. The deliveries of the vain search are taken back.

Why stopping at the first lift is right, although legality is not monotone in delivery, is argued
in the project's notes; it needs only that a view is a function of the two prefixes. A frame that
was seen after y cannot have been known to E: that is the `cap`. Where a trace tells the deliveries
themselves, the queue is moved by them, and a check has nothing to search.

An objection that no delivery lifts (E's own earlier frames forbid y) may show only when a delivery
has made the stream known. Then that is the true fault, and the deliveries stand: E cannot have
meant y for a stream that it did not have.

What is legal is not known here: `check` says that.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Final, Generic, Protocol, TypeVar

from h2proof.oracle.replay.sent import (
    DATA,
    HEADERS,
    HOLE,
    PING,
    PUSH_PROMISE,
    RIGHT,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WRONG_ON_CONNECTION,
    Sent,
)
from h2proof.oracle.replay.view import View, named_streams

# -- kinds of frames that lift objections: a kind, and for some a stream or a setting above it --

OPENS, PROMISES, CREDITS, SETS, ENDS, CARRIES, PINGS, IS_WRONG, LEAVES_HOLE = range(1, 10)
_SHIFT: Final = 4

VAIN_STEPS_EACH: Final = 8
"""Deliveries of vain searches that each frame seen adds to the budget of its connection."""
VAIN_STEPS_FREE: Final = 4096


def lifting(kind: int, which: int = 0) -> int:
    """The key of a kind of frames; `which` is the stream of CREDITS, the setting of SETS."""
    return which << _SHIFT | kind


ANY_SETTINGS: Final = lifting(SETS)


def keys_of(sent: Sent) -> Iterator[int]:
    """What a frame may lift: every effect of its delivery that can remove an objection."""
    kind = sent.type
    if kind == DATA:
        yield CARRIES
        if sent.ends_stream:
            yield ENDS
    elif kind == WINDOW_UPDATE:
        yield lifting(CREDITS, sent.stream)
    elif kind == HEADERS:
        yield OPENS
        if sent.ends_stream:
            yield ENDS
    elif kind == SETTINGS:
        if not sent.is_ack:
            yield ANY_SETTINGS
            for identifier in {identifier: None for identifier, _ in sent.settings}:
                yield lifting(SETS, identifier)
    elif kind == RST_STREAM:
        yield ENDS
    elif kind == PUSH_PROMISE:
        yield PROMISES
    elif kind == PING:
        if not sent.is_ack:
            yield PINGS
    elif kind == HOLE:
        yield LEAVES_HOLE
    if sent.wrong != RIGHT:
        yield IS_WRONG


class Objection(Protocol):
    """Why a frame is illegal in a view, and which kinds of waiting frames could lift that."""

    @property
    def lifts(self) -> tuple[int, ...]:
        """Keys of `lifting`; none: no delivery helps."""

    @property
    def short(self) -> int:
        """Octets of credit that are missing; 0 where that is not the point."""

    @property
    def excusable(self) -> bool:
        """True if a violation of the peer's may stand behind it."""

    @property
    def excused_if_named(self) -> bool:
        """True if, without that, a violation of the peer's on the same stream excuses it."""


AnObjection = TypeVar("AnObjection", bound=Objection)


class Ordinary(Protocol):
    """What can be told of an ordinary frame by the number that stands for it."""

    def read(self, entry: int) -> Sent:
        """The frame itself."""

    def event(self, entry: int) -> int:
        """Its event."""

    def keys(self, entry: int) -> tuple[int, ...]:
        """What `keys_of` would give for it."""

    def credit(self, entry: int) -> int:
        """The increment of a WINDOW_UPDATE."""


def _excuses(waiting: Sent | None, names: tuple[int, ...]) -> bool:
    """True for a violation of the connection, or on one of these streams."""
    if waiting is None:
        return False
    if waiting.wrong == WRONG_ON_CONNECTION:
        return True
    return any(stream in names for stream in named_streams(waiting))


class Excuse(Enum):
    """What a violation of the peer's makes of an objection."""

    NONE = 0
    WEAK = 1
    """The connection is in error: accepted, unless a delivery makes the frame legal."""
    FULL = 2
    """Accepted: the peer's violation names the stream, or frames of the peer are missing."""


class Inbox:
    """The peer's frames that an endpoint may not have had yet, in the peer's order.

    An entry is a frame, or, for ordinary ones, only a number; `Ordinary` knows what that says and
    makes the frame when it is needed. `counts` says how many waiting frames could lift what.
    """

    __slots__ = ("_ordinary", "base", "counts", "credits", "entries", "head")

    def __init__(self, ordinary: Ordinary) -> None:
        self.entries: list[Sent | int] = []
        """From `head` on they wait."""
        self.head = 0
        self._ordinary = ordinary
        self.base = 0
        """How many frames have been delivered."""
        self.counts: dict[int, int] = {}
        self.credits: dict[int, int] = {}
        """Key of CREDITS → octets of credit that wait."""

    def __len__(self) -> int:
        return len(self.entries) - self.head

    @property
    def seen(self) -> int:
        """How many frames the peer has sent so far."""
        return self.base + len(self)

    def append(self, sent: Sent) -> None:
        """A frame that the peer has sent."""
        self.entries.append(sent)
        counts = self.counts
        for key in keys_of(sent):
            counts[key] = counts.get(key, 0) + 1
            if sent.type == WINDOW_UPDATE:
                self.credits[key] = self.credits.get(key, 0) + sent.value

    def append_ordinary(self, entry: int, keys: tuple[int, ...]) -> None:
        """An ordinary frame, and what it may lift."""
        self.entries.append(entry)
        counts = self.counts
        for key in keys:
            counts[key] = counts.get(key, 0) + 1

    def append_credit(self, entry: int, stream: int, octets: int) -> None:
        """An ordinary WINDOW_UPDATE."""
        self.entries.append(entry)
        key = lifting(CREDITS, stream)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.credits[key] = self.credits.get(key, 0) + octets

    def at(self, number: int) -> Sent:
        """The waiting frame with this number, counted from the peer's first."""
        entry = self.entries[self.head + number - self.base]
        return self._ordinary.read(entry) if isinstance(entry, int) else entry

    def keys_at(self, number: int) -> Iterable[int]:
        """What the waiting frame with this number may lift."""
        entry = self.entries[self.head + number - self.base]
        return self._ordinary.keys(entry) if isinstance(entry, int) else keys_of(entry)

    def _credit_at(self, number: int) -> int:
        entry = self.entries[self.head + number - self.base]
        return self._ordinary.credit(entry) if isinstance(entry, int) else entry.value

    def wrong_at(self, number: int) -> Sent | None:
        """The waiting frame with this number if it is a violation."""
        entry = self.entries[self.head + number - self.base]
        return None if isinstance(entry, int) or entry.wrong == RIGHT else entry

    def event_at(self, number: int) -> int:
        """The event of a waiting frame."""
        entry = self.entries[self.head + number - self.base]
        return self._ordinary.event(entry) if isinstance(entry, int) else entry.event

    def advance(self, number: int) -> None:
        """Everything below this number has been delivered."""
        counts = self.counts
        for each in range(self.base, number):
            for key in self.keys_at(each):
                left = counts[key] - 1
                if not left:
                    del counts[key]
                    self.credits.pop(key, None)
                    continue
                counts[key] = left
                if key in self.credits:
                    self.credits[key] -= self._credit_at(each)
        self.head += number - self.base
        self.base = number
        if self.head > 1024 and self.head * 2 > len(self.entries):
            del self.entries[: self.head]
            self.head = 0


class Delivery(Generic[AnObjection]):
    """One endpoint under judgement: its view, what waits for it, and the search."""

    __slots__ = (
        "_check",
        "budget",
        "exhausted",
        "forced_by",
        "forced_until",
        "inbox",
        "last_delivered",
        "unsure",
        "vain",
        "view",
    )

    def __init__(
        self,
        view: View,
        check: Callable[[View, Sent], AnObjection | None],
        ordinary: Ordinary,
    ) -> None:
        self.view = view
        self.inbox = Inbox(ordinary)
        self._check = check
        self.budget = VAIN_STEPS_FREE
        """Deliveries that vain searches may still cost."""
        self.exhausted = False
        """The last search was given up for the budget: its frame is not judged."""
        self.unsure = False
        """The last frame was accepted only because frames of the peer are missing."""
        self.vain: list[AnObjection] = []
        """What had objected to the last frame with less delivered, before the final objection."""
        self.last_delivered = -1
        """The event of the last frame that was delivered."""
        self.forced_until = array("q")
        """Peer events up to which deliveries were forced, rising, ..."""
        self.forced_by = array("q")
        """... and the own events that forced them."""

    def judge(self, sent: Sent, cap: int) -> AnObjection | None:
        """Why a frame is a violation, or None; deliveries are made as far as it proves them.

        At most `cap` frames of the peer can have been known. The caller then lets the view send it.
        """
        self.unsure = self.exhausted = False
        self.vain.clear()
        first = self._check(self.view, sent)
        if first is None:
            return None
        excuse = self._excuse(sent, first)
        if excuse is Excuse.FULL:
            return None
        if excuse is Excuse.NONE and not self._may_be_lifted(sent, first):
            return first
        found = self._search(sent, first, excuse, min(cap, self.inbox.seen))
        if found is None and not self.exhausted:
            self._remember(sent.event)
        return found

    def _search(
        self, sent: Sent, first: AnObjection, excuse: "Excuse", cap: int
    ) -> AnObjection | None:
        """Deliver from one lifting frame to the next until nothing objects.

        Where the peer has put the connection in error, anything is excused. A prefix that makes the
        frame legal is better evidence, so the search goes on for one, and comes back if there is
        none.
        """
        view, inbox = self.view, self.inbox
        objection: AnObjection = first
        number = inbox.base
        excused_at = number if excuse is Excuse.WEAK else -1
        view.begin_undo()
        while True:
            lift = self._next(sent, objection, number, cap)
            enough = self.budget >= lift - inbox.base
            if lift < 0 or not enough:
                view.undo()
                self.budget -= number - inbox.base
                return self._given_up(objection, excused_at, enough)
            while number <= lift:
                view.deliver(inbox.at(number))
                number += 1
            again = self._check(view, sent)
            if again is not None:
                excuse = self._excuse(sent, again)
                if excuse is Excuse.WEAK and excused_at < 0:
                    excused_at = number
                if excuse is not Excuse.FULL and self._may_be_lifted(sent, again):
                    self.vain.append(objection)
                    objection = again
                    continue
            view.commit()
            self._advance(number)
            return None if excuse is Excuse.FULL else again

    def _given_up(self, last: AnObjection, excused_at: int, enough: bool) -> AnObjection | None:
        """No prefix makes the frame legal: it is excused at one, or not judged, or a violation."""
        if excused_at >= 0:
            for each in range(self.inbox.base, excused_at):
                self.view.deliver(self.inbox.at(each))
            if excused_at > self.inbox.base:
                self._advance(excused_at)
            return None
        self.exhausted = not enough
        return last if enough else None

    def _may_be_lifted(self, sent: Sent, objection: Objection) -> bool:
        """True if a waiting frame may lift or excuse the objection.

        The endpoint's own doing is never excused, but for a RST_STREAM that answers an illegal
        frame on one of its own streams, which need not be there.
        """
        if objection.excusable:
            return True
        return objection.excused_if_named and IS_WRONG in self.inbox.counts

    def _next(self, sent: Sent, objection: Objection, number: int, cap: int) -> int:
        """The number of the first waiting frame that may lift the objection; -1 if none may."""
        counts = self.inbox.counts
        wanted = [key for key in objection.lifts if key in counts]
        if objection.excusable and LEAVES_HOLE in counts:
            wanted.append(LEAVES_HOLE)
        names = named_streams(sent) if IS_WRONG in counts else ()
        if objection.short and not names and self._is_vain(objection.short, wanted):
            return -1
        if not wanted and not names:
            return -1
        for each in range(number, cap):
            if names and _excuses(self.inbox.wrong_at(each), names):
                return each
            for key in self.inbox.keys_at(each):
                if key in wanted:
                    return each
        return -1

    def _is_vain(self, short: int, wanted: list[int]) -> bool:
        """True if all credit that waits together is not enough."""
        credits_ = self.inbox.credits
        if any(key not in credits_ for key in wanted):
            return False  # something else may help as well
        return sum(credits_[key] for key in wanted) < short

    def _excuse(self, sent: Sent, objection: Objection) -> "Excuse":
        """Whether the peer's violations, or gaps in what it sent, stand behind an objection."""
        view = self.view
        if not objection.excusable:
            named = objection.excused_if_named and sent.stream in view.marks
            return Excuse.FULL if named else Excuse.NONE
        if view.holed >= 0:
            self.unsure = True
            return Excuse.FULL
        if any(stream in view.marks for stream in named_streams(sent)):
            return Excuse.FULL
        return Excuse.WEAK if view.marked >= 0 else Excuse.NONE

    def _advance(self, number: int) -> None:
        self.last_delivered = self.inbox.event_at(number - 1)
        self.inbox.advance(number)

    def deliver_until(self, number: int, event: int) -> None:
        """The trace itself tells that everything below this number was delivered."""
        number = min(number, self.inbox.seen)
        if number <= self.inbox.base:
            return
        for each in range(self.inbox.base, number):
            self.view.deliver(self.inbox.at(each))
        self._advance(number)
        self.forced_until.append(self.last_delivered)
        self.forced_by.append(event)

    # -- what was proven when --

    def forced(self, count: int, event: int) -> None:
        """So many more frames were delivered, as the own `event` shows."""
        self._advance(self.inbox.base + count)
        self._remember(event)

    def _remember(self, event: int) -> None:
        """Note that the frames delivered so far were forced by this own event."""
        if self.inbox.base:
            self.forced_until.append(self.last_delivered)
            self.forced_by.append(event)

    def had_by(self, event: int) -> int:
        """The own event that proves that the peer's `event` was delivered; -1 if none does."""
        place = bisect_left(self.forced_until, event)
        return self.forced_by[place] if place < len(self.forced_by) else -1
