"""What tshark's dissections have in common: packets with HTTP/2 frames as named values.

The four forms of output name the same values in different spellings; a reader brings them to one
(`http2.settings.id` becomes `http2_settings_id`), and this file puts the frames together. Where the
octets of a payload follow from the values, the frame has them; else only its header.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.importers.imported import Account, Imported
from h2proof.oracle.importers.logs.telling import (
    DEPENDENCY,
    SETTING,
    TWO_U32,
    U32,
    FieldLines,
    Telling,
    told_by,
    whole,
)
from h2proof.sim.trace import SENDERS, ConnectionInfo, Sender

Values = dict[str, list[str]]
"""The values of one frame by their names, several where a name comes several times."""

_PADDED, _PRIORITY = 0x08, 0x20
_MAGIC: Final = "http2_magic"
_SETTINGS: Final = {
    1: "header_table_size",
    2: "enable_push",
    3: "max_concurrent_streams",
    4: "initial_window_size",
    5: "max_frame_size",
    6: "max_header_list_size",
    8: "extended_connect",
    9: "no_rfc7540_priorities",
}
_UNTOLD: Final = (
    "the dissection holds the packets that it was asked for, in the order of the file; what TCP "
    "showed besides, lost octets and the connection's end among it, is not in it"
)


@dataclass(slots=True)
class Packet:
    """A packet of a dissection: who sent it, and the values of its HTTP/2 frames."""

    number: int | None
    at: int
    source: str
    destination: str
    stream: str
    """What tells connections apart: tcp.stream, or the two ends."""
    tls: bool
    frames: list[Values] = field(default_factory=list)


def connections(packets: Iterator[Packet], account: Account) -> Iterator[Imported]:
    """The connections of a dissection, in the order of their first packet."""
    seen: dict[str, list[Packet]] = {}
    for packet in packets:
        account.packets += 1
        if packet.frames:
            seen.setdefault(packet.stream, []).append(packet)
        else:
            account.skip("packets: without HTTP/2 in the dissection")
    for number, (name, group) in enumerate(seen.items()):
        imported = _connection(int(name) if name.isdecimal() else number, group, account)
        if imported is not None:
            yield imported


def _connection(number: int, packets: Sequence[Packet], account: Account) -> Imported | None:
    client = _client(packets)
    if client is None:
        account.skip("connections: HTTP/2 in which nothing tells the client from the server")
        return None
    first = next(each for each in packets if client in (each.source, each.destination))
    server = first.destination if first.source == client else first.source
    telling = Telling(ConnectionInfo(client, server, "tls" if first.tls else "h2c"))
    telling.unknown(_UNTOLD)
    if not any(_MAGIC in values for each in packets for values in each.frames):
        for side in SENDERS:
            telling.trace.cut(side, "late")
    for packet in packets:
        sender: Sender = "client" if packet.source == client else "server"
        for values in packet.frames:
            with told_by(account, f"packet {packet.number}"):
                _add(telling, sender, values, packet)
    return telling.imported(number)


def _client(packets: Sequence[Packet]) -> str | None:
    """The end that sent the preface, or what only a client or a server can send."""
    for packet in packets:
        if any(_MAGIC in values for values in packet.frames):
            return packet.source
    for packet in packets:
        for values in packet.frames:
            kind = _number(values, "type")
            names = values.get("http2_header_name", [])
            if kind == 5 or (kind == 1 and ":status" in names):
                return packet.destination
            if kind == 1 and ":method" in names:
                return packet.source
    return None


def _add(telling: Telling, sender: Sender, values: Values, packet: Packet) -> None:
    if _MAGIC in values:
        telling.trace.preface(at=packet.at, packet=packet.number)
        return
    kind, length = _number(values, "type"), _number(values, "length")
    flags, stream = _number(values, "flags"), _number(values, "streamid")
    if kind is None or length is None or flags is None or stream is None:
        telling.unknown("a frame of which the dissection shows no whole header")
        return
    build = _PAYLOADS.get(kind)
    payload = build(values, length, flags) if build is not None else b""
    fields = None
    if kind in (1, 5) and len(payload) < length:
        fields = _fields(values)
    at, number = packet.at, packet.number
    telling.frame(sender, kind, flags, stream, length, payload, fields=fields, packet=number, at=at)


# -- values --


def _number(values: Values, name: str) -> int | None:
    found = values.get(f"http2_{name}")
    return number_of(found[0]) if found else None


def number_of(text: str) -> int | None:
    """A number as tshark prints it: decimal, hexadecimal, or a truth value."""
    try:
        return int(text, 0)
    except ValueError:
        return {"True": 1, "true": 1, "False": 0, "false": 0}.get(text)


def _octets(values: Values, name: str) -> bytes:
    """Octets, where they are shown as such: of CONTINUATION, JSON has them as text, which loses."""
    found = values.get(f"http2_{name}", [""])[0].replace(":", "")
    try:
        return bytes.fromhex(found)
    except ValueError:
        return b""


def _fields(values: Values) -> FieldLines | None:
    names, contents = values.get("http2_header_name"), values.get("http2_header_value")
    if not names or not contents or len(names) != len(contents):
        return None
    return tuple((one.encode(), two.encode()) for one, two in zip(names, contents, strict=True))


# -- payloads --


def _dependency(values: Values) -> bytes:
    word = (_number(values, "stream_dependency") or 0) | (_number(values, "exclusive") or 0) << 31
    return DEPENDENCY(word, _number(values, "headers_weight") or 0)


def _headers(values: Values, length: int, flags: int) -> bytes:
    if flags & _PADDED:  # the octets of the padding are not shown
        return b""
    start = _dependency(values) if flags & _PRIORITY else b""
    return whole(start + _octets(values, "headers"), length) or start


def _settings(values: Values, length: int, flags: int) -> bytes:
    left = {name: iter(found) for name, found in values.items()}
    payload = b""
    for text in values.get("http2_settings_id", []):
        identifier = number_of(text) or 0
        name = f"http2_settings_{_SETTINGS.get(identifier, 'unknown')}"
        values_left = left.get(name) or left.get("http2_settings_unknown") or iter(())
        value = number_of(next(values_left, ""))
        if value is None:
            return b""
        payload += SETTING(identifier, value)
    return whole(payload, length)


def _promise(values: Values, length: int, flags: int) -> bytes:
    if flags & _PADDED:
        return b""
    start = U32(_number(values, "push_promise_promised_stream_id") or 0)
    return whole(start + _octets(values, "push_promise_header"), length) or start


def _goaway(values: Values, length: int, flags: int) -> bytes:
    start = TWO_U32(
        _number(values, "goaway_last_stream_id") or 0, _number(values, "goaway_error") or 0
    )
    return whole(start + _octets(values, "goaway_addata"), length) or start


def _word(name: str) -> Callable[[Values, int, int], bytes]:
    def build(values: Values, length: int, flags: int) -> bytes:
        number = _number(values, name)
        return b"" if number is None else whole(U32(number), length)

    return build


_PAYLOADS: Final[dict[int, Callable[[Values, int, int], bytes]]] = {
    1: _headers,
    2: lambda values, length, flags: whole(_dependency(values), length),
    3: _word("rst_stream_error"),
    4: _settings,
    5: _promise,
    6: lambda values, length, flags: whole(
        _octets(values, "ping") or _octets(values, "pong"), length
    ),
    7: _goaway,
    8: _word("window_update_window_size_increment"),
    9: lambda values, length, flags: whole(_octets(values, "continuation_header"), length),
}
"""By frame type; of DATA no verdict needs the content."""
