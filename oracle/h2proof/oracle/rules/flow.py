"""Flow control (RFC 9113 §5.2, §6.9): windows kept, credit neither empty nor too much."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import CARRIES, CREDITS, ENDS, SETS, lifting
from h2proof.oracle.replay.sent import DATA, WINDOW_UPDATE, Sent
from h2proof.oracle.replay.settings import INITIAL_WINDOW_SIZE, WINDOW_DEFAULT, WINDOW_MAX
from h2proof.oracle.replay.streams import GOT_END
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Stage, connection, rule, stream


@rule(
    WINDOW_UPDATE,
    "9113-6.9-03",
    stage=Stage.FORMAT,
    answer=stream("PROTOCOL_ERROR"),
    reacts=("9113-6.9-04",),
)
def credits_nothing_on_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """WINDOW_UPDATE on a stream grants at least one octet."""
    if sent.stream and sent.fault is None and not sent.value:
        yield Fact(f"{sent.name} has an increment of 0")


@rule(
    WINDOW_UPDATE,
    "9113-6.9-03",
    stage=Stage.FORMAT,
    answer=connection("PROTOCOL_ERROR", "connection:FLOW_CONTROL_ERROR"),
    reacts=("9113-6.9-05",),
)
def credits_nothing_on_connection(view: View, sent: Sent) -> Iterator[Fact]:
    """WINDOW_UPDATE on the connection grants at least one octet."""
    if not sent.stream and sent.fault is None and not sent.value:
        yield Fact(f"{sent.name} has an increment of 0")


@rule(
    DATA,
    "9113-6.9.1-01",
    "9113-5.2.1-02",
    "9113-5.2.1-05",
    "9113-6.1-07",
    "9113-6.9.1-03",
    "9113-6.9.1-05",
    "9113-6.9.2-02",
    "9113-6.9.2-03",
    "9113-6.9.2-04",
    "9113-6.9.2-05",
    "9113-6.5-04",
    "9113-6.5.3-01",
    "9113-6.5.3-03",
    stage=Stage.PEER,
    answer=stream("FLOW_CONTROL_ERROR"),
    lifts=lambda view, sent: (
        lifting(CREDITS, sent.stream),
        lifting(SETS, INITIAL_WINDOW_SIZE),
    ),
)
def exceeds_stream_window(view: View, sent: Sent) -> Iterator[Fact]:
    """DATA fits into the window that the peer has opened for the stream."""
    live = view.streams.get(sent.stream)
    if live is None or not sent.length:
        return
    room = view.stream_window(live)
    if sent.length > room:
        text = f"{sent.name} of {sent.length} octets where the stream's window is {room}"
        yield Fact(text, short=sent.length - room)
        event = view.setting_event(INITIAL_WINDOW_SIZE)
        if event >= 0:
            yield Fact(f"INITIAL_WINDOW_SIZE is {view.setting(INITIAL_WINDOW_SIZE)}", event)


@rule(
    DATA,
    "9113-6.9.1-01",
    "9113-5.2.1-02",
    "9113-5.2.1-03",
    "9113-5.2.1-05",
    "9113-6.1-07",
    "9113-6.9.1-03",
    "9113-6.9.1-04",
    "9113-6.9.1-05",
    "9113-6.9.2-01",
    stage=Stage.PEER,
    answer=connection("FLOW_CONTROL_ERROR", "stream:FLOW_CONTROL_ERROR"),
    lifts=lambda view, sent: (lifting(CREDITS),),
)
def exceeds_connection_window(view: View, sent: Sent) -> Iterator[Fact]:
    """DATA fits into the window that the peer has opened for the connection."""
    if sent.length > view.window and sent.length:
        room = view.window
        text = f"{sent.name} of {sent.length} octets where the connection's window is {room}"
        yield Fact(text, short=sent.length - room)


@rule(
    WINDOW_UPDATE,
    "9113-6.9.1-06",
    stage=Stage.PEER,
    answer=stream("FLOW_CONTROL_ERROR"),
    reacts=("9113-6.9.1-07",),
    lifts=lambda view, sent: (CARRIES, ENDS),
)
def credit_overflows_stream_window(view: View, sent: Sent) -> Iterator[Fact]:
    """No credit lifts the window of a stream above 2^31-1."""
    live = view.streams.get(sent.stream) if sent.stream else None
    if live is None or live.facts & GOT_END:
        return
    after = view.window_start + live.granted + sent.value
    if after > WINDOW_MAX:
        yield Fact(f"{sent.name} lifts the window to {after}")


@rule(
    WINDOW_UPDATE,
    "9113-6.9.1-06",
    stage=Stage.PEER,
    answer=connection("FLOW_CONTROL_ERROR"),
    reacts=("9113-6.9.1-07",),
    lifts=lambda view, sent: (CARRIES,),
)
def credit_overflows_connection_window(view: View, sent: Sent) -> Iterator[Fact]:
    """No credit lifts the window of the connection above 2^31-1."""
    after = WINDOW_DEFAULT + view.granted + sent.value
    if not sent.stream and after > WINDOW_MAX:
        yield Fact(f"{sent.name} lifts the window to {after}")


RULES: Final = (
    credits_nothing_on_stream,
    credits_nothing_on_connection,
    exceeds_stream_window,
    exceeds_connection_window,
    credit_overflows_stream_window,
    credit_overflows_connection_window,
)
