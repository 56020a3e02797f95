"""Settings: what is legal, and from when on it binds whom."""

import pytest

from h2proof.sim import Connection, IllegalSend, Setting, State
from h2proof.sim.codec import encode, raw
from h2proof.sim.frames import (
    END_HEADERS,
    AnyFrame,
    Data,
    FrameType,
    GoAway,
    Headers,
    Ping,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import representations
from h2proof.sim.notices import (
    PingAcknowledged,
    PingReceived,
    RequestReceived,
    SettingsAcknowledged,
    SettingsReceived,
)
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, Wire

ACKNOWLEDGED = encode(Settings(ack=True))


def greeted(role: Role, settings: dict[int, int] | None = None) -> tuple[Connection, Wire]:
    """A connection that had its peer's first SETTINGS, but no acknowledgment of its own."""
    connection, wire = Connection(role, settings=settings), Wire()
    connection.receive(wire.opening("server" if role == "client" else "client"))
    wire.read(connection.take_output())
    return connection, wire


@pytest.mark.parametrize("role", ["client", "server"])
def test_both_begin_with_settings(role: Role) -> None:
    connection, wire = Connection(role, settings={4: 9, 3: 7}), Wire()
    opening = connection.take_output()

    assert opening.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") is (role == "client")
    assert [Settings(((4, 9), (3, 7)))] == wire.read(opening)
    assert b"" == connection.take_output()


def test_settings_are_acknowledged_in_order_and_at_once() -> None:
    server, wire = greeted("server")

    notices = server.receive(encode(Settings(((4, 1), (4, 2)))) + encode(Settings(((3, 5),))))

    assert [SettingsReceived(((4, 1), (4, 2))), SettingsReceived(((3, 5),))] == notices
    assert [Settings(ack=True)] * 2 == wire.read(server.take_output())
    assert (2, 5) == (server.peer_settings[4], server.peer_settings[3])


def test_an_acknowledgment_stands_for_the_oldest_settings() -> None:
    client, _ = greeted("client", {3: 1})
    client.update_settings({3: 2})
    assert 3 not in client.local_settings

    assert [SettingsAcknowledged(((3, 1),))] == client.receive(ACKNOWLEDGED)
    assert 1 == client.local_settings[3]
    assert [SettingsAcknowledged(((3, 2),))] == client.receive(ACKNOWLEDGED)
    assert 2 == client.local_settings[3]
    assert [] == client.receive(ACKNOWLEDGED)
    assert not client.closed


def test_a_ping_is_answered_with_its_payload_and_an_answer_is_not() -> None:
    server, wire = greeted("server")

    assert [PingReceived(b"12345678")] == server.receive(encode(Ping(b"12345678")))
    assert [Ping(b"12345678", ack=True)] == wire.read(server.take_output())
    assert [PingAcknowledged(b"abcdefgh")] == server.receive(encode(Ping(b"abcdefgh", ack=True)))
    assert [] == wire.read(server.take_output())


@pytest.mark.parametrize(
    ("role", "values", "requirement"),
    [
        ("server", {Setting.ENABLE_PUSH: 1}, r"6\.5\.2-06"),
        ("client", {Setting.ENABLE_PUSH: 2}, r"6\.5\.2-05"),
        ("client", {Setting.INITIAL_WINDOW_SIZE: 2**31}, r"6\.5\.2-13"),
        ("client", {Setting.MAX_FRAME_SIZE: 16_383}, r"6\.5\.2-15"),
        ("client", {Setting.MAX_FRAME_SIZE: 2**24}, r"6\.5\.2-15"),
        ("server", {Setting.ENABLE_CONNECT_PROTOCOL: 2}, "8441-3-01"),
        ("client", {Setting.NO_RFC7540_PRIORITIES: 2}, r"9218-2\.1-02"),
        ("client", {70_000: 0}, r"6\.5-09"),
        ("client", {1: 2**32}, r"6\.5-09"),
        ("client", {1: -1}, r"6\.5-09"),
    ],
)
def test_illegal_values_are_refused_at_the_start_and_later(
    role: Role, values: dict[int, int], requirement: str
) -> None:
    with pytest.raises(IllegalSend, match=requirement):
        Connection(role, settings=values)
    connection, _ = greeted(role)
    with pytest.raises(IllegalSend, match=requirement):
        connection.update_settings(values)
    assert b"" == connection.take_output()


def test_what_was_promised_with_settings_is_not_taken_back() -> None:
    server, _ = greeted("server", {Setting.ENABLE_CONNECT_PROTOCOL: 1})
    with pytest.raises(IllegalSend, match="8441-3-04"):
        server.update_settings({Setting.ENABLE_CONNECT_PROTOCOL: 0})
    with pytest.raises(IllegalSend, match=r"9218-2\.1-04"):
        server.update_settings({Setting.NO_RFC7540_PRIORITIES: 1})


# -- windows --


def test_a_lowered_initial_window_makes_live_windows_negative() -> None:
    client, _ = greeted("client")
    stream = client.send_headers(None, REQUEST)
    client.send_data(stream, bytes(60_000))

    client.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 16_384),))))
    assert 0 == client.send_window(stream)
    client.receive(encode(WindowUpdate(stream, 43_616)))
    assert 0 == client.send_window(stream)
    client.receive(encode(WindowUpdate(stream, 1)))
    assert 1 == client.send_window(stream)
    assert 5_535 == client.send_window(0)


def test_a_raised_initial_window_opens_live_windows_but_not_the_connections() -> None:
    client, _ = greeted("client")
    client.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 0),))))
    stream = client.send_headers(None, REQUEST)
    assert 0 == client.send_window(stream)

    client.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 2**31 - 1),))))

    assert 65_535 == client.send_window(stream) == client.send_window(0)


def test_a_lowered_window_of_ours_binds_from_the_acknowledgment_on() -> None:
    server, wire = greeted("server", {Setting.INITIAL_WINDOW_SIZE: 10})
    server.receive(wire.headers(1, REQUEST) + encode(Data(1, bytes(100))))
    assert State.OPEN is server.state(1)

    server.receive(ACKNOWLEDGED)
    assert -90 == server.receive_window(1)
    server.receive(encode(Data(1)))
    assert State.OPEN is server.state(1)
    server.receive(encode(Data(1, b"x")))
    assert State.RESET_SENT is server.state(1)


def test_a_raised_window_of_ours_may_be_used_before_its_acknowledgment_is_seen() -> None:
    server, wire = greeted("server", {Setting.INITIAL_WINDOW_SIZE: 10})
    server.receive(ACKNOWLEDGED + wire.headers(1, REQUEST))
    server.update_settings({Setting.INITIAL_WINDOW_SIZE: 100})

    server.receive(encode(Data(1, bytes(100))))

    assert State.OPEN is server.state(1)


# -- frame size --


def test_a_larger_frame_may_come_once_it_was_announced() -> None:
    server, wire = greeted("server", {Setting.MAX_FRAME_SIZE: 20_000})

    server.receive(wire.headers(1, REQUEST) + encode(Data(1, bytes(20_000))))
    assert State.OPEN is server.state(1)
    server.receive(encode(Data(1, bytes(20_001))))
    assert State.RESET_SENT is server.state(1)


def test_a_smaller_frame_size_binds_from_the_acknowledgment_on() -> None:
    server, wire = greeted("server", {Setting.MAX_FRAME_SIZE: 20_000})
    server.receive(ACKNOWLEDGED)
    server.update_settings({Setting.MAX_FRAME_SIZE: 16_384})
    server.receive(wire.headers(1, REQUEST) + encode(Data(1, bytes(20_000))))
    assert State.OPEN is server.state(1)

    server.receive(ACKNOWLEDGED + encode(Data(1, bytes(20_000))))

    assert State.RESET_SENT is server.state(1)


def test_a_frame_above_our_limit_is_answered_from_its_header_alone() -> None:
    server, wire = greeted("server")
    server.receive(wire.headers(1, REQUEST))

    server.receive(encode(Data(1, bytes(60_000)))[:9])

    assert [WindowUpdate(0, 60_000), RstStream(1, 6)] == wire.read(server.take_output())
    server.receive(bytes(59_999))
    assert 0 == server.frame_octets
    server.receive(b"\0" + encode(Ping()))
    assert [Ping(ack=True)] == wire.read(server.take_output())


# -- the field table --


def sizes(frames: list[AnyFrame]) -> list[int]:
    [headers] = [frame for frame in frames if isinstance(frame, Headers)]
    return [item.index for item in representations(headers.fragment) if item.kind == "size"]


def test_our_encoder_signals_the_table_that_the_peer_asks_for() -> None:
    client, wire = greeted("client")
    for octets in (1000, 100, 3000, 2000):
        client.receive(encode(Settings(((Setting.HEADER_TABLE_SIZE, octets),))))
    client.send_headers(None, REQUEST)
    assert [100, 2000] == sizes(wire.read(client.take_output()))
    client.send_headers(None, REQUEST)
    assert [] == sizes(wire.read(client.take_output()))

    client.receive(encode(Settings(((Setting.HEADER_TABLE_SIZE, 50),))) * 2)
    client.send_headers(None, REQUEST)
    assert [50] == sizes(wire.read(client.take_output()))


def test_a_table_size_that_is_not_allowed_any_more_is_never_signalled() -> None:
    client, wire = greeted("client")
    client.receive(encode(Settings(((Setting.HEADER_TABLE_SIZE, 8_000),))))
    client.receive(encode(Settings(((Setting.HEADER_TABLE_SIZE, 200),))))

    client.send_headers(None, REQUEST)

    assert [200] == sizes(wire.read(client.take_output()))


def test_a_table_that_the_peer_offers_is_used_up_to_our_limit() -> None:
    client, wire = greeted("client")
    client.receive(encode(Settings(((Setting.HEADER_TABLE_SIZE, 2**32 - 1),))))

    client.send_headers(None, REQUEST)

    assert [65_536] == sizes(wire.read(client.take_output()))


def test_a_size_update_is_due_after_a_smaller_table_was_acknowledged() -> None:
    server, wire = greeted("server", {Setting.HEADER_TABLE_SIZE: 100})
    # before the acknowledgment the old table holds
    assert [RequestReceived(1, REQUEST, False)] == server.receive(wire.headers(1, REQUEST))

    server.receive(ACKNOWLEDGED + wire.headers(3, REQUEST))

    assert [GoAway(1, 9)] == [
        frame for frame in wire.read(server.take_output()) if isinstance(frame, GoAway)
    ]


@pytest.mark.parametrize(("update", "legal"), [(100, True), (0, True), (101, False)])
def test_the_update_that_is_due_has_to_keep_the_limit(update: int, legal: bool) -> None:
    server, wire = greeted("server", {Setting.HEADER_TABLE_SIZE: 100})
    server.receive(ACKNOWLEDGED)
    wire.encoder.table_size_max = update

    server.receive(wire.headers(1, REQUEST))

    assert legal is not server.closed


def test_a_table_lowered_and_raised_again_has_to_be_signalled_with_its_lowest_size() -> None:
    for update, legal in ((0, True), (4096, False)):
        server, wire = greeted("server", {Setting.HEADER_TABLE_SIZE: 0})
        server.receive(ACKNOWLEDGED)
        server.update_settings({Setting.HEADER_TABLE_SIZE: 4096})
        server.receive(ACKNOWLEDGED)
        if update != 4096:
            wire.encoder.table_size_max = update

        server.receive(wire.headers(1, REQUEST))

        assert legal is not server.closed


def test_origin_is_ignored_on_a_cleartext_connection() -> None:
    origin = raw(FrameType.ORIGIN, 0, 0, b"\0\x0dhttp://a.test")
    seen = {}
    for cleartext in (False, True):
        client, wire = Connection("client", cleartext=cleartext), Wire()
        client.receive(wire.opening("server"))
        seen[cleartext] = len(client.receive(origin))

    assert {False: 1, True: 0} == seen


def test_a_long_frame_with_a_field_block_is_answered_from_its_header_too() -> None:
    server, wire = greeted("server")

    server.receive(raw(FrameType.HEADERS, END_HEADERS, 1, bytes(16_385))[:9])

    assert [GoAway(0, 6)] == wire.read(server.take_output())
