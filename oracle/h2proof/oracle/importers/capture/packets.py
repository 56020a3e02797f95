"""What the two capture formats give: packets, one after the other, still in the reader's buffer."""

from typing import Final

from h2proof.oracle.importers.capture.linklayer import LinkDecoder

Packet = tuple[int, int, LinkDecoder, bytes, int, int, int]
"""Number as Wireshark counts (from 1), nanoseconds since 1970, decoder of its link layer, then the
buffer with the packet from start to end, and how many octets of it were not captured."""

CAPTURED_OCTETS_MAX: Final = 1 << 20
"""Longer packets do not exist (Wireshark's limit is a quarter of it): the length is damaged."""
