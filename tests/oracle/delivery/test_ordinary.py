"""An ordinary frame that waits as a number does what the frame itself would do."""

from typing import Any

import pytest
from tests.oracle.delivery.alphabet import sent_of
from tests.oracle.judge.test_lane_at_random import connection

from h2proof.oracle.inbox import Inbox
from h2proof.oracle.lifting import keys_of
from h2proof.oracle.ordinary import CODE, CODE_BITS, EFFECTS
from h2proof.oracle.party import pair
from h2proof.oracle.replay.effects import deliver
from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View


def shape(thing: Any) -> Any:
    """What an object holds, and what that holds, down to plain values."""
    if isinstance(thing, dict):
        return [(key, shape(value)) for key, value in thing.items()]
    if isinstance(thing, bytearray) or not hasattr(thing, "__slots__"):
        return repr(thing)
    return [(name, shape(getattr(thing, name))) for name in thing.__slots__]


class Twins:
    """Two views of one receiver: one has ordinary frames as numbers, the other as frames."""

    def __init__(self, frames: list[Sent], view: View) -> None:
        self.frames = frames
        self.by_number, self.by_frame = View(view.role), View(view.role)
        self.ordinary = 0

    def get(self, inbox: Inbox, entry: int) -> None:
        """An ordinary frame."""
        place = entry >> CODE_BITS
        EFFECTS[entry & CODE](inbox.ordinary, self.by_number, place)
        deliver(self.by_frame, self.frames[place])
        assert shape(self.by_number) == shape(self.by_frame), self.frames[place].name
        assert sorted(inbox.ordinary.keys(entry)) == sorted(keys_of(self.frames[place]))
        self.ordinary += 1

    def get_frame(self, sent: Sent) -> None:
        """Any other frame."""
        deliver(self.by_number, sent)
        deliver(self.by_frame, sent)


def test_a_number_does_what_its_frame_does(monkeypatch: pytest.MonkeyPatch) -> None:
    twins: dict[int, Twins] = {}
    append, append_ordinary = Inbox.append, Inbox.append_ordinary

    def got(self: Inbox, sent: Sent) -> None:
        append(self, sent)
        twins[id(self)].get_frame(sent)

    def got_ordinary(self: Inbox, entry: int) -> None:
        append_ordinary(self, entry)
        twins[id(self)].get(self, entry)

    monkeypatch.setattr(Inbox, "append", got)
    monkeypatch.setattr(Inbox, "append_ordinary", got_ordinary)
    ordinary = 0
    for seed in range(25):
        trace = connection(seed)
        frames = sent_of(trace)
        info = trace.connections[0]
        parties = pair(trace, 0, info, exact=False, prefaced=False, clear_lane=True)
        twins = {
            id(party.delivery.inbox): Twins(frames, party.view)  # type: ignore[attr-defined]
            for party in parties
        }
        for place, sender in enumerate(trace.columns.sender):
            parties[sender].frame(place)
        ordinary += sum(each.ordinary for each in twins.values())

    assert ordinary > 800, "most frames are ordinary"
