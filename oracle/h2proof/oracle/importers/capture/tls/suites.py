"""The cipher suites that can be read: those with AEAD, the only ones that HTTP/2 allows over TLS.

A row says how keys are made and used, nothing about where they come from.
"""

from typing import Final, Literal, NamedTuple

Cipher = Literal["gcm", "ccm", "ccm8", "chacha"]


class Suite(NamedTuple):
    """Hash of the key schedule, cipher, octets of its key."""

    hash: Literal["sha256", "sha384"]
    cipher: Cipher
    key_octets: int


_GCM_128: Final = Suite("sha256", "gcm", 16)
_GCM_256: Final = Suite("sha384", "gcm", 32)
_CHACHA: Final = Suite("sha256", "chacha", 32)

SUITES: Final[dict[int, Suite]] = {
    # TLS 1.3 (RFC 8446 appendix B.4)
    0x1301: _GCM_128,
    0x1302: _GCM_256,
    0x1303: _CHACHA,
    0x1304: Suite("sha256", "ccm", 16),
    0x1305: Suite("sha256", "ccm8", 16),
    # TLS 1.2: DHE and ECDHE with AES-GCM (RFC 5288, 5289, 5487, 8442)
    0x009E: _GCM_128,
    0x009F: _GCM_256,
    0x00A2: _GCM_128,
    0x00A3: _GCM_256,
    0x00AA: _GCM_128,
    0x00AB: _GCM_256,
    0xC02B: _GCM_128,
    0xC02C: _GCM_256,
    0xC02F: _GCM_128,
    0xC030: _GCM_256,
    0xD001: _GCM_128,
    0xD002: _GCM_256,
    # with ChaCha20-Poly1305 (RFC 7905)
    0xCCA8: _CHACHA,
    0xCCA9: _CHACHA,
    0xCCAA: _CHACHA,
    0xCCAC: _CHACHA,
    0xCCAD: _CHACHA,
    # with AES-CCM (RFC 6655, 7251)
    0xC09E: Suite("sha256", "ccm", 16),
    0xC09F: Suite("sha256", "ccm", 32),
    0xC0AC: Suite("sha256", "ccm", 16),
    0xC0AD: Suite("sha256", "ccm", 32),
    0xC0AE: Suite("sha256", "ccm8", 16),
    0xC0AF: Suite("sha256", "ccm8", 32),
}
