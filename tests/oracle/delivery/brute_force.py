"""Every assignment of deliveries, tried one by one: what late delivery claims to be equal to.

An explanation gives each frame y of an endpoint a number of the peer's frames that it had: never
falling, never more than were seen before y. A frame is the first violation if all frames before it
have explanations and no explanation goes on through it.
"""

from collections.abc import Sequence

from tests.oracle.delivery.alphabet import Step, frames_of

from h2proof.oracle.party import check
from h2proof.oracle.replay.effects import deliver, send
from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.view import View
from h2proof.sim.trace import Sender


def first_violation(steps: Sequence[Step]) -> int | None:
    """The place of the first frame that no assignment of deliveries explains; None if none."""
    frames = frames_of(steps)
    said: dict[Sender, list[Sent]] = {"client": [], "server": []}
    had: dict[Sender, set[int]] = {"client": {0}, "server": {0}}
    for place, (sender, _) in enumerate(steps):
        peer: Sender = "server" if sender == "client" else "client"
        sent = frames[place]
        explained = {
            count
            for count in range(min(had[sender]), len(said[peer]) + 1)
            if is_legal(folded(sender, said[sender], said[peer][:count]), sent)
        }
        if not explained:
            return place
        had[sender] = explained
        said[sender].append(sent)
    return None


def is_legal(view: View, sent: Sent) -> bool:
    """True if no obligation is broken by sending the frame now; advice does not count."""
    breach = check(view, sent)
    return breach is None or breach.rule.level != "MUST"


def folded(role: Sender, own: Sequence[Sent], peers: Sequence[Sent]) -> View:
    """The view of an endpoint after these frames, in the order in which they were seen."""
    view = View(role)
    mine = {id(sent) for sent in own}
    for sent in sorted((*own, *peers), key=lambda each: each.event):
        if id(sent) in mine:
            send(view, sent)
        else:
            deliver(view, sent)
    return view
