"""Deliveries that are taken back leave nothing behind."""

from random import Random

from tests.oracle.delivery.alphabet import CLIENT, SERVER, Step, frames_of

from h2proof.oracle.party import check
from h2proof.oracle.replay.effects import deliver, send
from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View


def half_of(view: View, steps: list[Step]) -> tuple[list[Sent], list[Sent]]:
    """Own frames are sent; the peer's are given back, to be delivered."""
    frames = frames_of(steps)
    own = [sent for sent, (who, _) in zip(frames, steps, strict=True) if who == view.role]
    peers = [sent for sent, (who, _) in zip(frames, steps, strict=True) if who != view.role]
    return own, peers


def shape(view: View) -> list[object]:
    """What a view says, and what it holds."""
    probes = frames_of([(view.role, frame) for frame in (CLIENT if view.client else SERVER)])
    answers = [breach.rule.name if (breach := check(view, each)) else "" for each in probes]
    return [
        answers,
        sorted(view.streams),
        view.active,
        view.window,
        view.granted,
        view.peer_settings,
        view.pings_owed,
        view.settings_got,
        view.goaway_got,
        view.marks,
        [view.facts(stream) for stream in range(1, 8)],
        [view.stops(stream) for stream in sorted(view.streams)],
    ]


def test_undo_gives_back_the_view_as_it_was() -> None:
    chance = Random(1)
    for _ in range(150):
        for role in ("client", "server"):
            steps: list[Step] = [
                ("client", chance.choice(CLIENT))
                if chance.random() < 0.5
                else ("server", chance.choice(SERVER))
                for _ in range(8)
            ]
            view = View(role)
            own, peers = half_of(view, steps)
            for sent in peers[:2]:
                deliver(view, sent)
            for sent in own:
                send(view, sent)
            before = repr(shape(view))

            view.begin_undo()
            for sent in peers[2:]:
                deliver(view, sent)
            view.undo()

            assert before == repr(shape(view)), steps
