"""One direction's field blocks: put together, decoded once, with the sender's table.

Knows RFC 7541's table, not what a message is. After a loss, or when the capture joined late, what
cannot be known stays unknown and decoding goes on. A block that does not decode is a complaint of
its sender's; the table means nothing from there.
"""

from typing import Final

from hpack.exceptions import HPACKError
from hpack.hpack import decode_integer

from h2proof.oracle.replay.sent import CONTINUATION, Section, Sent
from h2proof.sim.frames import Continuation, Headers, PushPromise
from h2proof.sim.hpack import FieldDecoder, Fields, LateDecoder, Undecodable, representations

BLOCK_OCTETS_MAX: Final = 1 << 22
"""A block beyond this size is not kept: its table is lost, which is `unknown`."""
TABLE_OCTETS_MAX: Final = 1 << 24
"""The largest table that is followed."""


class Blocks:
    """Takes a sender's frames of field blocks in order; gives a `Section` when one is complete."""

    __slots__ = ("_late", "_octets", "_parts", "_whole", "ahead", "decode", "lost", "opener")

    def __init__(self, *, late: bool = False) -> None:
        self.opener: Sent | None = None
        """The frame whose block is not complete yet."""
        self.lost = late
        """The table is not, or no longer, the sender's."""
        self._parts: list[bytes] = []
        self._octets = 0
        self._whole = FieldDecoder(table_size_max=TABLE_OCTETS_MAX)
        self.decode = self._whole.decode
        """Decode a whole block, which may go on to `ahead`."""
        self._late: LateDecoder | None = LateDecoder() if late else None
        self.ahead: Fields | Undecodable | None = None
        """What the next block says, if somebody has decoded it already; it is not decoded again."""

    def take(self, sent: Sent) -> Section | None:
        """Add a frame that its sender's order allows; the section if the block is complete."""
        opener = self.opener
        if sent.cut_off or (sent.type == CONTINUATION and opener is not None and opener.cut_off):
            return self._take_told(sent)
        frame = sent.frame
        if not isinstance(frame, Headers | PushPromise | Continuation):
            return None
        if not isinstance(frame, Continuation):
            self.opener, self._parts, self._octets = sent, [], 0
        if self.opener is None:
            return None
        self._octets += len(frame.fragment)
        if self._octets <= BLOCK_OCTETS_MAX:
            self._parts.append(frame.fragment)
        if not frame.end_headers:
            return None
        section = Section(self.opener)
        if self._octets <= BLOCK_OCTETS_MAX:
            self._decode(section, b"".join(self._parts))
            section.of = self.opener.name if section.complaint else ""
        else:
            self.lose()
        self.opener, self._parts = None, []
        return section

    def _take_told(self, sent: Sent) -> Section | None:
        """A frame without its octets: a log may have told the fields, the table is lost."""
        self.lose()
        if sent.type != CONTINUATION:
            self.opener, self._parts, self._octets = sent, [], 0
        opener = self.opener
        if opener is None or not sent.ends_headers:
            return None
        self.opener = None
        section = Section(opener)
        section.told = True
        section.fields = opener.told.fields if opener.told is not None else None
        return section

    def abandon(self) -> None:
        """The open block will not be completed; its part of the table is missing."""
        self.opener, self._parts = None, []
        self.lose()

    def lose(self) -> None:
        """From here the table is not the sender's."""
        if not self.lost:
            self.lost = True
            self._late = LateDecoder()

    @property
    def table_size(self) -> int:
        """The maximum that the sender chose last; 4096 before any size update."""
        return self._whole.table_size

    def _decode(self, section: Section, block: bytes) -> None:
        section.updates = leading_updates(block)
        fields: tuple[tuple[bytes | None, bytes | None], ...] | Undecodable
        ahead, self.ahead = self.ahead, None
        if any(update > TABLE_OCTETS_MAX for update in section.updates):
            self.lose()
        if ahead is not None:
            fields = ahead
        elif self._late is not None:
            fields = self._late.decode(block)
        else:
            fields = self.decode(block)
        if not isinstance(fields, Undecodable):
            section.fields = fields
            return
        self.lose()
        if not fields.oversized:
            section.complaint = fields.reason
            section.reason = reason_of(block)


def reason_of(block: bytes) -> str:
    """Why a block does not decode: a look without any table at what it says."""
    fields = 0
    try:
        for item in representations(block):
            if item.kind == "size":
                if fields:
                    return "late update"
                continue
            fields += 1
            if item.kind == "indexed" and not item.index:
                return "zero"
    except HPACKError as error:
        text = str(error).lower()
        return "huffman" if "huffman" in text else "integer"
    return "index"


def leading_updates(block: bytes) -> tuple[int, ...]:
    """The dynamic table size updates at the start of a block (RFC 7541 §6.3)."""
    if not block or block[0] & 0xE0 != 0x20:
        return ()
    found = []
    offset = 0
    while offset < len(block) and block[offset] & 0xE0 == 0x20:
        try:
            size, used = decode_integer(block[offset:], 5)
        except HPACKError:
            break
        found.append(size)
        offset += used
        if len(found) > 16:
            break
    return tuple(found)
