"""The same octets into our connection and into the h2 library: where they disagree, and who is right.

Both are brought into each state by the same frames and the same calls, and hear the same frame; then
both hear long random conversations. What is compared is what each shows on the wire: GOAWAY or
RST_STREAM with their code, or neither. Every disagreement stands in the table below with the clause
that decides it. One that is not met any more makes the test fail, like one that is not in the table.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

import h2.config
import h2.connection
import h2.exceptions
import pytest

from h2proof.sim import Connection, ErrorCode, IllegalSend, State
from h2proof.sim.codec import encode, raw
from h2proof.sim.frames import (
    ACK,
    END_HEADERS,
    PADDED,
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Ping,
    Priority,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire


class Tried(Protocol):
    """One implementation, as far as this comparison goes."""

    def hear(self, octets: bytes) -> None: ...
    def headers(self, stream: int, fields: Fields, end_stream: bool) -> None: ...
    def push(self, stream: int, promised: int) -> None: ...
    def reset(self, stream: int) -> None: ...
    def output(self) -> bytes: ...


class Ours:
    def __init__(self, role: Role) -> None:
        self.connection = Connection(role)

    def hear(self, octets: bytes) -> None:
        self.connection.receive(octets)

    def headers(self, stream: int, fields: Fields, end_stream: bool) -> None:
        self.connection.send_headers(stream, fields, end_stream=end_stream)

    def push(self, stream: int, promised: int) -> None:
        self.connection.push(stream, REQUEST, promised=promised)

    def reset(self, stream: int) -> None:
        self.connection.reset(stream)

    def output(self) -> bytes:
        return self.connection.take_output()


class Theirs:
    def __init__(self, role: Role) -> None:
        config = h2.config.H2Configuration(client_side=role == "client", header_encoding=None)
        self.connection = h2.connection.H2Connection(config=config)
        self.connection.initiate_connection()

    def hear(self, octets: bytes) -> None:
        with suppress(h2.exceptions.ProtocolError):  # what it answers is in its output
            self.connection.receive_data(octets)

    def headers(self, stream: int, fields: Fields, end_stream: bool) -> None:
        self.connection.send_headers(stream, fields, end_stream=end_stream)

    def push(self, stream: int, promised: int) -> None:
        self.connection.push_stream(stream, promised, REQUEST)

    def reset(self, stream: int) -> None:
        self.connection.reset_stream(stream, ErrorCode.CANCEL)

    def output(self) -> bytes:
        return self.connection.data_to_send()


class Pair:
    """Both implementations in one role, and the peer that both hear."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.ours = Ours(role)
        self.theirs = Theirs(role)
        self.wire = Wire()
        self.hear(self.wire.opening("server" if role == "client" else "client"))
        self.hear(encode(Settings(ack=True)))

    def both(self, call: Callable[[Tried], None]) -> tuple[str, str]:
        call(self.ours)
        call(self.theirs)
        return shown(self.ours.output()), shown(self.theirs.output())

    def hear(self, octets: bytes) -> tuple[str, str]:
        return self.both(lambda tried: tried.hear(octets))

    def state(self, stream: int) -> State:
        return self.ours.connection.state(stream)


def shown(octets: bytes) -> str:
    """How an implementation answered: the last GOAWAY or RST_STREAM in its output."""
    answer = "takes it"
    for frame in Wire().read(octets):
        if isinstance(frame, GoAway):
            answer = f"connection {ErrorCode(frame.code).name}"
        elif isinstance(frame, RstStream):
            answer = f"stream {ErrorCode(frame.code).name}"
    return answer


# -- states, by frames and calls --

Step = Callable[[Pair], object]
REQUESTED: Final = 1
PUSHED: Final = 2


def hears(stream: int, fields: Fields, end_stream: bool = False) -> Step:
    return lambda pair: pair.hear(pair.wire.headers(stream, fields, end_stream=end_stream))


def sends(stream: int, fields: Fields, end_stream: bool = False) -> Step:
    return lambda pair: pair.both(lambda tried: tried.headers(stream, fields, end_stream))


def hears_promise(stream: int, promised: int) -> Step:
    return lambda pair: pair.hear(pair.wire.promise(stream, promised, REQUEST))


def promises(stream: int, promised: int) -> Step:
    return lambda pair: pair.both(lambda tried: tried.push(stream, promised))


def resets(stream: int) -> Step:
    return lambda pair: pair.both(lambda tried: tried.reset(stream))


def hears_reset(stream: int) -> Step:
    return lambda pair: pair.hear(encode(RstStream(stream, ErrorCode.CANCEL)))


# fmt: off
STATES: Final[dict[tuple[Role, int, State], tuple[Step, ...]]] = {
    ("server", 1, State.IDLE):               (),
    ("server", 5, State.IDLE):               (hears(1, REQUEST, True),),
    ("server", 1, State.OPEN):               (hears(1, REQUEST),),
    ("server", 1, State.HALF_CLOSED_REMOTE): (hears(1, REQUEST, True),),
    ("server", 1, State.HALF_CLOSED_LOCAL):  (hears(1, REQUEST), sends(1, RESPONSE, True)),
    ("server", 1, State.ENDED):              (hears(1, REQUEST, True), sends(1, RESPONSE, True)),
    ("server", 1, State.RESET_SENT):         (hears(1, REQUEST), resets(1)),
    ("server", 1, State.RESET_RECEIVED):     (hears(1, REQUEST), hears_reset(1)),
    ("server", 1, State.SKIPPED):            (hears(3, REQUEST, True),),
    ("server", 2, State.IDLE):               (hears(1, REQUEST, True),),
    ("server", 2, State.RESERVED_LOCAL):     (hears(1, REQUEST, True), promises(1, 2)),
    ("server", 2, State.HALF_CLOSED_REMOTE): (hears(1, REQUEST, True), promises(1, 2), sends(2, RESPONSE)),
    ("server", 2, State.ENDED):              (hears(1, REQUEST, True), promises(1, 2), sends(2, RESPONSE, True)),
    ("server", 2, State.RESET_SENT):         (hears(1, REQUEST, True), promises(1, 2), resets(2)),
    ("server", 2, State.RESET_RECEIVED):     (hears(1, REQUEST, True), promises(1, 2), hears_reset(2)),
    ("server", 2, State.SKIPPED):            (hears(1, REQUEST, True), promises(1, 4)),
    ("client", 1, State.IDLE):               (),
    ("client", 5, State.IDLE):               (sends(1, REQUEST, True),),
    ("client", 1, State.OPEN):               (sends(1, REQUEST),),
    ("client", 1, State.HALF_CLOSED_LOCAL):  (sends(1, REQUEST, True),),
    ("client", 1, State.HALF_CLOSED_REMOTE): (sends(1, REQUEST), hears(1, RESPONSE, True)),
    ("client", 1, State.ENDED):              (sends(1, REQUEST, True), hears(1, RESPONSE, True)),
    ("client", 1, State.RESET_SENT):         (sends(1, REQUEST, True), resets(1)),
    ("client", 1, State.RESET_RECEIVED):     (sends(1, REQUEST, True), hears_reset(1)),
    ("client", 1, State.SKIPPED):            (sends(3, REQUEST, True),),
    ("client", 2, State.IDLE):               (sends(1, REQUEST, True),),
    ("client", 2, State.RESERVED_REMOTE):    (sends(1, REQUEST, True), hears_promise(1, 2)),
    ("client", 2, State.HALF_CLOSED_LOCAL):  (sends(1, REQUEST, True), hears_promise(1, 2), hears(2, RESPONSE)),
    ("client", 2, State.ENDED):              (sends(1, REQUEST, True), hears_promise(1, 2), hears(2, RESPONSE, True)),
    ("client", 2, State.RESET_SENT):         (sends(1, REQUEST, True), hears_promise(1, 2), resets(2)),
    ("client", 2, State.RESET_RECEIVED):     (sends(1, REQUEST, True), hears_promise(1, 2), hears_reset(2)),
    ("client", 2, State.SKIPPED):            (sends(1, REQUEST, True), hears_promise(1, 4)),
}

# -- what is heard --

Heard = Callable[[Wire, int], bytes]


def fields_of(*lines: tuple[bytes, bytes], end_stream: bool = True) -> Heard:
    return lambda wire, stream: wire.headers(stream, lines, end_stream=end_stream)


def settings_of(*pairs: tuple[int, int]) -> Heard:
    return lambda wire, stream: encode(Settings(pairs))


EVENTS: Final[dict[str, Heard]] = {
    "a request":                 lambda w, s: w.headers(s, REQUEST),
    "a request that ends":       lambda w, s: w.headers(s, REQUEST, end_stream=True),
    "a response":                lambda w, s: w.headers(s, RESPONSE),
    "a response that ends":      lambda w, s: w.headers(s, RESPONSE, end_stream=True),
    "an interim response":       fields_of((b":status", b"103"), end_stream=False),
    "an interim that ends":      fields_of((b":status", b"103")),
    "trailers":                  lambda w, s: w.headers(s, TRAILERS, end_stream=True),
    "trailers that do not end":  lambda w, s: w.headers(s, TRAILERS),
    "DATA":                      lambda w, s: encode(Data(s, b"x")),
    "DATA that ends":            lambda w, s: encode(Data(s, b"x", True)),
    "DATA of nothing":           lambda w, s: encode(Data(s)),
    "DATA all padding":          lambda w, s: encode(Data(s, b"", padding=bytes(9))),
    "DATA padded too much":      lambda w, s: raw(FrameType.DATA, PADDED, s, b"\x05ab"),
    "DATA on stream 0":          lambda w, s: encode(Data(0, b"x")),
    "DATA too long":             lambda w, s: raw(FrameType.DATA, 0, s, bytes(16_385)),
    "DATA beyond the window":    lambda w, s: encode(Data(s, bytes(16_384))) * 4,
    "PRIORITY":                  lambda w, s: encode(Priority(s, Dependency(0))),
    "PRIORITY on itself":        lambda w, s: encode(Priority(s, Dependency(s))),
    "PRIORITY too short":        lambda w, s: raw(FrameType.PRIORITY, 0, s, bytes(4)),
    "RST_STREAM":                lambda w, s: encode(RstStream(s, 8)),
    "RST_STREAM too short":      lambda w, s: raw(FrameType.RST_STREAM, 0, s, bytes(3)),
    "SETTINGS":                  settings_of((4, 1)),
    "SETTINGS on the stream":    lambda w, s: encode(Settings(stream=s)),
    "SETTINGS ACK unasked":      lambda w, s: encode(Settings(ack=True)),
    "SETTINGS ACK with values":  lambda w, s: raw(FrameType.SETTINGS, ACK, 0, bytes(6)),
    "SETTINGS cut off":          lambda w, s: raw(FrameType.SETTINGS, 0, 0, bytes(5)),
    "ENABLE_PUSH=2":             settings_of((2, 2)),
    "ENABLE_PUSH=1":             settings_of((2, 1)),
    "INITIAL_WINDOW_SIZE=2^31":  settings_of((4, 2**31)),
    "MAX_FRAME_SIZE=1":          settings_of((5, 1)),
    "ENABLE_CONNECT=2":          settings_of((8, 2)),
    "a promise on it":           lambda w, s: w.promise(s, 20, REQUEST),
    "a promise of it":           lambda w, s: w.promise(1, s, REQUEST),
    "PING":                      lambda w, s: encode(Ping()),
    "PING on the stream":        lambda w, s: encode(Ping(stream=s)),
    "PING too short":            lambda w, s: raw(FrameType.PING, 0, 0, bytes(7)),
    "GOAWAY":                    lambda w, s: encode(GoAway(s)),
    "GOAWAY on the stream":      lambda w, s: encode(GoAway(stream=s)),
    "GOAWAY too short":          lambda w, s: raw(FrameType.GOAWAY, 0, 0, bytes(7)),
    "WINDOW_UPDATE":             lambda w, s: encode(WindowUpdate(s, 1)),
    "WINDOW_UPDATE of 0":        lambda w, s: encode(WindowUpdate(s, 0)),
    "WINDOW_UPDATE too much":    lambda w, s: encode(WindowUpdate(s, 2**31 - 1)),
    "credit of 0":               lambda w, s: encode(WindowUpdate(0, 0)),
    "credit too much":           lambda w, s: encode(WindowUpdate(0, 2**31 - 1)),
    "WINDOW_UPDATE too short":   lambda w, s: raw(FrameType.WINDOW_UPDATE, 0, s, bytes(3)),
    "CONTINUATION":              lambda w, s: encode(Continuation(s)),
    "an unknown frame":          lambda w, s: encode(Unknown(0x77, 0xFF, s, b"x")),
    "a block that is not HPACK": lambda w, s: raw(FrameType.HEADERS, END_HEADERS, s, b"\xff\xff\xff\xff"),
    "a block cut by PING":       lambda w, s: raw(FrameType.HEADERS, 0, s, b"\x82") + encode(Ping()),
    "an uppercase name":         fields_of(*REQUEST, (b"Upper", b"x")),
    "a connection field":        fields_of(*REQUEST, (b"connection", b"close")),
    "te: gzip":                  fields_of(*REQUEST, (b"te", b"gzip")),
    "a value with LF":           fields_of(*REQUEST, (b"a", b"1\n2")),
    "a value with spaces":       fields_of(*REQUEST, (b"a", b" 1 ")),
    "a name with a space":       fields_of(*REQUEST, (b"a b", b"1")),
    "no :path":                  fields_of(*REQUEST[:3]),
    "an empty :path":            fields_of(*REQUEST[:3], (b":path", b"")),
    ":method twice":             fields_of(REQUEST[0], *REQUEST),
    ":path behind a field":      fields_of(*REQUEST[:3], (b"a", b"1"), REQUEST[3]),
    "an unknown pseudo-field":   fields_of(*REQUEST, (b":new", b"1")),
    "another Host":              fields_of(*REQUEST, (b"host", b"else.test")),
    "content-length unmet":      fields_of(*REQUEST, (b"content-length", b"3")),
    "CONNECT with :path":        fields_of((b":method", b"CONNECT"), *REQUEST[1:]),
    "no :status":                fields_of((b"server", b"x"), end_stream=False),
    "status 101":                fields_of((b":status", b"101"), end_stream=False),
}
# fmt: on


class Key(NamedTuple):
    """Who, in which state of the stream, hears what; what we answer, and what h2 answers."""

    role: Role
    parity: str
    state: State
    event: str
    ours: str
    theirs: str


def single(role: Role, stream: int, state: State, event: str) -> Key:
    pair = Pair(role)
    for step in STATES[role, stream, state]:
        step(pair)
    assert state is pair.state(stream)
    ours, theirs = pair.hear(EVENTS[event](pair.wire, stream))
    return Key(role, "odd" if stream & 1 else "even", state, event, ours, theirs)


def disagreements() -> list[Key]:
    keys = [
        single(role, stream, state, event) for role, stream, state in STATES for event in EVENTS
    ]
    return [key for key in keys if key.ours != key.theirs]


# -- the table --


class Row(NamedTuple):
    """Disagreements with one reason: in each of the states, on each of the events."""

    clause: str
    right: str
    ours: str
    theirs: str
    states: str
    events: str


# `so` is an odd stream at a server, `ce` an even one at a client, and so on.
ALL: Final = " ".join(f"{role[0]}{'eo'[stream & 1]}:{state.name}" for role, stream, state in STATES)
LIVE: Final = (
    "so:OPEN so:HALF_CLOSED_REMOTE so:HALF_CLOSED_LOCAL se:RESERVED_LOCAL se:HALF_CLOSED_REMOTE "
    "co:OPEN co:HALF_CLOSED_LOCAL co:HALF_CLOSED_REMOTE ce:RESERVED_REMOTE ce:HALF_CLOSED_LOCAL"
)
WE_RESET: Final = "so:RESET_SENT se:RESET_SENT co:RESET_SENT ce:RESET_SENT"
IT_RESET: Final = "so:RESET_RECEIVED se:RESET_RECEIVED co:RESET_RECEIVED ce:RESET_RECEIVED"
ENDED: Final = "so:ENDED se:ENDED co:ENDED ce:ENDED"
SKIPPED: Final = "so:SKIPPED se:SKIPPED co:SKIPPED ce:SKIPPED"
MESSAGE: Final = "so:IDLE so:OPEN so:HALF_CLOSED_LOCAL ce:RESERVED_REMOTE ce:HALF_CLOSED_LOCAL"
ANSWER: Final = "co:OPEN co:HALF_CLOSED_LOCAL"

BAD_FIELDS: Final = (
    "an uppercase name; a connection field; te: gzip; a value with LF; a value with spaces; "
    "a name with a space; no :path; an empty :path; :method twice; :path behind a field; "
    "an unknown pseudo-field; another Host; CONNECT with :path; no :status"
)
SECTIONS: Final = (
    "a request; a request that ends; a response; a response that ends; trailers; "
    f"trailers that do not end; content-length unmet; {BAD_FIELDS}"
)
DATA: Final = "DATA; DATA that ends; DATA of nothing; DATA all padding; DATA beyond the window"

PROTOCOL: Final = "connection PROTOCOL_ERROR"
CLOSED: Final = "stream STREAM_CLOSED"
TAKES: Final = "takes it"
OURS: Final = "ours"
BOTH: Final = "both"
"""The RFC leaves the choice, or lets the other answer stand in (§5.4)."""

# fmt: off
TABLE: Final = (
    # a malformed message is an error of its stream; a connection error may stand in for it
    Row("RFC9113-8.1.1-05", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, f"{MESSAGE} {ANSWER}", f"an interim that ends; trailers that do not end; {BAD_FIELDS}"),
    Row("RFC9113-8.1.1-05", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, "so:IDLE so:OPEN so:HALF_CLOSED_LOCAL ce:HALF_CLOSED_LOCAL", "a response; a response that ends; an interim response"),
    Row("RFC9113-8.1.1-05", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, f"so:IDLE ce:RESERVED_REMOTE {ANSWER}", "trailers"),
    Row("RFC9113-8.1.1-05", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, f"so:OPEN so:HALF_CLOSED_LOCAL ce:RESERVED_REMOTE ce:HALF_CLOSED_LOCAL {ANSWER}", "a request; a request that ends; content-length unmet"),
    Row("RFC9113-8.6-01", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, MESSAGE, "status 101"),
    Row("RFC9113-8.1-02", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, ANSWER, DATA),
    Row("RFC9113-8.6-01", OURS, "stream PROTOCOL_ERROR", TAKES, ANSWER, "status 101"),
    Row("RFC9113-8.1.1-02", OURS, "stream PROTOCOL_ERROR", TAKES, "so:IDLE", "content-length unmet"),
    # the specific code, where h2 has the general one
    Row("RFC9113-6.5-06", BOTH, "connection FRAME_SIZE_ERROR", PROTOCOL, ALL, "SETTINGS ACK with values"),
    Row("RFC9113-4.3-07", BOTH, "connection COMPRESSION_ERROR", PROTOCOL, ALL, "a block that is not HPACK"),
    Row("RFC9113-6.9-04", BOTH, "stream PROTOCOL_ERROR", PROTOCOL, LIVE.replace(" ce:RESERVED_REMOTE", ""), "WINDOW_UPDATE of 0"),
    # RFC 7540 had an error here, RFC 9113 has none
    Row("RFC9113-6.3-02", OURS, TAKES, PROTOCOL, ALL, "PRIORITY on itself"),
    # a frame size error of one stream need not end the connection
    Row("RFC9113-4.2-02", BOTH, "stream FRAME_SIZE_ERROR", "connection FRAME_SIZE_ERROR", f"{LIVE} {ENDED} {IT_RESET}", "DATA too long; PRIORITY too short"),
    Row("RFC9113-5.1-21", OURS, TAKES, "connection FRAME_SIZE_ERROR", WE_RESET, "DATA too long; PRIORITY too short"),
    # behind our own reset everything is dropped; h2 sends RST_STREAM again
    Row("RFC9113-5.1-21", OURS, TAKES, CLOSED, WE_RESET, f"{SECTIONS}; {DATA}"),
    Row("RFC9113-5.1-21", OURS, TAKES, PROTOCOL, WE_RESET, "an interim response; an interim that ends; status 101"),
    Row("RFC9113-5.1-22", OURS, TAKES, PROTOCOL, "ce:RESET_SENT", "a promise on it"),
    Row("RFC9113-5.1-22", BOTH, TAKES, "stream REFUSED_STREAM", "co:RESET_SENT", "a promise on it"),
    # 1xx is told apart before the state is looked at
    Row("RFC9113-5.1-16", BOTH, CLOSED, PROTOCOL, "so:HALF_CLOSED_REMOTE se:HALF_CLOSED_REMOTE co:HALF_CLOSED_REMOTE", "an interim response; an interim that ends; status 101"),
    Row("RFC9113-5.1-19", BOTH, "connection STREAM_CLOSED", PROTOCOL, f"{ENDED} {IT_RESET}", "an interim response; an interim that ends; status 101"),
    Row("RFC9113-8.1-03", OURS, TAKES, PROTOCOL, "ce:RESERVED_REMOTE", "an interim response"),
    # behind the peer's reset: RFC 9113 permits, RFC 7540 had a stream error
    Row("RFC9113-5.1-19", BOTH, "connection STREAM_CLOSED", CLOSED, IT_RESET, SECTIONS),
    # WINDOW_UPDATE on a closed stream is no error, whatever its increment
    Row("RFC9113-6.9-07", OURS, TAKES, PROTOCOL, f"{ENDED} {WE_RESET} {IT_RESET} {SKIPPED}", "WINDOW_UPDATE of 0"),
    # §5.1 against §6.1: a connection error in states that know no DATA
    Row("RFC9113-5.1-26", BOTH, PROTOCOL, CLOSED, f"{SKIPPED} se:RESERVED_LOCAL ce:RESERVED_REMOTE", DATA),
    Row("RFC9113-6.10-06", BOTH, PROTOCOL, "connection STREAM_CLOSED", SKIPPED, "CONTINUATION"),
    Row("RFC9113-6.4-07", OURS, PROTOCOL, TAKES, "so:IDLE se:IDLE co:IDLE ce:IDLE", "RST_STREAM"),
    Row("RFC9113-5.1-05", OURS, PROTOCOL, TAKES, "ce:IDLE", "a request; a request that ends; content-length unmet"),
    Row("RFC9113-5.1-10", OURS, PROTOCOL, TAKES, "ce:RESERVED_REMOTE", "WINDOW_UPDATE"),
    Row("RFC9113-5.1-10", OURS, PROTOCOL, "stream FLOW_CONTROL_ERROR", "ce:RESERVED_REMOTE", "WINDOW_UPDATE too much"),
    # promises: where they may be made, and of what
    Row("RFC9113-6.6-15", OURS, PROTOCOL, "stream REFUSED_STREAM", "co:HALF_CLOSED_REMOTE", "a promise on it"),
    Row("RFC9113-6.6-15", BOTH, TAKES, PROTOCOL, "ce:HALF_CLOSED_LOCAL", "a promise on it"),
    Row("RFC9113-6.6-17", BOTH, PROTOCOL, "connection STREAM_CLOSED", "ce:ENDED", "a promise of it"),
    Row("RFC9113-6.6-17", OURS, PROTOCOL, CLOSED, "ce:RESET_SENT ce:RESET_RECEIVED", "a promise of it"),
)
# fmt: on


def context(key: Key) -> str:
    return f"{key.role[0]}{key.parity[0]}:{key.state.name}"


def tabled() -> dict[tuple[str, str, str, str], Row]:
    """Each row taken apart: state, event and both answers."""
    return {
        (state, event, row.ours, row.theirs): row
        for row in TABLE
        for state in row.states.split()
        for event in row.events.split("; ")
    }


def test_every_disagreement_with_h2_is_in_the_table_and_is_met() -> None:
    met = {(context(key), key.event, key.ours, key.theirs) for key in disagreements()}

    assert set() == met - set(tabled()), "not in the table"
    assert set() == set(tabled()) - met, "in the table, but not met any more"


def test_no_disagreement_is_ours_to_mend() -> None:
    assert {OURS, BOTH} == {row.right for row in TABLE}


# -- conversations --


def converse(chance: random.Random) -> Key | None:
    """Both hear and do the same until they disagree; that disagreement, or None."""
    role: Role = chance.choice(["client", "server"])
    pair = Pair(role)
    for _ in range(chance.randrange(2, 14)):
        stream = chance.choice([1, 1, 2, 3, 4, 5])
        if chance.random() < 0.4:
            if not call(pair, chance, stream):
                return None
            continue
        state, event = pair.state(stream), chance.choice(list(EVENTS))
        ours, theirs = pair.hear(EVENTS[event](pair.wire, stream))
        if ours != theirs:
            return Key(role, "odd" if stream & 1 else "even", state, event, ours, theirs)
        if pair.ours.connection.closed or event == "GOAWAY":
            return None  # h2 takes nothing behind GOAWAY: see the test of that
    return None


def call(pair: Pair, chance: random.Random, stream: int) -> bool:
    """A call that ours allows; False where h2 does not, for then the two have parted."""
    fields = chance.choice([RESPONSE, REQUEST, TRAILERS])
    ends = chance.random() < 0.5
    calls: tuple[Callable[[Tried], None], ...] = (
        lambda tried: tried.headers(stream, fields, ends),
        lambda tried: tried.reset(stream),
        lambda tried: tried.push(stream, 2 * stream),
    )
    chosen = chance.choice(calls)
    try:
        chosen(pair.ours)
    except IllegalSend:
        return True
    try:
        chosen(pair.theirs)
    except (h2.exceptions.ProtocolError, ValueError):
        return False
    pair.ours.output(), pair.theirs.output()
    return True


def unknown_disagreements(seed: int, count: int) -> set[tuple[str, str, str, str]]:
    chance = random.Random(seed)
    table = tabled()
    keys = [key for key in (converse(chance) for _ in range(count)) if key is not None]
    assert keys
    return {(context(key), key.event, key.ours, key.theirs) for key in keys} - set(table)


def test_conversations_show_no_disagreement_that_is_not_in_the_table() -> None:
    assert set() == unknown_disagreements(1, 1_500)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 7))
def test_many_conversations_show_none_either(seed: int) -> None:
    assert set() == unknown_disagreements(seed, 30_000)


@pytest.mark.parametrize("role", ["client", "server"])
def test_behind_goaway_h2_takes_nothing_while_ours_goes_on(role: Role) -> None:
    """RFC 9113 §6.8: streams that are not above the last one are still served. Ours is right."""
    pair = Pair(role)
    pair.hear(encode(GoAway(2**31 - 1)))

    assert (TAKES, PROTOCOL) == pair.hear(encode(Ping()))
