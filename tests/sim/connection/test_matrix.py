"""The whole state machine of RFC 9113 §5.1 on real connections, brought into each state by frames.

The reference is a file of the requirements, written apart from the code. Every cell that a role can
reach is tried, by receiving and by sending; for the simulator its outcome is the contract, and its
alternatives are for judging others. Where a cell cannot be tried as it stands, the reason is here.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from h2proof.sim import Connection, ErrorCode, IllegalSend, State
from h2proof.sim.codec import encode
from h2proof.sim.frames import (
    AnyFrame,
    Continuation,
    Data,
    Dependency,
    GoAway,
    Headers,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import Notice
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

STATES = {
    "idle": State.IDLE,
    "reserved_local": State.RESERVED_LOCAL,
    "reserved_remote": State.RESERVED_REMOTE,
    "open": State.OPEN,
    "half_closed_local": State.HALF_CLOSED_LOCAL,
    "half_closed_remote": State.HALF_CLOSED_REMOTE,
    "closed_end_stream": State.ENDED,
    "closed_rst_sent": State.RESET_SENT,
    "closed_rst_received": State.RESET_RECEIVED,
    "closed_skipped": State.SKIPPED,
}
CONTEXTS = (
    "client/client-initiated",
    "server/client-initiated",
    "client/server-initiated",
    "server/server-initiated",
)
REACHABLE_CELLS = 960

HELPER = 1
"""A stream of the client that stays half-closed for it, to make promises on."""
CLIENT_STREAM = 3
SERVER_STREAM = 2


INTERIM: Fields = ((b":status", b"103"),)


class Stage:
    """A connection of one role, its hand-written peer, and the stream that matters."""

    def __init__(self, context: str, state: str, *, response_began: bool = False) -> None:
        role, initiator = context.split("/")
        self.client = role == "client"
        self.clients_stream = initiator == "client-initiated"
        self.stream = CLIENT_STREAM if self.clients_stream else SERVER_STREAM
        self.connection = Connection("client" if self.client else "server")
        self.wire = Wire()
        self.response_began = response_began
        self.begin()
        getattr(self, state)()
        self.wire.read(self.connection.take_output())
        assert STATES[state] is self.connection.state(self.stream)

    def begin(self) -> None:
        self.connection.receive(self.wire.opening("server" if self.client else "client"))
        self.connection.receive(encode(Settings(ack=True)))
        if self.client:
            self.connection.send_headers(HELPER, REQUEST, end_stream=True)
        else:
            self.hear(self.wire.headers(HELPER, REQUEST, end_stream=True))

    def hear(self, octets: bytes) -> list[Notice]:
        notices = self.connection.receive(octets)
        assert not self.connection.closed
        return notices

    # -- the states --

    def idle(self) -> None:
        pass

    def open(self) -> None:
        if self.client:
            self.connection.send_headers(self.stream, REQUEST)
        else:
            self.hear(self.wire.headers(self.stream, REQUEST))
        self.begin_response()

    def begin_response(self) -> None:
        """DATA may come only behind a response's fields: what is tried is the state, not that."""
        if self.response_began:
            if self.client:
                self.hear(self.wire.headers(self.stream, RESPONSE))
            else:
                self.connection.send_headers(self.stream, RESPONSE)

    @property
    def first_section(self) -> Fields:
        """Takes a pushed stream out of its reservation; behind an interim one HEADERS may follow."""
        return RESPONSE if self.response_began else INTERIM

    def reserved_local(self) -> None:
        assert self.stream == self.connection.push(HELPER, REQUEST)

    def reserved_remote(self) -> None:
        self.hear(self.wire.promise(HELPER, self.stream, REQUEST))

    def half_closed_local(self) -> None:
        if not self.clients_stream:
            self.reserved_remote()
            self.hear(self.wire.headers(self.stream, self.first_section))
        elif self.client:
            self.connection.send_headers(self.stream, REQUEST, end_stream=True)
            self.begin_response()
        else:
            self.hear(self.wire.headers(self.stream, REQUEST))
            self.connection.send_headers(self.stream, RESPONSE, end_stream=True)

    def half_closed_remote(self) -> None:
        if not self.clients_stream:
            self.reserved_local()
            self.connection.send_headers(self.stream, self.first_section)
        elif self.client:
            self.connection.send_headers(self.stream, REQUEST)
            self.hear(self.wire.headers(self.stream, RESPONSE, end_stream=True))
        else:
            self.hear(self.wire.headers(self.stream, REQUEST, end_stream=True))
            self.begin_response()

    def closed_end_stream(self) -> None:
        if self.client and self.clients_stream:
            self.connection.send_headers(self.stream, REQUEST, end_stream=True)
            self.hear(self.wire.headers(self.stream, RESPONSE, end_stream=True))
        elif self.client:
            self.reserved_remote()
            self.hear(self.wire.headers(self.stream, RESPONSE, end_stream=True))
        else:
            if self.clients_stream:
                self.hear(self.wire.headers(self.stream, REQUEST, end_stream=True))
            else:
                self.reserved_local()
            self.connection.send_headers(self.stream, RESPONSE, end_stream=True)

    def live(self) -> None:
        """Whichever state a reset may come in."""
        if self.clients_stream:
            self.open()
        else:
            self.reserved_remote() if self.client else self.reserved_local()

    def closed_rst_sent(self) -> None:
        self.live()
        self.connection.reset(self.stream)

    def closed_rst_received(self) -> None:
        self.live()
        self.hear(encode(RstStream(self.stream, ErrorCode.CANCEL)))

    def closed_skipped(self) -> None:
        above = self.stream + 2
        if self.clients_stream and self.client:
            self.connection.send_headers(above, REQUEST)
        elif self.clients_stream:
            self.hear(self.wire.headers(above, REQUEST))
        elif self.client:
            self.hear(self.wire.promise(HELPER, above, REQUEST))
        else:
            self.connection.push(HELPER, REQUEST, promised=above)

    # -- field sections that suit the state --

    def incoming_fields(self) -> Fields:
        if self.client:
            return RESPONSE
        opened = self.connection.state(self.stream) is not State.IDLE
        return TRAILERS if opened else REQUEST

    def outgoing_fields(self) -> Fields:
        if not self.client:
            return RESPONSE
        return REQUEST if self.connection.state(self.stream) is State.IDLE else TRAILERS


def cells(reference: Path, direction: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Context, state, event and what the reference says, for each reachable cell."""
    matrix = json.loads((reference / "requirements" / "state-machine.json").read_text())
    for cell in matrix["cells"]:
        if cell["direction"] != direction:
            continue
        for context in CONTEXTS:
            verdict = cell["roles"][context]
            if verdict != "unreachable":
                yield context, cell["state"], cell["event"], cell if verdict == "same" else verdict


def test_the_reference_has_960_cells_that_a_role_can_reach(shared: Path) -> None:
    count = sum(1 for direction in ("recv", "send") for _ in cells(shared, direction))

    assert REACHABLE_CELLS == count


# -- receiving --------------------------------------------------------------------------------------


def received(stage: Stage, event: str) -> bytes:
    """The frame that the event means, written by the peer."""
    stream, wire = stage.stream, stage.wire
    match event:
        case "DATA" | "DATA_ES":
            return encode(Data(stream, b"x", event == "DATA_ES"))
        case "HEADERS" | "HEADERS_ES":
            ends = event == "HEADERS_ES"
            return wire.headers(stream, stage.incoming_fields(), end_stream=ends)
        case "PRIORITY":
            return encode(Priority(stream, Dependency(0)))
        case "RST_STREAM":
            return encode(RstStream(stream, ErrorCode.CANCEL))
        case "SETTINGS":
            return encode(Settings(stream=stream))
        case "PUSH_PROMISE_ASSOCIATED":
            return wire.promise(stream, 20, REQUEST)
        case "PUSH_PROMISE_PROMISED":
            return wire.promise(HELPER, stream, REQUEST)
        case "PING":
            return encode(Ping(stream=stream))
        case "GOAWAY":
            return encode(GoAway(stream=stream))
        case "WINDOW_UPDATE":
            return encode(WindowUpdate(stream, 1))
        case "CONTINUATION_EXPECTED":
            return wire.headers(stream, stage.incoming_fields(), cut=1)
        case "CONTINUATION_UNEXPECTED":
            return encode(Continuation(stream, b""))
        case "UNKNOWN":
            return encode(Unknown(0xFA, 0, stream, b"whatever"))
        case "PRIORITY_UPDATE_TARGET":
            return encode(PriorityUpdate(stream, b"u=1"))
    raise AssertionError(event)


def outcome_of(stage: Stage, state: str, octets: bytes) -> str:
    """What became of the octets, in the words of the reference."""
    stage.connection.receive(octets)
    after = stage.connection.state(stage.stream)
    frames = stage.wire.read(stage.connection.take_output())
    last = [frame for frame in frames if isinstance(frame, GoAway | RstStream)]
    if stage.connection.closed:
        [goaway] = last
        assert isinstance(goaway, GoAway)
        return f"connection {ErrorCode(goaway.code).name}"
    if last:
        [reset] = last
        assert isinstance(reset, RstStream)
        assert stage.stream == reset.stream
        assert State.RESET_SENT is after
        return f"stream {ErrorCode(reset.code).name}"
    return "stays" if STATES[state] is after else f"to {after.name}"


def expected(outcome: dict[str, Any]) -> str:
    """An outcome of the reference in the same words."""
    match outcome["kind"]:
        case "transition":
            return f"to {STATES[outcome['next_state']].name}"
        case "process" | "ignore":
            return "stays"
        case "error":
            return f"{outcome['scope']} {outcome['code']}"
    raise AssertionError(outcome)


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_cell_by_receiving(shared: Path, context: str) -> None:
    wrong = []
    all_cells = {
        (state, event): cell
        for where, state, event, cell in cells(shared, "recv")
        if where == context
    }
    for (state, event), cell in all_cells.items():
        # a CONTINUATION shares the fate of the HEADERS it continues (the reference's own note), so
        # it is tried with that HEADERS, and what the HEADERS earns has to come out
        fate = all_cells[state, "HEADERS"] if event == "CONTINUATION_EXPECTED" else cell
        stage = Stage(context, state, response_began=event in ("DATA", "DATA_ES"))
        seen = outcome_of(stage, state, received(stage, event))
        if expected(fate["outcome"]) != seen:
            wrong.append((state, event, expected(fate["outcome"]), seen))

    assert [] == wrong
    assert all_cells


@pytest.mark.parametrize(
    ("context", "before", "end_stream", "after"),
    [
        ("server/client-initiated", "idle", False, "open"),
        ("server/client-initiated", "idle", True, "half_closed_remote"),
        ("server/client-initiated", "half_closed_local", True, "closed_end_stream"),
        ("client/client-initiated", "open", True, "half_closed_remote"),
        ("client/client-initiated", "half_closed_local", True, "closed_end_stream"),
        ("client/server-initiated", "reserved_remote", False, "half_closed_local"),
        ("client/server-initiated", "half_closed_local", True, "closed_end_stream"),
    ],
)
def test_a_continuation_is_no_error_in_the_state_that_its_own_block_leads_to(
    context: str, before: str, end_stream: bool, after: str
) -> None:
    """For models that apply the transition at the HEADERS frame; here it is at END_HEADERS."""
    stage = Stage(context, before)
    fields = stage.incoming_fields()
    octets = stage.wire.headers(stage.stream, fields, end_stream=end_stream, cut=1)

    assert f"to {STATES[after].name}" == outcome_of(stage, before, octets)


# -- sending ----------------------------------------------------------------------------------------

LONG = tuple((b"x-%d" % number, b"v" * 300) for number in range(80))
"""Fields that need a CONTINUATION."""


def send(stage: Stage, event: str) -> None:
    """The call that makes the event's frame."""
    connection, stream = stage.connection, stage.stream
    match event:
        case "DATA" | "DATA_ES":
            connection.send_data(stream, b"x", end_stream=event == "DATA_ES")
        case "HEADERS" | "HEADERS_ES":
            connection.send_headers(
                stream, stage.outgoing_fields(), end_stream=event == "HEADERS_ES"
            )
        case "PRIORITY":
            connection.depend(stream, Dependency(0))
        case "RST_STREAM":
            connection.reset(stream)
        case "PUSH_PROMISE_ASSOCIATED":
            connection.push(stream, REQUEST)
        case "PUSH_PROMISE_PROMISED":
            connection.push(HELPER, REQUEST, promised=stream)
        case "WINDOW_UPDATE":
            connection.credit(stream, 1)
        case "UNKNOWN":
            connection.send_unknown(Unknown(0xFA, 0, stream, b"whatever"))
        case "PRIORITY_UPDATE_TARGET":
            connection.prioritize(stream, b"u=1")
        case "CONTINUATION_UNEXPECTED":
            connection.send_unknown(Unknown(Continuation.type, 0, stream))
        case _:
            raise AssertionError(event)


NO_CALL = {
    "SETTINGS": lambda connection: connection.update_settings({}),
    "PING": lambda connection: connection.ping(),
    "GOAWAY": lambda connection: connection.goaway(last=2**31 - 1),
}
"""Prohibited everywhere, and no call can ask for it: these frames take no stream. What can be seen
is that in each state the call writes the frame on stream 0."""


def continued(stage: Stage) -> None:
    """A field block too long for one frame. Calls are whole, so no CONTINUATION stands alone."""
    fields = (*stage.outgoing_fields(), *LONG)
    # a client's second section are trailers, which end the stream
    trailers = stage.client and stage.connection.state(stage.stream) is not State.IDLE
    stage.connection.send_headers(stage.stream, fields, end_stream=trailers)


CONTINUATION_BY_CONSTRUCTION = {
    "half_closed_local": "a block that ended the stream was written whole before the state came",
    "closed_end_stream": "a block that ended the stream was written whole before the state came",
    "closed_rst_received": "the peer's reset cannot come between the frames of one call",
}
"""Where the reference permits a CONTINUATION only because its HEADERS began in an earlier state."""


def sending(stage: Stage, state: str, event: str, memory: Callable[[object], object]) -> str:
    """What became of the call, in the words of the reference."""
    before = memory(stage.connection)
    try:
        continued(stage) if event == "CONTINUATION_EXPECTED" else send(stage, event)
    except IllegalSend:
        assert before == memory(stage.connection)
        return "prohibited"
    frames = stage.wire.read(stage.connection.take_output())
    assert frames
    if event == "CONTINUATION_EXPECTED":
        assert isinstance(frames[-1], Continuation)
        return "stays"  # its HEADERS has the transition
    after = stage.connection.state(stage.stream)
    return "stays" if STATES[state] is after else f"to {after.name}"


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_cell_by_sending(
    shared: Path, context: str, memory: Callable[[object], object]
) -> None:
    wrong = []
    for where, state, event, cell in cells(shared, "send"):
        if where != context:
            continue
        stage = Stage(context, state, response_began=event in ("DATA", "DATA_ES"))
        kind = cell["outcome"]["kind"]
        wanted = "prohibited" if kind == "prohibited" else expected(cell["outcome"])
        if event in NO_CALL:
            NO_CALL[event](stage.connection)
            seen = "prohibited" if only_on_stream_0(stage) else "on the stream"
        elif event == "CONTINUATION_EXPECTED" and state in CONTINUATION_BY_CONSTRUCTION:
            continue
        else:
            seen = sending(stage, state, event, memory)
        if wanted != seen:
            wrong.append((state, event, wanted, seen))

    assert [] == wrong


def only_on_stream_0(stage: Stage) -> bool:
    frames: list[AnyFrame] = stage.wire.read(stage.connection.take_output())
    assert frames
    return all(not frame.stream for frame in frames if not isinstance(frame, PushPromise | Headers))
