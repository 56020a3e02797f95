"""Prefaces (RFC 9113 §3.4): how both sides of a connection begin.

Judged only where the trace shows the client's preface: a trace without one is a fragment.
"""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.replay.sent import SETTINGS, Sent
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.framing import ANY
from h2proof.oracle.rules.rule import Fact, Stage, connection, rule

_PROTOCOL_ERROR: Final = connection("PROTOCOL_ERROR", "close")


@rule(
    (),
    "9113-3.4-02",
    "9113-3.4-01",
    "9113-3.4-05",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-3.4-09",),
)
def preface_is_wrong(view: View, sent: Sent) -> Iterator[Fact]:
    """A client begins with the 24 octets of the preface."""
    yield Fact(f"the first {sent.length} octets of the client are no preface")


@rule(
    ANY,
    "9113-3.4-05",
    "9113-3.4-01",
    stage=Stage.OWN,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-3.4-09",),
)
def frame_before_preface(view: View, sent: Sent) -> Iterator[Fact]:
    """Nothing of a client comes before its preface."""
    if view.client and view.prefaced and view.preface_due:
        yield Fact(f"{sent.name} stands before the client's preface")


@rule(
    ANY,
    "9113-3.4-01",
    "9113-3.4-03",
    "9113-3.4-06",
    "9113-3.4-07",
    "9113-3.2-03",
    "9113-3.3-02",
    "9113-6.5-01",
    stage=Stage.OWN,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-3.4-09",),
)
def first_frame_is_not_settings(view: View, sent: Sent) -> Iterator[Fact]:
    """The first frame of each side is SETTINGS, and no acknowledgment."""
    if not view.prefaced or view.first_event >= 0 or (sent.type == SETTINGS and not sent.is_ack):
        return
    cites: tuple[str, ...] = ("9113-3.4-01", "9113-6.5-01")
    if view.client:
        cites += ("9113-3.4-03",)
    else:
        cites += ("9113-3.4-06", "9113-3.2-03", "9113-3.3-02")
    if sent.type == SETTINGS:
        cites += ("9113-3.4-07",)
    yield Fact(f"the {view.role} begins with {sent.name} instead of SETTINGS", cites=cites)


RULES: Final = (preface_is_wrong, frame_before_preface, first_frame_is_not_settings)
