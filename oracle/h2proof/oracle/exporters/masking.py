"""Secret values out of the octets of a trace, and every length stays what it was.

A literal whose name is secret (authorization, cookie, ...) gets a value of asterisks. Where the
value was Huffman-coded, letters are chosen so that the code has the same number of octets and the
text the same number of letters; so frames, blocks and tables keep their sizes, and a block means
the same but for the secret. A literal whose name lies in a lost table is masked too.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from hpack.exceptions import HPACKError
from hpack.hpack import decode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman

from h2proof.sim.frames import END_HEADERS, FrameType
from h2proof.sim.hpack import LateDecoder, Undecodable
from h2proof.sim.notation.printer import fragment_of, joined_blocks
from h2proof.sim.notation.secrets import is_secret, masked
from h2proof.sim.trace import ConnectionInfo, FrameEvent, Sender, Trace

_HUFFMAN: Final = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)
_LETTERS: Final = {
    bits: next(letter for letter in order if REQUEST_CODES_LENGTH[letter] == bits)
    for order in [[*b"*-:", *range(0x21, 0x7F)]]
    for bits in sorted({REQUEST_CODES_LENGTH[letter] for letter in order})
}
"""For each code length a letter that has it, `*` for eight bits."""


def masked_trace(trace: Trace) -> Trace:
    """The trace with secret values masked in every field block that can be read."""
    joined = joined_blocks(trace)
    decoders: dict[tuple[int, Sender], LateDecoder] = {}
    rests: dict[tuple[int, Sender], bytes] = {}
    result = Trace(tuple(_masked_info(info) for info in trace.connections))
    for event in trace:
        if isinstance(event, FrameEvent):
            key = event.connection, event.sender
            event = _masked_frame(event, joined, decoders.setdefault(key, LateDecoder()), rests)
        result.append(event)
    return result


def has_secrets(trace: Trace) -> bool:
    """Whether masking changes anything."""
    return masked_trace(trace) != trace


def _masked_info(info: ConnectionInfo) -> ConnectionInfo:
    if info.upgrade_fields is None:
        return info
    return replace(info, upgrade_fields=masked(info.upgrade_fields))


def _masked_frame(
    event: FrameEvent,
    joined: dict[int, bytes],
    decoder: LateDecoder,
    rests: dict[tuple[int, Sender], bytes],
) -> FrameEvent:
    key = event.connection, event.sender
    if event.told is not None and event.told.fields is not None:
        return replace(event, told=replace(event.told, fields=masked(event.told.fields)))
    if event.elided or event.type not in _WITH_BLOCK:
        return event
    fragment = fragment_of(event)
    if event.type == FrameType.CONTINUATION:
        rest = rests.get(key, b"")
        rests[key] = rest[len(fragment) :]
        return replace(event, kept=rest[: len(fragment)]) if rest else event
    block = fragment if event.flags & END_HEADERS else joined.get(event.index)
    if block is None:
        rests.pop(key, None)
        return event
    changed = masked_block(block, decoder)
    rests[key] = changed[len(fragment) :]
    return _with_fragment(event, fragment, changed[: len(fragment)])


_WITH_BLOCK: Final = frozenset(
    {FrameType.HEADERS.value, FrameType.PUSH_PROMISE.value, FrameType.CONTINUATION.value}
)


def _with_fragment(event: FrameEvent, old: bytes, new: bytes) -> FrameEvent:
    if old == new:
        return event
    padding = getattr(event.frame, "padding", None)
    end = len(event.kept) - (0 if padding is None else len(padding))
    start = end - len(old)
    return replace(event, kept=event.kept[:start] + new + event.kept[end:])


class _Value(NamedTuple):
    """Where the value of a literal lies in its block: its length prefix, its octets, its end."""

    prefix: int
    start: int
    end: int
    huffman: bool


def masked_block(block: bytes, decoder: LateDecoder) -> bytes:
    """A whole block with its secret literals masked; `decoder` has read the blocks before."""
    lines = decoder.decode(block)
    if isinstance(lines, Undecodable):
        return block
    changed = bytearray(block)
    for (name, _), value in zip(lines, _values(block), strict=True):
        if value is not None and (name is None or is_secret(name)):
            changed[value.prefix : value.end] = _mask(block, value)
    return bytes(changed)


def _values(block: bytes) -> Iterator[_Value | None]:
    """For each line of a block the place of its literal value; None where it is indexed."""
    offset = 0
    while offset < len(block):
        first = block[offset]
        if first & 0x80:
            offset += decode_integer(block[offset:], 7)[1]
            yield None
        elif first & 0xE0 == 0x20:
            offset += decode_integer(block[offset:], 5)[1]
        else:
            index, used = decode_integer(block[offset:], 6 if first & 0x40 else 4)
            name = offset + used
            value = _string(block, name if index else _string(block, name).end)
            yield value
            offset = value.end


def _string(block: bytes, prefix: int) -> _Value:
    length, used = decode_integer(block[prefix:], 7)
    start = prefix + used
    if start + length > len(block):
        raise HPACKError("a string is cut off")
    return _Value(prefix, start, start + length, bool(block[prefix] & 0x80))


def _mask(block: bytes, value: _Value) -> bytes:
    coded = block[value.start : value.end]
    if value.huffman:
        text = _letters_of(len(decode_huffman(coded)), 8 * len(coded))
        same = _HUFFMAN.encode(text) if text else b""
        if len(same) == len(coded):
            return block[value.prefix : value.start] + same
    plain = bytes((block[value.prefix] & 0x7F,)) + block[value.prefix + 1 : value.start]
    return plain + b"*" * len(coded)


def _letters_of(count: int, bits: int) -> bytes:
    """`count` letters whose codes take as nearly `bits` bits as can be, never more."""
    letters = bytearray()
    for left in range(count, 0, -1):
        share = bits // left
        fitting = max((size for size in _LETTERS if size <= share), default=min(_LETTERS))
        letters.append(_LETTERS[fitting])
        bits -= fitting
    return bytes(letters)
