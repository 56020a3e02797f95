"""SETTINGS (RFC 9113 §6.5): which values are legal, which are in force, and since when.

A setting binds the two sides at different times. What the peer announces holds here from its
receipt, for the acknowledgment goes out at once. What this endpoint announces the peer may use as
soon as it is sent, and has to obey only from its acknowledgment on: until then the larger of the
old and the new value is what it can rightly assume. What a value means (windows, tables, pushes)
is known to those who ask for it.
"""

from collections import deque
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from operator import index
from struct import Struct
from types import MappingProxyType
from typing import Final, NamedTuple

from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error
from h2proof.sim.notices import SettingPairs
from h2proof.sim.streams import Role


class Setting(IntEnum):
    """Identifiers of RFC 9113 §6.5.2, RFC 8441 §3 and RFC 9218 §2.1."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6
    ENABLE_CONNECT_PROTOCOL = 8
    NO_RFC7540_PRIORITIES = 9


HEADER_TABLE_SIZE: Final = Setting.HEADER_TABLE_SIZE.value
ENABLE_PUSH: Final = Setting.ENABLE_PUSH.value
MAX_CONCURRENT_STREAMS: Final = Setting.MAX_CONCURRENT_STREAMS.value
INITIAL_WINDOW_SIZE: Final = Setting.INITIAL_WINDOW_SIZE.value
MAX_FRAME_SIZE: Final = Setting.MAX_FRAME_SIZE.value
MAX_HEADER_LIST_SIZE: Final = Setting.MAX_HEADER_LIST_SIZE.value
ENABLE_CONNECT_PROTOCOL: Final = Setting.ENABLE_CONNECT_PROTOCOL.value
NO_RFC7540_PRIORITIES: Final = Setting.NO_RFC7540_PRIORITIES.value
"""The plain numbers, for what is asked at every frame: an enumeration's member costs a search."""

_DEFAULTS: Final = {
    HEADER_TABLE_SIZE: 4096,
    ENABLE_PUSH: 1,
    INITIAL_WINDOW_SIZE: 65_535,
    MAX_FRAME_SIZE: 16_384,
    ENABLE_CONNECT_PROTOCOL: 0,
    NO_RFC7540_PRIORITIES: 0,
}
DEFAULTS: Final[Mapping[int, int]] = MappingProxyType(_DEFAULTS)
"""Before any SETTINGS frame. Concurrency and the field section's size have no limit then."""

SETTING: Final = Struct(">HL")
ANNOUNCEMENTS: Final = 64
"""So many are remembered, for connections begin in the same way."""

IDENTIFIER_MAX: Final = 0xFFFF
VALUE_MAX: Final = 0xFFFFFFFF


class Range(NamedTuple):
    """The legal values of a setting, and what an illegal one earns."""

    low: int
    high: int
    code: ErrorCode
    requirement: str


# fmt: off
RANGES: Final[dict[int, Range]] = {
    ENABLE_PUSH:             Range(0, 1, ErrorCode.PROTOCOL_ERROR, "RFC9113-6.5.2-05"),
    INITIAL_WINDOW_SIZE:     Range(0, 2**31 - 1, ErrorCode.FLOW_CONTROL_ERROR, "RFC9113-6.5.2-13"),
    MAX_FRAME_SIZE:          Range(2**14, 2**24 - 1, ErrorCode.PROTOCOL_ERROR, "RFC9113-6.5.2-15"),
    ENABLE_CONNECT_PROTOCOL: Range(0, 1, ErrorCode.PROTOCOL_ERROR, "RFC8441-3-01"),
    NO_RFC7540_PRIORITIES:   Range(0, 1, ErrorCode.PROTOCOL_ERROR, "RFC9218-2.1-02"),
}
# fmt: on


def setting_name(identifier: int) -> str:
    """The RFC's name of a setting, or its number in hexadecimal."""
    known = {setting.value for setting in Setting}
    return Setting(identifier).name if identifier in known else f"0x{identifier:x}"


def value_fault(identifier: int, value: int, sender: Role) -> Fault | None:
    """What a receiver answers to this value from a sender of this role; None if it is legal."""
    allowed = RANGES.get(identifier)
    if allowed is not None and not allowed.low <= value <= allowed.high:
        reason = f"{setting_name(identifier)} is {value}, not {allowed.low} to {allowed.high}"
        return connection_error(allowed.code, allowed.requirement, reason)
    if identifier == ENABLE_PUSH and value and sender == "server":
        reason = "a server announces ENABLE_PUSH=1"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-6.5.2-09", reason)
    return None


class OwnSettings:
    """What this endpoint announced, and how much of it the peer has acknowledged."""

    __slots__ = ("_in_force", "_latest", "_sent", "in_force", "latest")

    def __init__(self) -> None:
        self._in_force = _DEFAULTS.copy()
        self._latest = _DEFAULTS.copy()
        self._sent: deque[SettingPairs] = deque()
        self.in_force: Mapping[int, int] = MappingProxyType(self._in_force)
        """What the peer has acknowledged, and so has to obey."""
        self.latest: Mapping[int, int] = MappingProxyType(self._latest)
        """What was announced last, acknowledged or not."""

    @property
    def unacknowledged(self) -> int:
        """SETTINGS frames whose acknowledgment is due."""
        return len(self._sent)

    def announce(self, values: SettingPairs) -> None:
        """A SETTINGS frame with these values goes out."""
        self._sent.append(values)
        self._latest.update(values)

    def acknowledge(self) -> SettingPairs | None:
        """The oldest unacknowledged values are in force (§6.5.3); None if there are none."""
        if not self._sent:
            return None
        values = self._sent.popleft()
        self._in_force.update(values)
        return values

    def apply(self, values: SettingPairs) -> None:
        """Values that the peer has without a frame, before any (HTTP2-Settings, RFC 7540 §3.2.1)."""
        self._in_force.update(values)
        self._latest.update(values)

    def most(self, identifier: int) -> int:
        """The most that the peer may rightly assume of a setting that has a default."""
        most = self._in_force[identifier]
        for values in self._sent:
            for key, value in values:
                if key == identifier and value > most:
                    most = value
        return most


class PeerSettings:
    """What the peer announced; in force as soon as it is received."""

    __slots__ = ("_in_force", "frame_octets_max", "in_force")

    def __init__(self) -> None:
        self._in_force = _DEFAULTS.copy()
        self.in_force: Mapping[int, int] = MappingProxyType(self._in_force)
        self.frame_octets_max = _DEFAULTS[MAX_FRAME_SIZE]
        """The largest payload that may be sent."""

    def apply(self, values: SettingPairs) -> None:
        """Legal values; identifiers that nobody here knows are kept and mean nothing."""
        self._in_force.update(values)
        self.frame_octets_max = self._in_force[MAX_FRAME_SIZE]


def legal_announcement(values: Mapping[int, int], sender: Role, own: OwnSettings) -> SettingPairs:
    """The pairs of a SETTINGS frame; `IllegalSend` where a value must not be announced (now)."""
    pairs = tuple(zip(map(index, values), map(index, values.values()), strict=True))
    _check_pairs(pairs, sender)
    connect = values.get(ENABLE_CONNECT_PROTOCOL)
    if connect is not None and connect < own.latest[ENABLE_CONNECT_PROTOCOL]:
        raise IllegalSend("RFC8441-3-04", "ENABLE_CONNECT_PROTOCOL stays 1 once it was announced")
    return pairs


@lru_cache(ANNOUNCEMENTS)
def _check_pairs(values: SettingPairs, sender: Role) -> None:
    for identifier, value in values:
        if not (0 <= identifier <= IDENTIFIER_MAX and 0 <= value <= VALUE_MAX):
            reason = f"setting {identifier}={value} does not fit into 16 and 32 bits"
            raise IllegalSend("RFC9113-6.5-09", reason)
        fault = value_fault(identifier, value, sender)
        if fault is not None:
            server_push = fault.requirement == "RFC9113-6.5.2-09"
            requirement = "RFC9113-6.5.2-06" if server_push else fault.requirement
            raise IllegalSend(requirement, fault.reason)


@lru_cache(ANNOUNCEMENTS)
def read_announcement(payload: bytes, sender: Role) -> SettingPairs | Fault:
    """The pairs in the payload of a SETTINGS frame, or what the first illegal one earns."""
    values = tuple(SETTING.iter_unpack(payload))
    for identifier, value in values:
        if fault := value_fault(identifier, value, sender):
            return fault
    return values


def check_priorities_kept(values: Mapping[int, int], own: OwnSettings) -> None:
    """NO_RFC7540_PRIORITIES does not change after the first SETTINGS frame (RFC 9218 §2.1)."""
    present = own.latest[NO_RFC7540_PRIORITIES]
    if values.get(NO_RFC7540_PRIORITIES, present) != present:
        raise IllegalSend("RFC9218-2.1-04", "NO_RFC7540_PRIORITIES belongs in the first SETTINGS")
