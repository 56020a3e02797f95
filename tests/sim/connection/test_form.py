"""A connection reads ordinary frames itself: what makes no frame earns what the codec says."""

from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim import Connection, ConnectionFailed, StreamFailed
from h2proof.sim.codec import FrameHeader, decode, encode, raw
from h2proof.sim.frames import ACK, FrameType, Settings, Unreadable
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, RESPONSE, Wire

STREAMS = {
    FrameType.SETTINGS: 0,
    FrameType.PING: 0,
    FrameType.GOAWAY: 0,
    FrameType.ORIGIN: 0,
    FrameType.PRIORITY_UPDATE: 0,
}
"""Elsewhere than on the stream that is open."""
SERVER_DISCARDS = (FrameType.ALTSVC, FrameType.ORIGIN)


def opened(role: Role) -> Connection:
    """A connection on which stream 1 is open, with a response's head behind it."""
    connection, wire = Connection(role), Wire()
    if role == "server":
        connection.receive(wire.opening("client") + wire.headers(1, REQUEST))
        connection.send_headers(1, RESPONSE)
    else:
        connection.receive(wire.opening("server"))
        connection.send_headers(1, REQUEST)
        connection.receive(wire.headers(1, RESPONSE))
    connection.receive(encode(Settings(ack=True)))
    return connection


@given(
    st.sampled_from(["client", "server"]),
    st.sampled_from(FrameType),
    st.sampled_from([0, ACK, 0x8, 0x20, 0x28, 0x4, 0xC]) | st.integers(0, 255),
    st.binary(max_size=14),
)
def test_a_frame_that_is_none_earns_what_the_codec_says(
    role: Role, kind: FrameType, flags: int, payload: bytes
) -> None:
    stream = STREAMS.get(kind, 1)
    frame = decode(FrameHeader(len(payload), kind, flags, stream), payload)

    notices = opened(role).receive(raw(kind, flags, stream, payload))

    faults = [
        notice.fault for notice in notices if isinstance(notice, ConnectionFailed | StreamFailed)
    ]
    if role == "server" and kind in SERVER_DISCARDS:
        assert [] == faults
    elif isinstance(frame, Unreadable):
        assert [frame.fault] == faults
    else:
        assert not any(fault.code.name == "FRAME_SIZE_ERROR" for fault in faults)
