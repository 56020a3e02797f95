"""The newer capture format: sections of blocks, with interfaces, packets and TLS secrets.

Both byte orders, several sections and interfaces, any time resolution; options are passed over
but for those of the time stamps. A block whose lengths contradict each other costs the octets up to
the next block that looks sound, not the rest of the file.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import Final

from h2proof.oracle.importers.capture.linklayer import LINK_LAYERS, LinkDecoder, unknown
from h2proof.oracle.importers.capture.packets import CAPTURED_OCTETS_MAX, Packet
from h2proof.oracle.importers.capture.window import Window
from h2proof.oracle.importers.imported import Account, CannotRead
from h2proof.oracle.importers.source import Source

SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
PACKET: Final = 2
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6
JOURNAL_ENTRY: Final = 9
SECRETS: Final = 10

KEY_LOG: Final = 0x544C534B
"""The type of secrets that is an NSS key log."""

_MAGIC: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_BLOCK_OCTETS_MAX: Final = 16 << 20
_SECOND_NS: Final = 1_000_000_000
_AT_MAX: Final = 1 << 62
"""Time stamps are kept in 64 bits; one far outside of them is damaged, and no time at all."""
_MICROSECONDS: Final = 6
_OPTION_RESOLUTION: Final = 9
_OPTION_OFFSET: Final = 14


def recognise(head: bytes) -> bool:
    """Whether these octets start a capture of this format."""
    return head[:4] == b"\x0a\x0d\x0d\x0a" and (len(head) < 12 or head[8:12] in _MAGIC)


class _Interface:
    """What an Interface Description Block says, as far as a packet needs it."""

    __slots__ = ("_base", "_offset_ns", "_per_second", "decoder", "link", "snap_octets")

    def __init__(self, link: int, snap_octets: int, resolution: int, offset_seconds: int) -> None:
        self.link = link
        self.decoder: LinkDecoder = LINK_LAYERS.get(link, unknown)
        self.snap_octets = snap_octets or CAPTURED_OCTETS_MAX
        exponent = resolution & 0x7F
        self._per_second = 1 << exponent if resolution & 0x80 else 10**exponent
        self._offset_ns = offset_seconds * _SECOND_NS

    def at(self, high: int, low: int) -> int:
        """A time stamp in nanoseconds."""
        at = (high << 32 | low) * _SECOND_NS // self._per_second + self._offset_ns
        return at if -_AT_MAX < at < _AT_MAX else 0


class _Section:
    """The byte order of a section and its interfaces."""

    __slots__ = ("enhanced", "header", "interfaces", "obsolete", "order", "u32")

    def __init__(self, order: str) -> None:
        self.order = order
        self.header = Struct(order + "II").unpack_from
        self.u32 = Struct(order + "I").unpack_from
        self.enhanced = Struct(order + "IIIII").unpack_from
        self.obsolete = Struct(order + "HHIIII").unpack_from
        self.interfaces: list[_Interface] = []


def packets(
    source: Source, account: Account, on_key_log: Callable[[bytes], None]
) -> Iterator[Packet]:
    """The packets of a capture, to its end or to where it is cut off.

    `on_key_log` is given each key log that the capture carries, where it stands.
    """
    window = Window(source)
    if not window.more(0, 12) or window.octets[8:12] not in _MAGIC:
        raise CannotRead(f"{source.name}: a pcapng file that ends inside its first block")
    section = _Section(_MAGIC[window.octets[8:12]])
    octets, size, offset, number = window.octets, len(window.octets), 0, 0
    while True:
        if offset + 12 > size:
            if not window.more(offset, 12):
                break
            octets, offset = window.octets, 0
            size = len(octets)
        kind, length = section.header(octets, offset)
        if kind == SECTION:
            order = _MAGIC.get(octets[offset + 8 : offset + 12])
            if order is not None:
                section = _Section(order)
                kind, length = section.header(octets, offset)
        if length & 3:  # some writers forget the padding; the block ends at the next multiple
            length = 0
        sound = 12 <= length <= _BLOCK_OCTETS_MAX
        if sound and offset + length > size:
            sound = window.more(offset, length)
            octets, offset = window.octets, 0
            size = len(octets)
        end = offset + length
        if not sound or section.u32(octets, end - 4)[0] != length:
            found = _next_block(window, offset, section, account, number)
            if found is None:
                return
            octets, offset = window.octets, found
            size = len(octets)
            continue
        if kind == ENHANCED_PACKET:
            number += 1
            if length >= 32:
                which, high, low, captured, original = section.enhanced(octets, offset + 8)
                start = offset + 28
                if captured <= length - 32 and which < len(section.interfaces):
                    interface = section.interfaces[which]
                    missing = original - captured if original > captured else 0
                    at = interface.at(high, low)
                    yield number, at, interface.decoder, octets, start, start + captured, missing
                else:
                    account.damaged(f"packet {number} names a length or interface that is not")
            else:
                account.damaged(f"packet {number} is too short to be one")
        elif kind == INTERFACE:
            interface = _interface(octets, offset, end, section)
            section.interfaces.append(interface)
            if interface.decoder is unknown:
                account.damaged(f"link type {interface.link} is not read")
        elif kind in (SIMPLE_PACKET, PACKET):
            number += 1
            packet = _other_packet(kind, number, octets, offset, end, section)
            if packet is None:
                account.damaged(f"packet {number} names a length or interface that is not")
            else:
                yield packet
        elif kind == SECRETS:
            _secrets(octets, offset, end, section, on_key_log)
        elif kind == JOURNAL_ENTRY:  # no packet, but Wireshark gives it a number
            number += 1
            account.skip("systemd journal entry")
        offset = end
    if size > offset:
        account.damaged(f"the file is cut off behind packet {number}")


def _interface(octets: bytes, offset: int, end: int, section: _Section) -> _Interface:
    if end - offset < 20:
        return _Interface(0xFFFF, 0, _MICROSECONDS, 0)
    link, snap_octets = Struct(section.order + "HxxI").unpack_from(octets, offset + 8)
    resolution, offset_seconds = _MICROSECONDS, 0
    option = Struct(section.order + "HH").unpack_from
    place, stop = offset + 16, end - 4
    while place + 4 <= stop:
        code, length = option(octets, place)
        value = octets[place + 4 : min(place + 4 + length, stop)]
        if code == 0:
            break
        if code == _OPTION_RESOLUTION and len(value) == 1:
            resolution = value[0]
        elif code == _OPTION_OFFSET and len(value) == 8:
            offset_seconds = Struct(section.order + "q").unpack(value)[0]
        place += 4 + (length + 3 & ~3)
    return _Interface(link, snap_octets, resolution, offset_seconds)


def _other_packet(
    kind: int, number: int, octets: bytes, offset: int, end: int, section: _Section
) -> Packet | None:
    """A packet of the simple kind (no time, first interface) or of the obsolete one."""
    room, at = end - offset, 0
    if kind == SIMPLE_PACKET:
        if room < 16 or not section.interfaces:
            return None
        interface = section.interfaces[0]
        original = section.u32(octets, offset + 8)[0]
        captured = min(original, interface.snap_octets, room - 16)
        start = offset + 12
    else:
        if room < 32:
            return None
        which, _, high, low, captured, original = section.obsolete(octets, offset + 8)
        if which >= len(section.interfaces) or captured > room - 32:
            return None
        interface = section.interfaces[which]
        at, start = interface.at(high, low), offset + 28
    missing = max(0, original - captured)
    return number, at, interface.decoder, octets, start, start + captured, missing


def _secrets(
    octets: bytes, offset: int, end: int, section: _Section, on_key_log: Callable[[bytes], None]
) -> None:
    if end - offset < 20:
        return
    kind, length = section.header(octets, offset + 8)
    if kind == KEY_LOG:
        on_key_log(octets[offset + 16 : min(offset + 16 + length, end - 4)])


def _next_block(
    window: Window, offset: int, section: _Section, account: Account, number: int
) -> int | None:
    """Where the next sound block with a packet or a section starts in the window, or None.

    Blocks start at multiples of four octets of the file, and say their length at both ends.
    """
    needles = [Struct(section.order + "I").pack(ENHANCED_PACKET), b"\x0a\x0d\x0d\x0a"]
    lost, place = 0, offset + 1
    while True:
        hit = _sound_block(window, place, section, needles)
        if hit is not None:
            lost += hit - offset
            account.damaged(f"{lost} damaged octets behind packet {number} were passed over")
            return hit
        # a block may straddle the end of the buffer: keep a packet's length, then read on
        keep = max(offset, len(window.octets) - CAPTURED_OCTETS_MAX)
        lost += keep - offset
        fresh = len(window.octets) - keep
        if not window.more(keep, fresh + 1):
            account.damaged(f"damaged behind packet {number}: nothing more could be read")
            return None
        offset, place = 0, max(0, fresh - CAPTURED_OCTETS_MAX)


def _sound_block(window: Window, place: int, section: _Section, needles: list[bytes]) -> int | None:
    octets, best = window.octets, None
    for needle in needles:
        hit = octets.find(needle, place)
        while hit >= 0 and (best is None or hit < best):
            if not (window.before + hit) & 3 and _ends_as_it_starts(octets, hit, section):
                best = hit
                break
            hit = octets.find(needle, hit + 1)
    return best


def _ends_as_it_starts(octets: bytes, offset: int, section: _Section) -> bool:
    if offset + 12 > len(octets):
        return False
    _, length = section.header(octets, offset)
    end = offset + length
    return (
        12 <= length <= CAPTURED_OCTETS_MAX
        and not length & 3
        and end <= len(octets)
        and bool(section.u32(octets, end - 4)[0] == length)
    )
