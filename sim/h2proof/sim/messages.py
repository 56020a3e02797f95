"""One message in one direction of a stream (RFC 9113 §8.1): header section, DATA, trailers.

Says which field section may come next and whether DATA keeps the content-length. Sending and
receiving follow the same rules, so both ask here; the states of the stream are not known.
A check never changes the message: `Message.apply` does, once the whole frame is accepted.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeVar, final

from h2proof.sim.fields import Malformed, check_promised, check_request, check_response
from h2proof.sim.fields import check_trailers as check_trailer_fields
from h2proof.sim.hpack import Fields, Memory, section_size

Phase = Literal["head", "content", "tunnel"]
"""Before the (final) header section; after it; after the 2xx that answers CONNECT (§8.5)."""

UNKNOWN: Final = -1
"""Without a content-length any amount of content may come."""


@final
@dataclass(frozen=True, slots=True)
class Step:
    """What an accepted field section makes of its message."""

    section: Literal["request", "interim", "response", "trailers"]
    phase: Phase
    left: int = UNKNOWN
    method: bytes = b""


TRAILERS: Final = Step("trailers", "content", 0)
INTERIM: Final = Step("interim", "head", 0)


class Message:
    """How far one message has come: the phase and the `left` of the last step, less DATA."""

    phase: Phase = "head"
    left: int = 0
    """Octets of content still due by content-length; `UNKNOWN` where any number may come."""

    def check_data(self, octets: int, end_stream: bool) -> Malformed | None:
        """May DATA frames with so many octets of content come now (§8.1, §8.1.1)?"""
        if self.phase == "head":
            return Malformed("RFC9113-8.1-02", "DATA before the final header section")
        if self.left == UNKNOWN or (octets <= self.left and not end_stream) or octets == self.left:
            return None
        reason = f"{octets} octets of DATA where content-length leaves {self.left}"
        return Malformed("RFC9113-8.1.1-02", reason)


KNOWN_SECTIONS: Final = 512
KNOWN_SECTION_OCTETS: Final = 1024

_REQUESTS: Final = Memory[tuple[Fields, bool, bool], Step | Malformed](KNOWN_SECTIONS)
_PROMISES: Final = Memory[Fields, Step | Malformed](KNOWN_SECTIONS)
_RESPONSES: Final = Memory[tuple[Fields, bytes, bool], Step | Malformed](KNOWN_SECTIONS)
"""What was said of small sections: each is asked for at least twice, by who sends it and by who
receives it."""

Question = TypeVar("Question")


def _keep(
    known: Memory[Question, Step | Malformed],
    question: Question,
    fields: Fields,
    step: Step | Malformed,
) -> Step | Malformed:
    small = section_size(fields) <= KNOWN_SECTION_OCTETS
    return known.keep(question, step) if small else step


def request_step(fields: Fields, end_stream: bool, extended_connect: bool) -> Step | Malformed:
    """The header section that opens a request."""
    question = fields, end_stream, extended_connect
    return _REQUESTS.get(question) or _keep(_REQUESTS, question, fields, _request_step(*question))


def _request_step(fields: Fields, end_stream: bool, extended_connect: bool) -> Step | Malformed:
    head = check_request(fields, extended_connect=extended_connect)
    if isinstance(head, Malformed):
        return head
    if head.content_length is None or head.method == b"CONNECT":
        return Step("request", "content", UNKNOWN, head.method)
    if end_stream and head.content_length:
        return _without_content(head.content_length)
    return Step("request", "content", head.content_length, head.method)


def promised_step(fields: Fields) -> Step | Malformed:
    """The request in a PUSH_PROMISE, complete by itself (§8.4)."""
    return _PROMISES.get(fields) or _keep(_PROMISES, fields, fields, _promised_step(fields))


def _promised_step(fields: Fields) -> Step | Malformed:
    head = check_promised(fields)
    if isinstance(head, Malformed):
        return head
    return Step("request", "content", 0, head.method)


def response_step(
    message: Message, method: bytes, fields: Fields, end_stream: bool
) -> Step | Malformed:
    """The next field section of a response: interim, final or trailers (§8.1)."""
    if message.phase != "head":
        return trailers_step(message, fields, end_stream)
    question = fields, method, end_stream
    return _RESPONSES.get(question) or _keep(
        _RESPONSES, question, fields, _response_head_step(*question)
    )


def _response_head_step(fields: Fields, method: bytes, end_stream: bool) -> Step | Malformed:
    head = check_response(fields)
    if isinstance(head, Malformed):
        return head
    if head.status < 200:
        if end_stream:
            return Malformed(
                "RFC9113-8.1-04", f"the interim response {head.status} ends the stream"
            )
        return INTERIM
    if method == b"CONNECT" and head.status < 300:
        return Step("response", "tunnel")
    if method == b"HEAD" or head.status in (204, 304):
        return Step("response", "content", 0)
    if head.content_length is None:
        return Step("response", "content")
    if end_stream and head.content_length:
        return _without_content(head.content_length)
    return Step("response", "content", head.content_length)


def trailers_step(message: Message, fields: Fields, end_stream: bool) -> Step | Malformed:
    """A field section behind the header section: trailers, which end the stream (§8.1)."""
    if message.phase == "tunnel":
        return Malformed("RFC9113-8.5-06", "HEADERS on a connected stream")
    if not end_stream:
        return Malformed("RFC9113-8.1-11", "a second header section that does not end the stream")
    if message.left > 0:
        reason = f"trailers while content-length leaves {message.left} octets"
        return Malformed("RFC9113-8.1.1-02", reason)
    return check_trailer_fields(fields) or TRAILERS


def _without_content(length: int) -> Malformed:
    reason = f"content-length is {length}, but the header section ends the stream"
    return Malformed("RFC9113-8.1.1-02", reason)
