"""The importer of what `tshark -T ek` prints: one JSON object a packet, each behind an index line."""

import json
from collections.abc import Iterator
from typing import Any

from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.logs.dissection import Packet, Values, connections
from h2proof.oracle.importers.logs.tshark_json import packet
from h2proof.oracle.importers.source import Source


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of the dissection."""
    text = source.text(options.limits.text_octets_max)
    yield from connections(_packets(text, source.name, account), account)


def _packets(text: str, name: str, account: Account) -> Iterator[Packet]:
    found = False
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            layers = json.loads(line).get("layers")
            if layers is not None:
                yield _packet(layers)
                found = True
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            account.damaged(f"line {number} is no packet of tshark's")
    if not found:
        raise CannotRead(f"{name}: lines of JSON of which none is a packet of tshark's")


def _packet(layers: dict[str, Any]) -> Packet:
    values: Values = {}
    for layer in ("frame", "ip", "ipv6", "tcp"):
        _collect(layer, layers.get(layer), values)
    if "tls" in layers:
        values["tls"] = []
    found = layers.get("http2")
    frames = []
    for each in found if isinstance(found, list) else [found]:
        frame: Values = {}
        _collect("http2", each, frame)
        if "http2_type" in frame or "http2_magic" in frame:
            frames.append(frame)
    return packet(values, frames)


def _collect(layer: str, content: Any, values: Values) -> None:
    """The values of a layer; their names repeat that of the layer."""
    if not isinstance(content, dict):
        return
    for name, value in content.items():
        entries = value if isinstance(value, list) else [value]
        short = name.removeprefix(f"{layer}_")
        values.setdefault(short, []).extend(str(each) for each in entries if each is not None)
