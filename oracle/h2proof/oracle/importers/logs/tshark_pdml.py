"""The importer of what `tshark -T pdml` prints."""

from collections.abc import Iterator
from io import StringIO
from typing import Final
from xml.etree import ElementTree

from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.logs.dissection import Packet, Values, connections
from h2proof.oracle.importers.logs.tshark_json import packet
from h2proof.oracle.importers.source import Source

_LOWER: Final = frozenset({"geninfo", "frame", "ip", "ipv6", "tcp", "tls"})
_OCTETS: Final = frozenset(
    {"http2.headers", "http2.push_promise.header", "http2.continuation.header", "http2.ping"}
)
"""Fields of which the octets are wanted, not what is shown."""


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of the dissection."""
    text = source.text(options.limits.text_octets_max)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # tshark writes none, and they can be bombs
        raise CannotRead(f"{source.name}: XML with declarations of its own, which no PDML has")
    yield from connections(_packets(text, source.name, account), account)


def _packets(text: str, name: str, account: Account) -> Iterator[Packet]:
    found = False
    try:
        for _, element in ElementTree.iterparse(StringIO(text)):
            if element.tag == "packet":
                yield _packet(element)
                found = True
                element.clear()
    except (ElementTree.ParseError, ValueError) as error:
        if not found:
            raise CannotRead(f"{name}: PDML that cannot be read ({error})") from None
        account.damaged(f"the PDML is cut off or damaged ({error})")


def _packet(element: ElementTree.Element) -> Packet:
    values: Values = {}
    frames = []
    for layer in element.iterfind("proto"):
        name = layer.get("name", "")
        if name == "http2":
            for stream in layer.iterfind("field[@name='http2.stream']"):
                frame: Values = {}
                _collect(stream, frame)
                frames.append(frame)
        elif name in _LOWER:
            values.setdefault(name, [])
            _collect(layer, values)
    return packet(values, frames)


def _collect(element: ElementTree.Element, values: Values) -> None:
    for field in element.iter("field"):
        name = field.get("name", "")
        shown = field.get("value" if name in _OCTETS else "show", "")
        values.setdefault(name.replace(".", "_"), []).append(shown)
