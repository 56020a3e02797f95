"""Settings as an endpoint holds them: identifiers, initial values, and what a value may be."""

from typing import Final

WINDOW_DEFAULT: Final = 65_535
WINDOW_MAX: Final = 0x7FFFFFFF
UNLIMITED: Final = 1 << 62

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 2, 3, 4
MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 5, 6
ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 8, 9

Settings = tuple[tuple[int, int], ...]
"""Identifiers and values as a SETTINGS frame says them."""

TABLE_SIZE_DEFAULT: Final = 4096
INITIAL: Final = {
    HEADER_TABLE_SIZE: (TABLE_SIZE_DEFAULT, -1),
    ENABLE_PUSH: (1, -1),
    MAX_CONCURRENT_STREAMS: (UNLIMITED, -1),
    INITIAL_WINDOW_SIZE: (WINDOW_DEFAULT, -1),
    MAX_FRAME_SIZE: (16_384, -1),
    MAX_HEADER_LIST_SIZE: (UNLIMITED, -1),
    ENABLE_CONNECT_PROTOCOL: (0, -1),
    NO_RFC7540_PRIORITIES: (0, -1),
}
"""Values before any SETTINGS (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1), each with its event."""
UNSAID: Final = (0, -1)
"""The same for any other setting."""

RANGES: Final = {
    ENABLE_PUSH: (0, 1),
    INITIAL_WINDOW_SIZE: (0, WINDOW_MAX),
    MAX_FRAME_SIZE: (16_384, 16_777_215),
    ENABLE_CONNECT_PROTOCOL: (0, 1),
    NO_RFC7540_PRIORITIES: (0, 1),
}
"""What a value may be; a setting that is not here may have any."""
ANY_VALUE: Final = (0, 0xFFFFFFFF)


def in_range(identifier: int, value: int) -> bool:
    """True if the setting may have this value."""
    low, high = RANGES.get(identifier, ANY_VALUE)
    return low <= value <= high
