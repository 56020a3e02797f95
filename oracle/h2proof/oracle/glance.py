"""A first look at a frame that the lane did not take: could any rule object to it?

It asks no rule and needs no delivery, so a search that checks a frame again and again is quick.
"""

from enum import Enum

from h2proof.oracle.heads import asks_as_usual
from h2proof.oracle.lane import FRAME_SIZE_MIN, MAY_SEND, is_generous
from h2proof.oracle.replay.sent import HEADERS, PING, SETTINGS, Section, Sent
from h2proof.oracle.replay.settings import MAX_CONCURRENT_STREAMS
from h2proof.oracle.replay.streams import OPENED
from h2proof.oracle.replay.view import View
from h2proof.sim.frames import ACK, END_HEADERS, END_STREAM


class Glance(Enum):
    """What the first look at a frame says of the rules that could object to it."""

    NONE = "none"
    """It is as usual."""
    PEER = "peer"
    """It is, but for what its sender may not have heard of yet: rules about that, if any."""
    ANY = "any"


def glance(view: View, sent: Sent) -> Glance:
    """A look at a frame that was read, without a view of rules."""
    if (
        sent.fault is not None
        or sent.length > FRAME_SIZE_MIN
        or view.lock is not None
        or view.blind
        or view.first_event < 0
    ):
        return Glance.ANY
    if sent.section is not None:
        return _glance_at_head(view, sent, sent.section)
    if sent.stream or sent.flags & ~ACK or sent.cut_off:
        return Glance.ANY
    return _glance_at_control(view, sent)


def _glance_at_head(view: View, sent: Sent, section: Section) -> Glance:
    """A whole HEADERS that opens a request, or begins a final response, as usual.

    It has nothing that any rule would want to look at: no padding, no priority, plain fields.
    """
    lines = section.lines
    if (
        sent.type != HEADERS
        or sent.flags & ~END_STREAM != END_HEADERS
        or not sent.stream & 1
        or section.updates
        or view.due is not None
        or lines is None
        or not lines.plain
        or lines.hidden
        or lines.length >= 0
        or lines.twice is not None
        or lines.late is not None
    ):
        return Glance.ANY
    if view.client:
        if sent.stream <= view.high_mine or view.promised or not asks_as_usual(lines):
            return Glance.ANY
        may = view.goaway_got is None and view.active < view.setting(MAX_CONCURRENT_STREAMS)
        return Glance.NONE if may else Glance.PEER
    if section.status is None or section.status < 200 or len(lines.pseudos) != 1:
        return Glance.ANY
    live = view.streams.get(sent.stream)
    if live is None:
        return Glance.PEER if sent.stream > view.high_theirs else Glance.ANY
    usual = live.facts & MAY_SEND == OPENED and not live.final
    return Glance.NONE if usual else Glance.ANY


def _glance_at_control(view: View, sent: Sent) -> Glance:
    """A PING, SETTINGS that limit nothing, and acknowledgments of what was delivered."""
    if sent.type == PING:
        known = not sent.flags or sent.opaque in view.pings_owed
        return Glance.NONE if known else Glance.PEER
    if sent.type != SETTINGS:
        return Glance.ANY
    if sent.flags:
        return Glance.NONE if view.acks_sent < len(view.settings_got) else Glance.PEER
    return Glance.NONE if is_generous(sent.settings) else Glance.ANY
