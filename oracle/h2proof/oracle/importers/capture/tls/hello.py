"""What the handshake says in clear, or once decrypted, as far as reading on needs it."""

from struct import Struct, error
from typing import Final, NamedTuple

_U16: Final = Struct(">H").unpack_from
_SUPPORTED_VERSIONS: Final = 43
_ALPN: Final = 16
_EARLY_DATA: Final = 42
_TLS_13: Final = 0x0304
_RETRY: Final = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""The random of a ServerHello that asks for another ClientHello (RFC 8446 §4.1.3)."""


class ClientHello(NamedTuple):
    """Random, protocols offered by ALPN, whether early data follow."""

    random: bytes
    protocols: tuple[str, ...] | None
    early_data: bool


class ServerHello(NamedTuple):
    """Random, cipher suite, version, and the protocol where it is told in clear."""

    random: bytes
    suite: int
    tls13: bool
    retry: bool
    protocol: str | None


class Extensions(NamedTuple):
    """What the server's encrypted extensions say."""

    protocol: str | None
    early_data: bool


def client_hello(body: bytes) -> ClientHello | None:
    """A ClientHello; None for octets that are none."""
    try:
        offset = 34 + 1 + body[34]
        offset += 2 + _U16(body, offset)[0]
        offset += 1 + body[offset]
        extensions = _extensions(body, offset)
    except (error, IndexError):
        return None
    offered = extensions.get(_ALPN)
    protocols = None if offered is None else tuple(_protocols(offered))
    return ClientHello(body[2:34], protocols, _EARLY_DATA in extensions)


def server_hello(body: bytes) -> ServerHello | None:
    """A ServerHello; None for octets that are none."""
    try:
        offset = 34 + 1 + body[34]
        suite = _U16(body, offset)[0]
        extensions = _extensions(body, offset + 3)
        chosen = extensions.get(_SUPPORTED_VERSIONS)
        tls13 = chosen is not None and _U16(chosen)[0] == _TLS_13
    except (error, IndexError):
        return None
    random = body[2:34]
    return ServerHello(random, suite, tls13, random == _RETRY, _protocol(extensions))


def encrypted_extensions(body: bytes) -> Extensions | None:
    """EncryptedExtensions (RFC 8446 §4.3.1); None for octets that are none."""
    try:
        extensions = _extensions(body, 0)
    except (error, IndexError):
        return None
    return Extensions(_protocol(extensions), _EARLY_DATA in extensions)


def _extensions(body: bytes, offset: int) -> dict[int, bytes]:
    if offset >= len(body):
        return {}
    stop = min(offset + 2 + _U16(body, offset)[0], len(body))
    offset += 2
    found = {}
    while offset + 4 <= stop:
        kind, size = _U16(body, offset)[0], _U16(body, offset + 2)[0]
        found[kind] = body[offset + 4 : min(offset + 4 + size, stop)]
        offset += 4 + size
    return found


def _protocols(value: bytes) -> list[str]:
    names, offset = [], 2
    while offset < len(value):
        size = value[offset]
        names.append(value[offset + 1 : offset + 1 + size].decode("ascii", "replace"))
        offset += 1 + size
    return names


def _protocol(extensions: dict[int, bytes]) -> str | None:
    names = _protocols(extensions.get(_ALPN, b""))
    return names[0] if names else None
