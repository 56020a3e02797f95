"""A view is a function of the two prefixes alone: the order in which they mixed does not show.

Late delivery is right because of this. All orders in which nothing is delivered before
it was seen, and each frame was legal when it was sent, are folded, and the views must answer alike to every frame of the alphabet.
"""

from collections.abc import Iterator, Sequence
from random import Random

import pytest
from tests.oracle.delivery.alphabet import STEPS, Step, frames_of, longer
from tests.oracle.delivery.brute_force import first_violation, is_legal

from h2proof.oracle.party import check
from h2proof.oracle.replay.effects import deliver, send
from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View
from h2proof.sim.trace import Sender


def orders(role: Sender, own: Sequence[Sent], peers: Sequence[Sent]) -> Iterator[View]:
    """The view after each possible order of sends and deliveries."""
    for order in _orders(len(own), len(peers)):
        view = View(role)
        if _fold(view, order, own, peers):
            yield view


def _fold(view: View, order: tuple[bool, ...], own: Sequence[Sent], peers: Sequence[Sent]) -> bool:
    """False if the order cannot have been: a frame too early, or one that was not legal."""
    mine, theirs = iter(own), iter(peers)
    latest = -1
    for sends in order:
        sent = next(mine if sends else theirs)
        if not sends:
            latest = sent.event
            deliver(view, sent)
        elif sent.event < latest or not is_legal(view, sent):
            return False
        else:
            send(view, sent)
    return True


def _orders(sends: int, deliveries: int) -> Iterator[tuple[bool, ...]]:
    if not sends or not deliveries:
        yield (True,) * sends + (False,) * deliveries
        return
    yield from ((True, *rest) for rest in _orders(sends - 1, deliveries))
    yield from ((False, *rest) for rest in _orders(sends, deliveries - 1))


def answers(view: View, probes: Sequence[Sent]) -> list[str]:
    """What the rules say to each probe."""
    said = (check(view, each) for each in probes)
    return ["" if breach is None else breach.rule.name for breach in said]


def legal_connection(chance: Random, each_max: int) -> tuple[Step, ...]:
    """A random connection without a violation."""
    steps: tuple[Step, ...] = ()
    for _ in range(8 * each_max):
        choices = list(longer(steps, each_max))
        if not choices:
            break
        candidate = chance.choice(choices)
        if first_violation(candidate) is None:
            steps = candidate
    return steps


def compare(count: int, seed: int) -> int:
    """Fold random connections in all orders; how many pairs of views were compared."""
    chance = Random(seed)
    compared = 0
    probes: dict[Sender, list[Sent]] = {"client": [], "server": []}
    for sender, frame in STEPS:
        probes[sender] += frames_of([(sender, frame)])
    for _ in range(count):
        steps = legal_connection(chance, 4)
        frames = frames_of(steps)
        for role, peer in (("client", "server"), ("server", "client")):
            own = [sent for sent, (who, _) in zip(frames, steps, strict=True) if who == role]
            peers = [sent for sent, (who, _) in zip(frames, steps, strict=True) if who == peer]
            first: list[str] | None = None
            for view in orders(role, own, peers):  # type: ignore[arg-type]
                said = answers(view, probes[role])  # type: ignore[index]
                first = said if first is None else first

                assert first == said, steps
                compared += 1
    return compared


def test_the_order_of_the_same_prefixes_does_not_show() -> None:
    assert 100 < compare(25, seed=1)


@pytest.mark.slow
def test_the_order_does_not_show_on_many_connections() -> None:
    assert 10_000 < compare(2000, seed=2)
