"""Server push on both sides: refused, cancelled and completed at every step."""

from collections.abc import Callable

import pytest

from h2proof.sim import Connection, ErrorCode, IllegalSend, State
from h2proof.sim.frames import RstStream
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import (
    DataReceived,
    PromiseReceived,
    ResponseReceived,
    StreamFailed,
    StreamReset,
    WindowOpened,
)
from h2proof.sim.wire import REQUEST, RESPONSE, Wire

HEAD: Fields = tuple((n, b"HEAD" if n == b":method" else v) for n, v in REQUEST)


class Both:
    """A client that asked on stream 1, and a server that may push on it."""

    def __init__(self) -> None:
        self.client, self.server = Connection("client"), Connection("server")
        self.client.send_headers(None, REQUEST, end_stream=True)
        self.notices = self.pass_on()

    def pass_on(self) -> list[object]:
        """Let both hear everything; what they notice."""
        notices: list[object] = []
        while True:
            up, down = self.client.take_output(), self.server.take_output()
            if not up and not down:
                return notices
            notices += self.server.receive(up)
            notices += self.client.receive(down)

    def quiet(self) -> bool:
        return all(
            (0, 0, 0) == side.counts() == side.recount() for side in (self.client, self.server)
        )


def test_a_promise_is_kept() -> None:
    both = Both()
    promised = both.server.push(1, REQUEST)
    assert State.RESERVED_LOCAL is both.server.state(2)
    assert [PromiseReceived(1, 2, REQUEST)] == both.pass_on()
    assert State.RESERVED_REMOTE is both.client.state(2)

    both.server.send_headers(promised, RESPONSE)
    both.server.send_data(promised, b"pushed", end_stream=True)
    seen = both.pass_on()

    assert [ResponseReceived(2, RESPONSE, False), DataReceived(2, b"pushed", 6, True)] == seen
    assert State.ENDED is both.client.state(2) is both.server.state(2)


def test_promises_may_be_kept_in_another_order() -> None:
    both = Both()
    for _ in range(3):
        both.server.push(1, REQUEST)
    for promised in (6, 2, 4):
        both.server.send_headers(promised, RESPONSE, end_stream=True)
    both.server.send_headers(1, RESPONSE, end_stream=True)
    both.pass_on()

    assert both.quiet()
    assert not both.client.closed


STEPS: tuple[Callable[[Connection], object], ...] = (
    lambda server: server.push(1, REQUEST),
    lambda server: server.send_headers(2, ((b":status", b"103"),)),
    lambda server: server.send_headers(2, RESPONSE),
    lambda server: server.send_data(2, b"some"),
)


@pytest.mark.parametrize("steps", range(1, len(STEPS) + 1))
@pytest.mark.parametrize("by_client", [True, False])
@pytest.mark.parametrize("crossing", [True, False])
def test_a_push_is_cancelled_at_every_step(steps: int, by_client: bool, crossing: bool) -> None:
    """By either side; with what the server still sends on its way (crossing) or not."""
    both = Both()
    for step in STEPS[:steps]:
        step(both.server)
    both.pass_on()
    code = ErrorCode.REFUSED_STREAM if by_client else ErrorCode.CANCEL
    (both.client if by_client else both.server).reset(2, code)
    if crossing and by_client:
        late = STEPS[steps:] if steps < len(STEPS) else (lambda server: server.send_data(2, b"x"),)
        for step in late:
            step(both.server)
    seen = both.pass_on()

    assert [StreamReset(2, code)] == [
        notice for notice in seen if not isinstance(notice, WindowOpened)
    ]
    for side in (both.client, both.server):
        assert side.state(2).closed
        assert not side.closed
        assert 0 == side.counts().reserved
    owed = 4 if steps == len(STEPS) else 0
    assert 65_535 - owed == both.server.send_window(0) == both.client.receive_window(0)


def test_a_promise_on_a_stream_that_the_client_reset_still_reserves() -> None:
    both = Both()
    both.client.reset(1)
    both.server.push(1, REQUEST)
    seen = both.pass_on()

    assert PromiseReceived(1, 2, REQUEST) in seen
    assert State.RESERVED_REMOTE is both.client.state(2)
    with pytest.raises(IllegalSend, match=r"6\.6-12"):
        both.server.push(1, REQUEST)
    both.client.reset(2)
    both.pass_on()
    assert both.quiet()


def test_a_pushed_response_to_head_has_no_content() -> None:
    both = Both()
    both.server.push(1, HEAD)
    fields: Fields = (*RESPONSE, (b"content-length", b"900"))
    both.server.send_headers(2, fields, end_stream=True)

    assert ResponseReceived(2, fields, True) in both.pass_on()


def test_what_may_not_be_promised_is_refused_and_changes_nothing() -> None:
    both = Both()
    post: Fields = tuple((n, b"POST" if n == b":method" else v) for n, v in REQUEST)
    for fields, clause in (
        (post, r"8\.4\.1-02"),
        ((*REQUEST, (b"content-length", b"1")), r"8\.4-02"),
        (REQUEST[:2], r"8\.4\.1-03"),
    ):
        with pytest.raises(IllegalSend, match=clause):
            both.server.push(1, fields)
    with pytest.raises(IllegalSend, match=r"8\.4\.1-05"):
        both.client.push(1, REQUEST)
    assert 2 == both.server.push(1, REQUEST)
    both.server.send_headers(2, RESPONSE)
    with pytest.raises(IllegalSend, match=r"8\.4\.1-06"):
        both.server.push(2, REQUEST)
    assert both.server.may_push(1)
    assert not both.server.may_push(2)


def test_a_malformed_promise_costs_the_promised_stream_only() -> None:
    client, wire = Connection("client"), Wire()
    client.receive(wire.opening("server"))
    client.send_headers(None, REQUEST, end_stream=True)
    wire.read(client.take_output())

    [failed] = client.receive(wire.promise(1, 2, REQUEST[:2]))

    assert isinstance(failed, StreamFailed)
    assert [RstStream(2, 1)] == wire.read(client.take_output())
    assert State.HALF_CLOSED_LOCAL is client.state(1)
    # what the server had under way for it is dropped, and credited
    assert [] == client.receive(wire.headers(2, RESPONSE))


def test_promised_identifiers_may_be_skipped_but_never_go_back() -> None:
    both = Both()
    assert 6 == both.server.push(1, REQUEST, promised=6)
    assert 8 == both.server.push(1, REQUEST)
    for promised in (2, 6, 9, 0, 2**31):
        with pytest.raises(IllegalSend):
            both.server.push(1, REQUEST, promised=promised)
    both.pass_on()
    assert State.SKIPPED is both.client.state(4) is both.server.state(4)


def test_the_client_gives_credit_to_a_reserved_stream() -> None:
    both = Both()
    both.server.push(1, REQUEST)
    both.pass_on()

    both.client.credit(2, 1_000)

    assert [WindowOpened(2, 1_000)] == both.pass_on()


def test_push_is_possible_until_the_stream_ends_for_the_server() -> None:
    both = Both()
    both.server.send_headers(1, RESPONSE)
    assert both.server.may_push(1)
    both.server.send_data(1, b"", end_stream=True)
    assert not both.server.may_push(1)
    with pytest.raises(IllegalSend, match=r"6\.6-12"):
        both.server.push(1, REQUEST)
