"""Errors as they are reported (RFC 9113 §5.4, §7): once, in order, and with codes that fit."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.replay.sent import GOAWAY, RST_STREAM, Sent
from h2proof.oracle.replay.streams import GOT_RESET, SENT_RESET
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Stage, rule
from h2proof.sim.errors import ErrorCode

NO_ERROR: Final = ErrorCode.NO_ERROR.value


@rule(
    RST_STREAM,
    "9113-5.4.2-04",
    "9113-5.4-02",
    "9113-5.4-03",
    stage=Stage.MINOR,
    level="SHOULD",
)
def resets_twice(view: View, sent: Sent) -> Iterator[Fact]:
    """An endpoint sends one RST_STREAM for a stream; again only if the peer still sends there."""
    own, _ = view.stops(sent.stream) if sent.stream else (-1, -1)
    still_used = max(view.marked, view.marks.get(sent.stream, -1)) > own
    if sent.stream and view.facts(sent.stream) & SENT_RESET and not still_used:
        yield Fact(f"a second {sent.name}")
        yield Fact(f"the {view.role} had reset or ended stream {sent.stream}", own)


@rule(RST_STREAM, "9113-5.4.2-06", stage=Stage.MINOR, level="ADVICE")
def answers_reset_with_reset(view: View, sent: Sent) -> Iterator[Fact]:
    """RST_STREAM is not answered with RST_STREAM; whether it was an answer cannot be proven."""
    facts = view.facts(sent.stream) if sent.stream else 0
    if facts & GOT_RESET and not facts & SENT_RESET:
        yield Fact(f"{sent.name} on a stream that the peer has reset")
        _, peer = view.stops(sent.stream)
        yield Fact(f"stream {sent.stream} was reset or ended by the peer", peer)


@rule(
    RST_STREAM,
    "9113-7-08",
    "9113-8.7-04",
    "9113-8.7-05",
)
def refuses_what_it_answered(view: View, sent: Sent) -> Iterator[Fact]:
    """REFUSED_STREAM says that nothing was processed: a server that has answered cannot say so.

    An interim response can come from who has not processed anything: it is no answer here.
    """
    if view.client or sent.code != ErrorCode.REFUSED_STREAM or not sent.stream:
        return
    live = view.streams.get(sent.stream)
    if live is not None and live.final and sent.stream & 1:
        yield Fact(f"{sent.name} REFUSED_STREAM after a response")
        yield Fact(f"stream {sent.stream} had been opened", live.opened_by)


@rule(RST_STREAM, "9113-7-10", stage=Stage.MINOR)
def compression_error_on_a_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """COMPRESSION_ERROR ends the connection, for its table serves all streams."""
    if sent.code == ErrorCode.COMPRESSION_ERROR and sent.fault is None:
        yield Fact(f"{sent.name} COMPRESSION_ERROR, where the connection is in error")


@rule(RST_STREAM, "9113-7-11", stage=Stage.MINOR, level="ADVICE")
def connect_error_without_connect(view: View, sent: Sent) -> Iterator[Fact]:
    """CONNECT_ERROR is about a CONNECT request."""
    live = view.streams.get(sent.stream)
    if sent.code != ErrorCode.CONNECT_ERROR or live is None or live.method is None:
        return
    if live.method != b"CONNECT":
        yield Fact(f"{sent.name} CONNECT_ERROR, where the request is no CONNECT")


@rule(GOAWAY, "9113-7-05", stage=Stage.MINOR, level="ADVICE")
def settings_timeout_without_settings(view: View, sent: Sent) -> Iterator[Fact]:
    """SETTINGS_TIMEOUT is about SETTINGS that were not acknowledged."""
    if sent.code == ErrorCode.SETTINGS_TIMEOUT and view.acks_got >= len(view.settings_sent):
        yield Fact("GOAWAY SETTINGS_TIMEOUT with no SETTINGS outstanding")


@rule(GOAWAY, "9113-7-13", stage=Stage.MINOR, level="ADVICE", blindly=True)
def inadequate_security_in_the_clear(view: View, sent: Sent) -> Iterator[Fact]:
    """INADEQUATE_SECURITY is about TLS."""
    if sent.code == ErrorCode.INADEQUATE_SECURITY and view.in_the_clear:
        yield Fact("GOAWAY INADEQUATE_SECURITY on a connection without TLS")


@rule(RST_STREAM, "8441-5-05", stage=Stage.MINOR, level="ADVICE")
def tunnel_is_cut_without_cancel(view: View, sent: Sent) -> Iterator[Fact]:
    """An abrupt end of a WebSocket is RST_STREAM with CANCEL."""
    live = view.streams.get(sent.stream)
    if live is not None and live.websocket and live.tunnel and sent.code == NO_ERROR:
        yield Fact(f"{sent.name} NO_ERROR on a WebSocket")


RULES: Final = (
    refuses_what_it_answered,
    resets_twice,
    answers_reset_with_reset,
    compression_error_on_a_stream,
    connect_error_without_connect,
    settings_timeout_without_settings,
    inadequate_security_in_the_clear,
    tunnel_is_cut_without_cancel,
)
