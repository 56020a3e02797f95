"""A connection that begins behind an HTTP/1.1 upgrade (RFC 7540 §3.2)."""

import pytest

from h2proof.sim import Connection, IllegalSend, Setting, State, Upgrade
from h2proof.sim.codec import encode
from h2proof.sim.frames import Data, GoAway, RstStream, Settings
from h2proof.sim.notices import (
    DataReceived,
    ResponseReceived,
    SettingsAcknowledged,
    SettingsReceived,
)
from h2proof.sim.upgrade import read_settings_field, write_settings_field
from h2proof.sim.wire import REQUEST, RESPONSE, Wire

FIELD = write_settings_field(((Setting.INITIAL_WINDOW_SIZE, 3), (Setting.ENABLE_PUSH, 0)))


def test_the_settings_field_is_base64url_without_padding() -> None:
    assert b"AAQAAAADAAIAAAAA" == FIELD
    assert ((4, 3), (2, 0)) == read_settings_field(FIELD)
    assert () == read_settings_field(b"")


@pytest.mark.parametrize("field", [b"AAQAAAA", b"!", b"\xff\xfe", write_settings_field(((5, 1),))])
def test_a_field_that_is_none_means_no_upgrade(field: bytes) -> None:
    with pytest.raises(ValueError, match="do not upgrade"):
        Connection("server", upgrade=Upgrade(settings=field))


def test_stream_1_is_half_closed_for_its_client_and_the_settings_hold_at_once() -> None:
    server, wire = Connection("server", upgrade=Upgrade(settings=FIELD)), Wire()
    assert State.HALF_CLOSED_REMOTE is server.state(1)
    assert [Settings()] == wire.read(server.take_output())

    # the response does not have to wait for the client's preface
    server.send_headers(1, RESPONSE)
    assert 3 == server.send_window(1)
    with pytest.raises(IllegalSend, match=r"6\.6-09"):
        server.push(1, REQUEST)
    assert [SettingsReceived(())] == server.receive(wire.opening("client"))
    server.receive(encode(Data(1, b"no")))
    assert [Settings(ack=True), RstStream(1, 5)] == [
        frame
        for frame in wire.read(server.take_output())
        if isinstance(frame, Settings | RstStream)
    ]


def test_the_client_takes_the_response_on_stream_1_and_goes_on_with_3() -> None:
    client, wire = Connection("client", upgrade=Upgrade(settings=FIELD)), Wire()
    assert State.HALF_CLOSED_LOCAL is client.state(1)
    assert 0 == client.local_settings[Setting.ENABLE_PUSH]

    notices = client.receive(
        wire.opening("server")
        + wire.headers(1, RESPONSE)
        + encode(Data(1, b"abc", True))
        + encode(Settings(ack=True))
    )

    assert [
        SettingsReceived(()),
        ResponseReceived(1, RESPONSE, False),
        DataReceived(1, b"abc", 3, True),
        SettingsAcknowledged(()),
    ] == notices
    assert 3 == client.send_headers(None, REQUEST)


def test_the_window_of_the_field_binds_the_server() -> None:
    client, wire = Connection("client", upgrade=Upgrade(settings=FIELD)), Wire()
    client.receive(wire.opening("server") + wire.headers(1, RESPONSE))

    client.receive(encode(Data(1, b"four")))

    assert State.RESET_SENT is client.state(1)


def test_a_client_that_upgrades_still_has_to_send_its_preface() -> None:
    server, wire = Connection("server", upgrade=Upgrade()), Wire()

    server.receive(encode(Settings()))

    assert server.closed
    assert [GoAway(1, 1)] == [
        frame for frame in wire.read(server.take_output()) if isinstance(frame, GoAway)
    ]


def test_an_upgraded_head_request_gets_no_content() -> None:
    client, wire = Connection("client", upgrade=Upgrade(method=b"HEAD")), Wire()
    client.receive(wire.opening("server") + wire.headers(1, (*RESPONSE, (b"content-length", b"9"))))
    client.receive(encode(Data(1, b"x")))

    assert State.RESET_SENT is client.state(1)
