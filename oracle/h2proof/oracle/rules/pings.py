"""PING (RFC 9113 §6.7): each acknowledgment answers a PING that came before."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import PINGS
from h2proof.oracle.replay.sent import PING, Sent
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Stage, rule


@rule(
    PING,
    "9113-6.7-02",
    "9113-6.7-05",
    stage=Stage.PEER,
    lifts=lambda view, sent: (PINGS,),
)
def acknowledges_no_ping(view: View, sent: Sent) -> Iterator[Fact]:
    """A PING with ACK has the octets of a PING that was not answered yet."""
    if sent.is_ack and sent.opaque not in view.pings_owed:
        yield Fact(f"PING ACK {sent.opaque.hex()} answers no PING")


RULES: Final = (acknowledges_no_ping,)
