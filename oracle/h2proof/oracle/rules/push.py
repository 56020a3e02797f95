"""Server push (RFC 9113 §6.6, §8.4): who may promise what, where, and when."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.lifting import OPENS, SETS, lifting
from h2proof.oracle.replay.sent import CONTINUATION, HEADERS, PUSH_PROMISE, Section, Sent
from h2proof.oracle.replay.settings import ENABLE_PUSH
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import Fact, Stage, connection, rule, stream
from h2proof.oracle.rules.streams import word
from h2proof.sim.fields import SAFE_AND_CACHEABLE, shown

_PROTOCOL_ERROR: Final = connection("PROTOCOL_ERROR")


@rule(
    PUSH_PROMISE,
    "9113-8.4.1-05",
    "9113-5.1-02",
    "9113-8.4-08",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-8.4-08", "9113-5.1-26"),
)
def client_promises(view: View, sent: Sent) -> Iterator[Fact]:
    """A client sends no PUSH_PROMISE."""
    if view.client:
        yield Fact(f"{sent.name} was sent by the client")


@rule(
    PUSH_PROMISE,
    "9113-5.1.1-02",
    "9113-5.1.1-03",
    "9113-6.6-01",
    "9113-6.6-13",
    "9113-6.6-14",
    stage=Stage.FORMAT,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.6-17", "9113-5.1.1-05"),
)
def promised_identifier_is_odd(view: View, sent: Sent) -> Iterator[Fact]:
    """A promised stream has an even identifier above 0."""
    if sent.value & 1:
        yield Fact(f"{sent.name} promises an odd stream", cites=("9113-5.1.1-02", "9113-6.6-01"))
    elif not sent.value and sent.fault is None and not sent.unknowable:
        yield Fact("PUSH_PROMISE promises stream 0", cites=("9113-5.1.1-03", "9113-6.6-01"))


@rule(
    PUSH_PROMISE,
    "9113-5.1.1-04",
    "9113-5.1.1-08",
    "9113-6.6-01",
    "9113-6.6-13",
    "9113-6.6-14",
    answer=connection("PROTOCOL_ERROR", "connection:STREAM_CLOSED"),
    reacts=("9113-6.6-17", "9113-5.1.1-05"),
)
def promised_identifier_does_not_rise(view: View, sent: Sent) -> Iterator[Fact]:
    """A promised stream is idle: its identifier is above all that were promised before."""
    if view.client or sent.value > view.high_mine:
        return
    yield Fact(f"{sent.name} promises a stream not above {view.high_mine}", stream=sent.stream)
    yield Fact(f"stream {view.high_mine} was promised", view.high_event_mine)


@rule(
    PUSH_PROMISE,
    "9113-6.6-06",
    "9113-6.6-12",
    "9113-8.4.1-06",
    stage=Stage.PEER,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.6-15",),
    lifts=lambda view, sent: (OPENS,),
)
def promise_on_idle_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """A promise is made on a stream that the client has opened."""
    if word(view, sent) in ("idle", "low"):
        yield Fact(f"{sent.name} on a stream that is not open")


@rule(
    PUSH_PROMISE,
    "9113-6.6-06",
    "9113-6.6-12",
    "9113-8.4.1-06",
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.6-15",),
)
def promise_on_ended_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """A promise is made on a stream of the client's that the server has not ended."""
    said = word(view, sent)
    if said not in ("end", "rst", "who"):
        return
    if said == "who" and not view.client:
        yield Fact(f"{sent.name} on a stream that the client did not open")
        return
    yield Fact(f"{sent.name} on a stream that the server has closed")
    own, _ = view.stops(sent.stream)
    yield Fact(f"the server had ended stream {sent.stream}", own)


@rule(
    PUSH_PROMISE,
    "9113-6.4-02",
    "9113-6.6-06",
    "9113-6.6-12",
    "9113-5.1-18",
    stage=Stage.PEER,
    answer=connection("PROTOCOL_ERROR", "connection:STREAM_CLOSED", "ignore"),
)
def promise_on_reset_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """No promise is made on a stream that the client has reset."""
    if word(view, sent) == "got":
        yield Fact(f"{sent.name} on a stream that the client has reset")
        _, peer = view.stops(sent.stream)
        yield Fact(f"the client had reset or ended stream {sent.stream}", peer)


@rule(
    PUSH_PROMISE,
    "9113-6.5.2-02",
    "9113-6.6-09",
    "9113-6.5.2-04",
    stage=Stage.PEER,
    answer=_PROTOCOL_ERROR,
    reacts=("9113-6.5.2-03", "9113-6.6-10"),
    lifts=lambda view, sent: (lifting(SETS, ENABLE_PUSH),),
)
def promise_while_push_is_off(view: View, sent: Sent) -> Iterator[Fact]:
    """A server promises nothing to a client that has turned push off."""
    if not view.setting(ENABLE_PUSH):
        yield Fact(f"stream {sent.value} was promised after the client set ENABLE_PUSH to 0")
        yield Fact("the client set ENABLE_PUSH to 0", view.setting_event(ENABLE_PUSH))


# -- the promised request --


def _promised(sent: Sent) -> Section | None:
    section = sent.section
    return section if section is not None and section.promises else None


@rule(
    (PUSH_PROMISE, CONTINUATION),
    "9113-8.4-01",
    "9113-8.4.1-02",
    stage=Stage.MESSAGE,
    answer=stream("PROTOCOL_ERROR"),
    reacts=("9113-8.4-03", "9113-8.4.1-03"),
)
def promise_is_not_safe(view: View, sent: Sent) -> Iterator[Fact]:
    """A promised request is safe and cacheable."""
    section = _promised(sent)
    method = section.method if section is not None else None
    if section is not None and method is not None and method not in SAFE_AND_CACHEABLE:
        yield Fact(f"the promised method is {shown(method)}", stream=section.promised)


@rule(
    (PUSH_PROMISE, CONTINUATION),
    "9113-8.4-02",
    stage=Stage.MESSAGE,
    answer=stream("PROTOCOL_ERROR"),
    reacts=("9113-8.4-03",),
)
def promise_announces_content(view: View, sent: Sent) -> Iterator[Fact]:
    """A promised request has no content."""
    section = _promised(sent)
    if section is not None and section.length:
        text = f"the promised request has a content-length of {section.length}"
        yield Fact(text, stream=section.promised)


@rule(HEADERS, "9113-8.4.2-02", stage=Stage.MINOR, level="SHOULD")
def asks_for_what_is_promised(view: View, sent: Sent) -> Iterator[Fact]:
    """A client does not ask for what is being pushed to it."""
    section = sent.section
    if not view.client or section is None or section.lines is None or section.method != b"GET":
        return
    for promised in view.promised:
        live = view.streams[promised]
        if live.target is not None and live.target == section.target:
            yield Fact(f"{sent.name} asks for what stream {live.id} brings")
            yield Fact(f"stream {live.id} was promised", live.opened_by)
            return


@rule(PUSH_PROMISE, "9113-8.4.1-04", stage=Stage.MINOR, level="SHOULD")
def promise_comes_after_its_link(view: View, sent: Sent) -> Iterator[Fact]:
    """A promise comes before what refers to the promised response."""
    section = _promised(sent)
    live = view.streams.get(sent.stream)
    if section is None or live is None or section.target is None:
        return
    if section.target[2] in live.links:
        yield Fact(
            f"{sent.name} comes after a Link field that refers to {shown(section.target[2])}"
        )


RULES: Final = (
    client_promises,
    promised_identifier_is_odd,
    promised_identifier_does_not_rise,
    promise_on_ended_stream,
    promise_on_idle_stream,
    promise_on_reset_stream,
    promise_while_push_is_off,
    promise_is_not_safe,
    promise_announces_content,
    asks_for_what_is_promised,
    promise_comes_after_its_link,
)
