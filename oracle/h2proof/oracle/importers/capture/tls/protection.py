"""From a secret to the plaintext of records: the key schedules of TLS 1.2 and 1.3, and AEAD.

The secrets come from a key log, so no handshake has to be computed. The cipher itself is the
library's, imported when the first key is made. Sequence numbers are the caller's.
"""

from __future__ import annotations  # the types of the ciphers are for the type checker only

import hmac
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.oracle.importers.capture.tls.suites import Suite

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

    Aead = AESGCM | AESCCM | ChaCha20Poly1305

_IV_OCTETS: Final = 12
_SALT_OCTETS: Final = 4
"""The part of the nonce that TLS 1.2 derives for AES; the rest travels with each record."""
_EXPLICIT_OCTETS: Final = 8
_AAD_12: Final = Struct(">QBHH").pack
_VERSION_12: Final = 0x0303


class Plain(NamedTuple):
    """What was inside a record: its content type, its octets."""

    kind: int
    octets: bytes


class Protection:
    """The keys of one direction from one moment on."""

    __slots__ = ("_aead", "_explicit", "_invalid", "_iv", "_tls13", "overhead", "secret", "suite")

    def __init__(self, suite: Suite, key: bytes, iv: bytes, *, secret: bytes = b"") -> None:
        from cryptography.exceptions import InvalidTag

        self.suite = suite
        self.secret = secret
        """That of TLS 1.3, from which the next one follows at a key update."""
        self._invalid = InvalidTag
        self._aead = _aead(suite, key)
        self._iv = iv
        self._tls13 = bool(secret)
        self._explicit = _EXPLICIT_OCTETS if len(iv) == _SALT_OCTETS else 0
        """How much of the nonce stands in front of each record."""
        tag = 8 if suite.cipher == "ccm8" else 16
        self.overhead = tag + self._explicit + self._tls13
        """By so much a record is at least longer than what is in it."""

    def open(self, header: bytes, record: bytes, number: int) -> Plain | None:
        """The content of the record with this sequence number; None if the keys do not fit."""
        length = len(record) - self.overhead
        if length < 0:
            return None
        explicit = self._explicit
        if explicit:
            nonce, record = self._iv + record[:explicit], record[explicit:]
        else:
            nonce = (int.from_bytes(self._iv, "big") ^ number).to_bytes(_IV_OCTETS, "big")
        kind = header[0]
        aad = header if self._tls13 else _AAD_12(number, kind, _VERSION_12, length)
        try:
            plain = self._aead.decrypt(nonce, record, aad)
        except self._invalid:
            return None
        if not self._tls13:
            return Plain(kind, plain)
        content = plain.rstrip(b"\x00")  # what pads a record of TLS 1.3 stands behind the type
        return Plain(content[-1], content[:-1]) if content else Plain(0, b"")

    def updated(self) -> Protection:
        """The keys after a key update (RFC 8446 §7.2)."""
        suite = self.suite
        size = len(self.secret)
        return protection_13(suite, _expand(suite.hash, self.secret, b"traffic upd", size))


def _aead(suite: Suite, key: bytes) -> Aead:
    from cryptography.hazmat.primitives.ciphers import aead

    if suite.cipher == "gcm":
        return aead.AESGCM(key)
    if suite.cipher == "chacha":
        return aead.ChaCha20Poly1305(key)
    return aead.AESCCM(key, 8 if suite.cipher == "ccm8" else 16)


def protection_13(suite: Suite, secret: bytes) -> Protection:
    """The keys that follow from a traffic secret (RFC 8446 §7.3)."""
    key = _expand(suite.hash, secret, b"key", suite.key_octets)
    iv = _expand(suite.hash, secret, b"iv", _IV_OCTETS)
    return Protection(suite, key, iv, secret=secret)


def _expand(hash_name: str, secret: bytes, label: bytes, octets: int) -> bytes:
    """HKDF-Expand-Label without a context (RFC 8446 §7.1)."""
    label = b"tls13 " + label
    info = octets.to_bytes(2, "big") + bytes((len(label),)) + label + b"\x00"
    block = result = b""
    while len(result) < octets:
        count = len(result) // max(1, len(block)) + 1
        block = hmac.digest(secret, block + info + bytes((count,)), hash_name)
        result += block
    return result[:octets]


def protection_12(
    suite: Suite, master: bytes, client_random: bytes, server_random: bytes, *, client: bool
) -> Protection:
    """The keys of one side that follow from a master secret (RFC 5246 §6.3)."""
    iv_octets = _IV_OCTETS if suite.cipher == "chacha" else _SALT_OCTETS
    size = suite.key_octets
    block = _prf(
        suite.hash, master, b"key expansion" + server_random + client_random, 2 * (size + iv_octets)
    )
    key = block[:size] if client else block[size : 2 * size]
    ivs = block[2 * size :]
    return Protection(suite, key, ivs[:iv_octets] if client else ivs[iv_octets:])


def _prf(hash_name: str, secret: bytes, seed: bytes, octets: int) -> bytes:
    """P_hash of RFC 5246 §5; `seed` begins with the label."""
    result, link = b"", seed
    while len(result) < octets:
        link = hmac.digest(secret, link, hash_name)
        result += hmac.digest(secret, link + seed, hash_name)
    return result[:octets]
