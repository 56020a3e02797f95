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
themselves, nothing waits longer than it says, and there is nothing to search (`ToldDelivery`).

An objection that no delivery lifts (E's own earlier frames forbid y) may show only when a delivery
has made the stream known. Then that is the true fault, and the deliveries stand: E cannot have
meant y for a stream that it did not have.

What is legal is not known here: `check` says that.
"""

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final, Generic, Protocol, TypeVar, final

from h2proof.oracle.inbox import Inbox
from h2proof.oracle.lifting import IS_WRONG, LEAVES_HOLE
from h2proof.oracle.ordinary import CODE, CODE_BITS, EFFECTS, PROMISED, OrdinaryFrames
from h2proof.oracle.replay.effects import deliver, named_streams
from h2proof.oracle.replay.sent import WRONG_ON_CONNECTION, Sent
from h2proof.oracle.replay.view import View

VAIN_STEPS_EACH: Final = 8
"""Deliveries of vain searches that each frame seen adds to the budget of its connection."""
VAIN_STEPS_FREE: Final = 4096


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


class Delivery(ABC, Generic[AnObjection]):
    """One endpoint under judgement: its view, and what waits for it."""

    __slots__ = ("_check", "append", "append_ordinary", "exhausted", "unsure", "vain", "view")

    append: Callable[[Sent], None]
    """A frame that the peer has sent."""
    append_ordinary: Callable[[int], None]
    """An ordinary one."""

    def __init__(self, view: View, check: Callable[[View, Sent], AnObjection | None]) -> None:
        self.view = view
        self._check = check
        self.exhausted = False
        """The last search was given up for the budget: its frame is not judged."""
        self.unsure = False
        """The last frame was accepted only because frames of the peer are missing."""
        self.vain: list[AnObjection] = []
        """What had objected to the last frame with less delivered, before the final objection."""

    @abstractmethod
    def judge(self, sent: Sent, number: int, knew: int | None) -> AnObjection | None:
        """Why a frame, so many of its sender's, is a violation, or None.

        At most `knew` frames of the peer can have been known, None stands for all that were seen.
        The caller then lets the view send it.
        """

    @property
    @abstractmethod
    def had(self) -> int:
        """How many frames have been delivered."""

    @property
    @abstractmethod
    def seen(self) -> int:
        """How many frames the peer has sent so far."""

    @abstractmethod
    def had_by(self, event: int) -> int:
        """The own event that proves that the peer's `event` was delivered; -1 if none does."""

    @abstractmethod
    def arrived(self, frame_event: int, event: int) -> None:
        """The trace says at `event` that a frame of the peer, and all before it, have arrived."""

    def _excuse(self, sent: Sent, objection: Objection) -> Excuse:
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


@final
class ToldDelivery(Delivery[AnObjection]):
    """Where the trace tells the deliveries: the view is what it says, and there is no search."""

    __slots__ = ("_arrivals", "_had", "_ordinary", "_waiting")

    def __init__(
        self,
        view: View,
        check: Callable[[View, Sent], AnObjection | None],
        ordinary: OrdinaryFrames,
    ) -> None:
        super().__init__(view, check)
        self._ordinary = ordinary
        self._waiting: deque[Sent | int] = deque()
        self._had = 0
        self._arrivals: list[int] = []
        """The events of the deliveries that brought something."""
        self.append = self.append_ordinary = self._waiting.append

    def judge(self, sent: Sent, number: int, knew: int | None) -> AnObjection | None:
        self.unsure = False
        objection = self._check(self.view, sent)
        if objection is None or self._excuse(sent, objection) is not Excuse.NONE:
            return None
        return objection

    def arrived(self, frame_event: int, event: int) -> None:
        view, waiting, ordinary = self.view, self._waiting, self._ordinary
        had = self._had
        while waiting:
            entry = waiting.popleft()
            if type(entry) is Sent:
                if entry.event > frame_event:
                    waiting.appendleft(entry)
                    break
                deliver(view, entry)
                had += 1
                continue
            place = entry >> CODE_BITS
            seen = ordinary.event[place]
            if seen > frame_event:
                waiting.appendleft(entry)
                break
            code = entry & CODE
            EFFECTS[code](ordinary, view, place)
            if code == PROMISED:
                del ordinary.promises[place]
            had += 1
            if seen == frame_event:
                break  # nothing of the same event waits behind an ordinary frame
        if had > self._had:
            self._had = had
            self._arrivals.append(event)

    @property
    def had(self) -> int:
        return self._had

    @property
    def seen(self) -> int:
        return self._had + len(self._waiting)

    def had_by(self, event: int) -> int:
        place = bisect_left(self._arrivals, event, key=self._ordinary.delivered_at)
        return self._arrivals[place] if place < len(self._arrivals) else -1


@final
class LateDelivery(Delivery[AnObjection]):
    """Where it does not: a view that has as little as possible, and the search for more."""

    __slots__ = ("_forced_by", "_forced_until", "_last", "_vain_steps", "inbox")

    def __init__(
        self,
        view: View,
        check: Callable[[View, Sent], AnObjection | None],
        ordinary: OrdinaryFrames,
    ) -> None:
        super().__init__(view, check)
        self.inbox = Inbox(ordinary)
        self.append, self.append_ordinary = self.inbox.append, self.inbox.append_ordinary
        self._vain_steps = 0
        """Deliveries that vain searches have cost."""
        self._last = -1
        """The event of the last frame that was delivered."""
        self._forced_until = array("q")
        """Peer events up to which deliveries were forced, rising, ..."""
        self._forced_by = array("q")
        """... and the own events that forced them."""

    def judge(self, sent: Sent, number: int, knew: int | None) -> AnObjection | None:
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
        seen = self.inbox.seen
        cap = seen if knew is None else min(knew, seen)
        found = self._search(sent, first, excuse, cap, self.budget(number))
        if found is None and not self.exhausted:
            self._remember(sent.event)
        return found

    def budget(self, number: int) -> int:
        """Deliveries that vain searches may still cost with so many frames sent."""
        return VAIN_STEPS_FREE + VAIN_STEPS_EACH * number - self._vain_steps

    def _search(
        self, sent: Sent, first: AnObjection, excuse: Excuse, cap: int, budget: int
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
            enough = budget >= lift - inbox.base
            if lift < 0 or not enough:
                view.undo()
                self._vain_steps += number - inbox.base
                return self._given_up(objection, excused_at, enough)
            while number <= lift:
                inbox.deliver(view, number)
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
            self._last = inbox.advance(number)
            return None if excuse is Excuse.FULL else again

    def _given_up(self, last: AnObjection, excused_at: int, enough: bool) -> AnObjection | None:
        """No prefix makes the frame legal: it is excused at one, or not judged, or a violation."""
        if excused_at >= 0:
            for each in range(self.inbox.base, excused_at):
                self.inbox.deliver(self.view, each)
            if excused_at > self.inbox.base:
                self._last = self.inbox.advance(excused_at)
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

    def arrived(self, frame_event: int, event: int) -> None:
        raise AssertionError("where deliveries are told there is no search")

    # -- what was proven when --

    def forced(self, count: int, event: int) -> None:
        """So many more frames were delivered, as the own `event` shows."""
        inbox = self.inbox
        self._last = inbox.advance(inbox.base + count)
        self._forced_until.append(self._last)
        self._forced_by.append(event)

    def _remember(self, event: int) -> None:
        """Note that the frames delivered so far were forced by this own event."""
        if self.inbox.base:
            self._forced_until.append(self._last)
            self._forced_by.append(event)

    @property
    def had(self) -> int:
        return self.inbox.base

    @property
    def seen(self) -> int:
        return self.inbox.seen

    def had_by(self, event: int) -> int:
        place = bisect_left(self._forced_until, event)
        return self._forced_by[place] if place < len(self._forced_by) else -1
