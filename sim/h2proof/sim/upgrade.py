"""HTTP/1.1 → HTTP/2 on a cleartext connection (RFC 7540 §3.2; RFC 9113 deprecates it).

The request that asked for the upgrade becomes stream 1, half-closed for its client, and the
HTTP2-Settings field stands for the client's first settings. The HTTP/1.1 messages themselves, and
the 101 response, are not known here.
"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Final

from h2proof.sim.notices import SettingPairs
from h2proof.sim.settings import value_fault

UPGRADED_STREAM: Final = 1

_SETTING: Final = Struct(">HL")


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The upgraded request, as far as HTTP/2 has to know it."""

    method: bytes = b"GET"
    settings: bytes = b""
    """The value of HTTP2-Settings."""


def write_settings_field(values: Iterable[tuple[int, int]]) -> bytes:
    """The HTTP2-Settings value: a SETTINGS payload in base64url without padding (§3.2.1)."""
    payload = b"".join(_SETTING.pack(identifier, value) for identifier, value in values)
    return urlsafe_b64encode(payload).rstrip(b"=")


def read_settings_field(value: bytes) -> SettingPairs:
    """The settings in an HTTP2-Settings value; ValueError, and so no upgrade, for any other."""
    try:
        payload = b64decode(value + b"=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"HTTP2-Settings is not base64url ({error}); do not upgrade") from None
    if len(payload) % _SETTING.size:
        raise ValueError(f"HTTP2-Settings holds {len(payload)} octets; do not upgrade")
    pairs = tuple(_SETTING.iter_unpack(payload))
    for identifier, number in pairs:
        if fault := value_fault(identifier, number, "client"):
            raise ValueError(f"HTTP2-Settings is not legal: {fault.reason}; do not upgrade")
    return pairs
