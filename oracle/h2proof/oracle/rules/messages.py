"""Messages (RFC 9113 §8.1, §8.5): which field section or DATA comes when, and how much content."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.replay.sent import CONTINUATION, DATA, HEADERS, Sent
from h2proof.oracle.replay.streams import OPENED, Stream
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.rule import MALFORMED, Fact, Stage, rule, stream

_ACCEPTED: Final = ("9113-8.1.1-05", "9113-8.1.1-07", "9113-8.1.1-01")
"""What a receiver of any malformed message owes."""


def ends(sent: Sent) -> bool:
    """True if the message ends with this frame, or with the block that it completes."""
    if sent.type == CONTINUATION:
        return sent.section is not None and sent.section.ends_stream
    return sent.ends_stream


def stream_of(view: View, sent: Sent) -> Stream | None:
    """The stream of a frame that carries or continues a message."""
    if sent.type == CONTINUATION:
        return view.block_stream
    return view.streams.get(sent.stream)


@rule(
    DATA,
    "9113-8.1-02",
    "9113-8.1.1-01",
    "9113-8.4.2-01",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=_ACCEPTED,
)
def data_before_headers(view: View, sent: Sent) -> Iterator[Fact]:
    """A message begins with its header section; DATA comes after the final one."""
    live = view.streams.get(sent.stream)
    if live is not None and live.facts & OPENED and not live.final and not view.blind:
        yield Fact(f"{sent.name} before the header section of its message")


@rule(
    (HEADERS, CONTINUATION),
    "9113-8.1-04",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.1-04", *_ACCEPTED),
)
def interim_response_ends_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """An interim response does not end the stream."""
    section = sent.section
    if section is None or view.client or section.promises or not ends(sent):
        return
    live = stream_of(view, sent)
    if section.status is not None and section.status < 200 and not (live and live.final):
        yield Fact(f"the interim response {section.status} ends the stream")


@rule(
    HEADERS,
    "9113-8.1-08",
    "9113-8.1-02",
    "9113-8.1-01",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.1-11", *_ACCEPTED),
)
def trailers_do_not_end_stream(view: View, sent: Sent) -> Iterator[Fact]:
    """A field section behind the header section is a trailer section and ends the stream."""
    live = view.streams.get(sent.stream)
    if live is not None and live.final and not sent.ends_stream and not live.tunnel:
        yield Fact(f"{sent.name} is a second header section without END_STREAM")


@rule(
    HEADERS,
    "9113-8.5-05",
    stage=Stage.MESSAGE,
    answer=stream("PROTOCOL_ERROR", "stream:STREAM_CLOSED", "stream:CONNECT_ERROR"),
    reacts=("9113-8.5-06",),
)
def headers_in_tunnel(view: View, sent: Sent) -> Iterator[Fact]:
    """A connected tunnel carries DATA only."""
    live = view.streams.get(sent.stream)
    if live is not None and live.final and live.tunnel:
        yield Fact(f"{sent.name} on a tunnel that CONNECT has opened")


@rule(
    DATA,
    "9113-8.1.1-02",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.1.1-02", *_ACCEPTED),
)
def content_differs_from_length(view: View, sent: Sent) -> Iterator[Fact]:
    """The content of a message has the length that its content-length says."""
    live = view.streams.get(sent.stream)
    if live is None or live.announced < 0 or sent.content < 0 or live.method is None:
        return
    octets = live.octets + sent.content
    if octets > live.announced or (sent.ends_stream and octets < live.announced):
        yield Fact(f"{octets} octets of content where content-length is {live.announced}")


@rule(
    (HEADERS, CONTINUATION),
    "9113-8.1.1-02",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.1.1-02", *_ACCEPTED),
)
def content_is_missing(view: View, sent: Sent) -> Iterator[Fact]:
    """A message that announces content does not end without it."""
    section = sent.section
    if section is None or section.promises or not ends(sent):
        return
    live = stream_of(view, sent)
    if live is not None and live.final:
        if 0 <= live.announced > live.octets and live.method is not None:
            yield Fact(f"{live.octets} octets of content where {live.announced} were announced")
    elif section.length and _has_content(view, live, sent):
        yield Fact(f"no content where content-length is {section.length}")


def _has_content(view: View, live: Stream | None, sent: Sent) -> bool:
    """True if the head of a message that ends at once should have had content."""
    section = sent.section
    assert section is not None
    if view.client:
        return section.method not in (None, b"CONNECT")
    if live is None or live.method is None or section.status is None or section.status < 200:
        return False
    return not view.answers_without_content(live, section.status) and live.method != b"CONNECT"


RULES: Final = (
    headers_in_tunnel,
    data_before_headers,
    interim_response_ends_stream,
    trailers_do_not_end_stream,
    content_differs_from_length,
)
LENGTHS: Final = (content_is_missing,)
"""Asked when all is well with the fields themselves."""
