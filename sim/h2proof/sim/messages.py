"""One message in one direction of a stream (RFC 9113 §8.1): header section, DATA, trailers.

Says which field section may come next and whether DATA keeps the content-length. Sending and
receiving follow the same rules, so both ask here; the states of the stream are not known.
A check never changes the message: `Message.apply` does, once the whole frame is accepted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Final, Literal, TypeVarTuple

from h2proof.sim.fields import Malformed, check_promised, check_request, check_response
from h2proof.sim.fields import check_trailers as check_trailer_fields
from h2proof.sim.hpack import Fields, section_size

Facts = TypeVarTuple("Facts")

Phase = Literal["head", "content", "tunnel"]
"""Before the (final) header section; after it; after the 2xx that answers CONNECT (§8.5)."""

UNKNOWN: Final = -1
"""Without a content-length any amount of content may come."""


@dataclass(frozen=True, slots=True)
class Step:
    """What an accepted field section makes of its message."""

    section: Literal["request", "interim", "response", "trailers"]
    phase: Phase
    left: int = UNKNOWN
    method: bytes = b""


TRAILERS: Final = Step("trailers", "content", 0)
INTERIM: Final = Step("interim", "head")


class Message:
    """How far one message has come."""

    __slots__ = ("left", "phase")

    def __init__(self) -> None:
        self.phase: Phase = "head"
        self.left = UNKNOWN
        """Octets of content still due by content-length."""

    def apply(self, step: Step) -> None:
        """The field section was accepted."""
        self.phase = step.phase
        self.left = step.left

    def check_data(self, octets: int, end_stream: bool) -> Malformed | None:
        """May a DATA frame with so many octets of content come now (§8.1, §8.1.1)?"""
        if self.phase == "head":
            return Malformed("RFC9113-8.1-02", "DATA before the final header section")
        if self.left == UNKNOWN or (octets <= self.left and not end_stream) or octets == self.left:
            return None
        reason = f"{octets} octets of DATA where content-length leaves {self.left}"
        return Malformed("RFC9113-8.1.1-02", reason)

    def take_data(self, octets: int) -> None:
        """The DATA was accepted."""
        if self.left != UNKNOWN:
            self.left -= octets


KNOWN_SECTIONS: Final = 512
KNOWN_SECTION_OCTETS: Final = 1024


def _remembered(
    step: Callable[[Fields, *Facts], Step | Malformed],
) -> Callable[[Fields, *Facts], Step | Malformed]:
    """`step`, which only its arguments decide, with what it said of so many small sections.

    Each is asked for at least twice, by who sends it and by who receives it.
    """
    known = lru_cache(KNOWN_SECTIONS)(step)

    @wraps(step)
    def asked(fields: Fields, *facts: *Facts) -> Step | Malformed:
        if section_size(fields) > KNOWN_SECTION_OCTETS:
            return step(fields, *facts)
        return known(fields, *facts)

    return asked


@_remembered
def request_step(fields: Fields, end_stream: bool, extended_connect: bool) -> Step | Malformed:
    """The header section that opens a request."""
    head = check_request(fields, extended_connect=extended_connect)
    if isinstance(head, Malformed):
        return head
    if head.content_length is None or head.method == b"CONNECT":
        return Step("request", "content", UNKNOWN, head.method)
    if end_stream and head.content_length:
        return _without_content(head.content_length)
    return Step("request", "content", head.content_length, head.method)


@_remembered
def promised_step(fields: Fields) -> Step | Malformed:
    """The request in a PUSH_PROMISE, complete by itself (§8.4)."""
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
    return _response_head_step(fields, method, end_stream)


@_remembered
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
