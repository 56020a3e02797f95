"""Kinds of violations, each as a frame that is put into a legal run where the RFC forbids it.

A row names the sender, the requirement that is broken, and a function that gives the octets, or
None where the frame would be legal, or not known by its sender to be illegal. The truth comes from
`Situation`; the judge is not asked. Field blocks use the static table only, so that what follows
still decodes.
"""

from collections.abc import Callable
from struct import pack
from typing import Final, NamedTuple

from tests.oracle.judge.situation import Situation

from h2proof.sim.codec import raw
from h2proof.sim.trace import Sender

Make = Callable[[Situation], list[bytes] | None]

END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE = range(6)
PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(6, 10)
PRIORITY_UPDATE: Final = 0x10

METHOD, SCHEME, PATH = b"\x82", b"\x87", b"\x84"
GET: Final = METHOD + SCHEME + PATH
OK: Final = b"\x88"


class Mutation(NamedTuple):
    """One kind of violation."""

    name: str
    sender: Sender
    requirement: str
    make: Make
    exact_only: bool = False
    """Provable only where the deliveries are known."""


def line(name: bytes, value: bytes) -> bytes:
    """A literal field that is not indexed."""
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


def anywhere(*frames: bytes) -> Make:
    """Forbidden whatever came before, but for the middle of a field block."""
    return lambda here: None if here.block_open or not here.frames else list(frames)


def setting(identifier: int, value: int) -> bytes:
    """A SETTINGS frame with one value."""
    return raw(SETTINGS, 0, 0, pack(">HL", identifier, value))


def request(block: bytes, flags: int = END_HEADERS | END_STREAM) -> Make:
    """A request on the next stream, while streams may be opened."""

    def make(here: Situation) -> list[bytes] | None:
        if here.block_open or not here.frames or here.got_goaway or 3 in here.peer_settings_sent:
            return None
        return [raw(HEADERS, flags, here.highest + 2 | 1, block)]

    return make


def response(block: bytes, flags: int = END_HEADERS) -> Make:
    """A field section on a request that has no final response yet."""

    def make(here: Situation) -> list[bytes] | None:
        waiting = [stream for stream in here.live if here.requested[stream]]
        if here.block_open or not waiting:
            return None
        return [raw(HEADERS, flags, waiting[0], block)]

    return make


def on(streams: Callable[[Situation], list[int]], kind: int, flags: int, payload: bytes) -> Make:
    """A frame on the first stream that fits."""

    def make(here: Situation) -> list[bytes] | None:
        found = streams(here)
        if here.block_open or not found:
            return None
        return [raw(kind, flags, found[0], payload)]

    return make


def promise(block: bytes, promised: Callable[[Situation], int] | None = None) -> Make:
    """A promise on a request that is not answered to its end."""

    def make(here: Situation) -> list[bytes] | None:
        if here.block_open or not here.live or here.got_goaway:
            return None
        if here.peer_settings_sent.get(2) == 0 or not here.frames:
            return None
        number = here.highest_promise + 2 if promised is None else promised(here)
        return [raw(PUSH_PROMISE, END_HEADERS, here.live[0], pack(">L", number) + block)]

    return make


def _next_own(here: Situation) -> list[int]:
    if not here.frames:
        return []
    return [here.highest + 2 | 1] if here.sender == "client" else [here.highest_promise + 2]


def _next_of_peer(here: Situation) -> list[int]:
    # far above: a request that is still on its way is not this one
    return [here.highest + 1000 | 1] if here.sender == "server" and here.frames else []


def _ended(here: Situation) -> list[int]:
    return here.closed_by_me()


def _was_reset(here: Situation) -> list[int]:
    return sorted(here.reset)


def _got_reset(here: Situation) -> list[int]:
    return sorted(here.got_reset - here.reset)


def _answered(here: Situation) -> list[int]:
    return [stream for stream in here.live if not here.requested[stream]]


def _unanswered(here: Situation) -> list[int]:
    return [stream for stream in here.live if here.requested[stream]]


def _live(here: Situation) -> list[int]:
    return here.live


def _promised(here: Situation) -> list[int]:
    return sorted(here.promised - here.pushed - here.reset - here.got_reset)


def _goaway_again(here: Situation) -> list[bytes] | None:
    if here.block_open or here.goaway_last < 0 or here.goaway_last > 1000:
        return None
    return [raw(GOAWAY, 0, 0, pack(">LL", here.goaway_last + 2, 0))]


def _open_after_goaway(here: Situation) -> list[bytes] | None:
    if here.block_open or not here.got_goaway:
        return None
    return [raw(HEADERS, END_HEADERS | END_STREAM, here.highest + 2 | 1, GET)]


def _low_identifier(here: Situation) -> list[bytes] | None:
    if here.block_open or here.highest - 2 not in here.ended - here.reset - here.got_reset:
        return None
    return [raw(HEADERS, END_HEADERS | END_STREAM, here.highest - 2, GET)]


def _ack_too_many(here: Situation) -> list[bytes] | None:
    return None if here.block_open or not here.frames else [raw(SETTINGS, ACK, 0)] * 50


def _overflow_connection(here: Situation) -> list[bytes] | None:
    if here.block_open or not here.frames or here.data_seen:
        return None
    return [raw(WINDOW_UPDATE, 0, 0, pack(">L", 0x7FFFFFFF))]


def _overflow_stream(here: Situation) -> list[bytes] | None:
    open_ = [stream for stream in here.live if stream not in here.got_end]
    if here.block_open or not open_ or here.data_seen:
        return None
    return [raw(WINDOW_UPDATE, 0, open_[0], pack(">L", 0x7FFFFFFF))] * 2


def _interrupted(here: Situation) -> list[bytes] | None:
    opened = request(METHOD, END_STREAM)(here)
    if opened is None:
        return None
    stream = here.highest + 2 | 1
    rest = raw(CONTINUATION, END_HEADERS, stream, SCHEME + PATH)
    return [*opened, raw(PING, 0, 0, bytes(8)), rest]


def _push_while_off(here: Situation) -> list[bytes] | None:
    if here.block_open or not here.live or here.settings.get(2) != 0:
        return None
    number = here.highest_promise + 2
    return [raw(PUSH_PROMISE, END_HEADERS, here.live[0], pack(">L", number) + GET)]


BOTH: Final[tuple[tuple[str, str, Make], ...]] = (
    ("DATA on stream 0", "9113-6.1-04", anywhere(raw(DATA, 0, 0, b"x"))),
    ("HEADERS on stream 0", "9113-6.2-07", anywhere(raw(HEADERS, END_HEADERS, 0, b""))),
    ("PRIORITY on stream 0", "9113-6.3-01", anywhere(raw(PRIORITY, 0, 0, bytes(5)))),
    ("RST_STREAM on stream 0", "9113-6.4-04", anywhere(raw(RST_STREAM, 0, 0, bytes(4)))),
    ("CONTINUATION on stream 0", "9113-6.10-03", anywhere(raw(CONTINUATION, END_HEADERS, 0))),
    ("SETTINGS on a stream", "9113-6.5-07", anywhere(raw(SETTINGS, 0, 1))),
    ("PING on a stream", "9113-6.7-06", anywhere(raw(PING, 0, 1, bytes(8)))),
    ("GOAWAY on a stream", "9113-6.8-06", anywhere(raw(GOAWAY, 0, 1, bytes(8)))),
    ("RST_STREAM of 3 octets", "9113-6.4-08", anywhere(raw(RST_STREAM, 0, 1, bytes(3)))),
    ("PRIORITY of 4 octets", "9113-6.3-04", anywhere(raw(PRIORITY, 0, 1, bytes(4)))),
    ("SETTINGS of 5 octets", "9113-6.5-10", anywhere(raw(SETTINGS, 0, 0, bytes(5)))),
    ("SETTINGS ACK with values", "9113-6.5-05", anywhere(raw(SETTINGS, ACK, 0, bytes(6)))),
    ("PING of 7 octets", "9113-6.7-01", anywhere(raw(PING, 0, 0, bytes(7)))),
    ("WINDOW_UPDATE of 3 octets", "9113-6.9-09", anywhere(raw(WINDOW_UPDATE, 0, 0, bytes(3)))),
    ("GOAWAY of 7 octets", "9113-4.2-03", anywhere(raw(GOAWAY, 0, 0, bytes(7)))),
    ("WINDOW_UPDATE of 0", "9113-6.9-03", anywhere(raw(WINDOW_UPDATE, 0, 0, bytes(4)))),
    ("a window of 2^31", "9113-6.5.2-13", anywhere(setting(4, 1 << 31))),
    ("frames of one octet", "9113-6.5.2-14", anywhere(setting(5, 1))),
    ("frames of 2^24 octets", "9113-6.5.2-14", anywhere(setting(5, 1 << 24))),
    ("ENABLE_CONNECT_PROTOCOL of 2", "8441-3-01", anywhere(setting(8, 2))),
    ("NO_RFC7540_PRIORITIES of 2", "9218-2.1-01", anywhere(setting(9, 2))),
    ("NO_RFC7540_PRIORITIES late", "9218-2.1-03", anywhere(setting(9, 1))),
    ("PRIORITY_UPDATE of stream 0", "9218-7.1-10", anywhere(raw(PRIORITY_UPDATE, 0, 0, bytes(4)))),
    (
        "CONTINUATION of nothing",
        "9113-6.10-05",
        anywhere(raw(CONTINUATION, END_HEADERS, 1, b"")),
    ),
    ("too many acknowledgments", "9113-6.5.3-02", _ack_too_many),
    ("PING ACK of nothing", "9113-6.7-05", anywhere(raw(PING, ACK, 0, b"mutation"))),
    ("too much connection credit", "9113-6.9.1-06", _overflow_connection),
    ("too much stream credit", "9113-6.9.1-06", _overflow_stream),
    ("a higher last stream", "9113-6.8-10", _goaway_again),
    ("DATA on an own idle stream", "9113-6.1-06", on(_next_own, DATA, 0, b"x")),
    ("RST_STREAM on an own idle stream", "9113-6.4-06", on(_next_own, RST_STREAM, 0, bytes(4))),
    ("credit for an own idle stream", "9113-5.1-04", on(_next_own, WINDOW_UPDATE, 0, b"\0\0\0\1")),
    ("DATA after the end", "9113-6.1-06", on(_ended, DATA, 0, b"x")),
    ("HEADERS after the end", "9113-6.2-01", on(_ended, HEADERS, END_HEADERS | END_STREAM, b"")),
    ("DATA after the own reset", "9113-5.4.2-02", on(_was_reset, DATA, 0, b"x")),
    ("credit after the own reset", "9113-5.4.2-02", on(_was_reset, WINDOW_UPDATE, 0, b"\0\0\0\1")),
    ("padding as long as the payload", "9113-6.1-09", on(_live, DATA, PADDED, b"\x05xxxx")),
)
"""Kinds that either side can commit."""

CLIENT: Final[tuple[tuple[str, str, Make], ...]] = (
    ("ENABLE_PUSH of 2", "9113-6.5.2-05", anywhere(setting(2, 2))),
    (
        "a client's promise",
        "9113-8.4.1-05",
        anywhere(raw(PUSH_PROMISE, END_HEADERS, 1, pack(">L", 2) + GET)),
    ),
    ("an even stream", "9113-5.1.1-01", anywhere(raw(HEADERS, END_HEADERS, 9000, GET))),
    ("a stream used again", "9113-5.1.1-08", _low_identifier),
    ("a stream after GOAWAY", "9113-6.8-03", _open_after_goaway),
    ("PING inside a field block", "9113-4.3-02", _interrupted),
    ("priority of an idle push", "9218-7.1-08", anywhere(raw(16, 0, 0, pack(">L", 9000)))),
    ("PRIORITY_UPDATE on a stream", "9218-7.1-01", anywhere(raw(16, 0, 1, pack(">L", 1)))),
    ("DATA on a promised stream", "9113-5.1-09", on(_promised, DATA, 0, b"x")),
    ("a name in upper case", "9113-8.2-01", request(GET + line(b"X-A", b"b"))),
    ("a name with a colon", "9113-8.2.1-04", request(GET + line(b"a:b", b"c"))),
    ("a name with a space", "9113-8.2.1-03", request(GET + line(b"a b", b"c"))),
    ("a value with a line feed", "9113-8.2.1-05", request(GET + line(b"a", b"b\nc"))),
    ("a value with a space in front", "9113-8.2.1-06", request(GET + line(b"a", b" b"))),
    ("connection", "9113-8.2.2-01", request(GET + line(b"connection", b"close"))),
    ("te: gzip", "9113-8.2.2-04", request(GET + line(b"te", b"gzip"))),
    ("no :path", "9113-8.3.1-15", request(METHOD + SCHEME)),
    ("no :method", "9113-8.3.1-15", request(SCHEME + PATH)),
    ("two :path", "9113-8.3-08", request(GET + PATH)),
    ("a late :path", "9113-8.3-06", request(METHOD + SCHEME + line(b"a", b"b") + PATH)),
    ("an unknown pseudo-header field", "9113-8.3-01", request(line(b":foo", b"b") + GET)),
    (":status in a request", "9113-8.3-03", request(OK + GET)),
    ("an empty :path", "9113-8.3.1-12", request(METHOD + SCHEME + line(b":path", b""))),
    ("CONNECT with :path", "9113-8.5-02", request(line(b":method", b"CONNECT") + PATH)),
    ("content that never comes", "9113-8.1.1-02", request(GET + line(b"content-length", b"5"))),
    (":protocol without leave", "9113-5.5-05", request(GET + line(b":protocol", b"websocket"))),
    ("index 0", "7541-6.1-01", request(b"\x80")),
    ("an index beyond the table", "7541-2.3.3-02", request(b"\xff\xff\x7f")),
    ("a Huffman string with EOS", "7541-5.2-02", request(GET + b"\0\1a\x84\xff\xff\xff\xff")),
    ("a late size update", "7541-4.2-02", request(METHOD + b"\x20" + SCHEME + PATH)),
    ("a table above the limit", "7541-6.3-01", request(b"\x3f\xff\xff\x7f" + GET)),
    ("padding longer than HEADERS", "9113-6.2-09", request(b"\x09" + GET, END_HEADERS | PADDED)),
)
SERVER: Final[tuple[tuple[str, str, Make], ...]] = (
    ("ENABLE_PUSH of 1", "9113-6.5.2-06", anywhere(setting(2, 1))),
    ("a server's PRIORITY_UPDATE", "9218-7.1-11", anywhere(raw(16, 0, 0, pack(">L", 1)))),
    ("DATA on an idle request", "9113-6.1-06", on(_next_of_peer, DATA, 0, b"x")),
    ("a response on an idle request", "9113-8.1-01", on(_next_of_peer, HEADERS, 4, OK)),
    ("a reset of an idle request", "9113-6.4-06", on(_next_of_peer, RST_STREAM, 0, bytes(4))),
    ("HEADERS that nobody promised", "9113-5.1-01", on(_next_own, HEADERS, END_HEADERS, OK)),
    (
        "a promise on stream 0",
        "9113-6.6-06",
        anywhere(raw(PUSH_PROMISE, END_HEADERS, 0, pack(">L", 9000) + GET)),
    ),
    ("an odd promise", "9113-5.1.1-02", promise(GET, lambda here: 9001)),
    ("a promise of stream 0", "9113-5.1.1-03", promise(GET, lambda here: 0)),
    ("a promised POST", "9113-8.4.1-02", promise(b"\x83" + SCHEME + PATH)),
    ("a promise without :path", "9113-8.4.1-01", promise(METHOD + SCHEME)),
    ("a promise with content", "9113-8.4-02", promise(GET + line(b"content-length", b"4"))),
    ("a promise after the end", "9113-6.6-12", on(_ended, PUSH_PROMISE, 4, b"\0\0\x23\x28" + GET)),
    ("no :status", "9113-8.3.2-01", response(line(b"a", b"b"))),
    (":path in a response", "9113-8.3-02", response(OK + PATH)),
    ("the status 101", "9113-8.6-01", response(line(b":status", b"101"))),
    ("an interim end", "9113-8.1-04", response(line(b":status", b"103"), END_HEADERS | END_STREAM)),
    ("DATA before the response", "9113-8.1-02", on(_unanswered, DATA, 0, b"")),
    ("a second response", "9113-8.1-08", on(_answered, HEADERS, END_HEADERS, OK)),
    (
        "trailers with :status",
        "9113-8.3-04",
        on(_answered, HEADERS, END_HEADERS | END_STREAM, OK),
    ),
    ("transfer-encoding", "9113-8.1-07", response(OK + line(b"transfer-encoding", b"chunked"))),
)
ONLY_EXACT: Final = (
    Mutation("DATA after a reset", "server", "9113-6.4-02", on(_got_reset, DATA, 0, b"x"), True),
    Mutation("a promise while push is off", "server", "9113-6.6-09", _push_while_off),
)

IN_FLIGHT: Final = ("too much stream credit", "a stream after GOAWAY")
"""Not provable in a capture: what forbids it, or what would allow it, may still be on its way."""


def _rows(sender: Sender, kinds: tuple[tuple[str, str, Make], ...]) -> tuple[Mutation, ...]:
    return tuple(
        Mutation(f"{name} ({sender})", sender, id_, make, name in IN_FLIGHT)
        for name, id_, make in kinds
    )


MUTATIONS: Final = (
    *_rows("client", BOTH),
    *_rows("server", BOTH),
    *_rows("client", CLIENT),
    *_rows("server", SERVER),
    *ONLY_EXACT,
)
