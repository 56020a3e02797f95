"""Which of two sides is the client, from frames in the middle of a connection.

Only what one of the two can never send counts: requests and responses by their first field line,
promises, even stream identifiers.
"""

from typing import Final

from h2proof.oracle.importers.capture.plausible import sound
from h2proof.sim.codec import HEADER_LENGTH, FrameHeader, read_header

_DATA, _HEADERS, _PUSH_PROMISE, _WINDOW_UPDATE = 0, 1, 5, 8
_PADDED: Final = 0x08
_PRIORITY: Final = 0x20


def client_of(first: bytes | bytearray, second: bytes | bytearray) -> int | None:
    """0 if `first`, which starts with a frame, was sent by the client; 1 if `second`; or None."""
    for side, octets in enumerate((first, second)):
        answer = _sent_by_client(octets)
        if answer is not None:
            return side if answer else 1 - side
    return None


def _sent_by_client(octets: bytes | bytearray) -> bool | None:
    offset = 0
    while len(octets) - offset >= HEADER_LENGTH:
        length = sound(octets, offset)
        if not length:
            return None
        header = read_header(octets, offset)
        payload = octets[offset + HEADER_LENGTH : offset + length]
        answer = _frame_of_client(header, payload)
        if answer is not None:
            return answer
        offset += length
    return None


def _frame_of_client(header: FrameHeader, payload: bytes | bytearray) -> bool | None:
    if header.type == _PUSH_PROMISE:
        return False
    if header.type == _HEADERS:
        return _first_line_of_client(header, payload)
    if header.type == _DATA and not header.stream & 1:
        return False
    if header.type == _WINDOW_UPDATE and header.stream and not header.stream & 1:
        return True
    return None


def _first_line_of_client(header: FrameHeader, payload: bytes | bytearray) -> bool | None:
    """By the first index of the block (RFC 7541 Appendix A): 1-7 belong to requests, 8-14 not."""
    offset = (1 if header.flags & _PADDED else 0) + (5 if header.flags & _PRIORITY else 0)
    while offset < len(payload) and payload[offset] & 0xE0 == 0x20:  # a table size update
        full = payload[offset] & 0x1F == 0x1F
        offset += 1
        while full and offset < len(payload):
            full = bool(payload[offset] & 0x80)
            offset += 1
    if offset >= len(payload):
        return None
    first = payload[offset]
    index = first & 0x7F if first & 0x80 else first & 0x3F if first & 0x40 else first & 0x0F
    if 1 <= index <= 7:
        return True
    return False if 8 <= index <= 14 else None
