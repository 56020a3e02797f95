"""The importer of what `tshark -T json` prints, with repeated names or (`--no-duplicate-keys`) lists."""

import json
from collections.abc import Iterator
from typing import Any

from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.logs.dissection import Packet, Values, connections
from h2proof.oracle.importers.source import Source

Pairs = list[tuple[str, Any]]
"""An object with its names in order, for a name may come several times."""


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of the dissection."""
    text = source.text(options.limits.text_octets_max)
    try:
        data = json.loads(text, object_pairs_hook=list)
        packets = [_packet(_layers(entry)) for entry in data]
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        raise CannotRead(
            f"{source.name}: JSON of tshark that cannot be read ({type(error).__name__}: {error})"
        ) from None
    yield from connections(iter(packets), account)


def _layers(entry: Pairs) -> Pairs:
    layers: Pairs = dict(dict(entry)["_source"])["layers"]
    return layers


def _packet(layers: Pairs) -> Packet:
    values: Values = {}
    frames: list[Values] = []
    for name, layer in layers:
        if name == "http2":
            frames += _frames(layer)
        elif name in ("frame", "ip", "ipv6", "tcp", "tls"):
            flatten(name, layer, values)
    return packet(values, frames)


def packet(values: Values, frames: list[Values]) -> Packet:
    """A packet from the flat values of its lower layers."""

    def value(*names: str) -> str:
        return next((values[name][0] for name in names if values.get(name)), "")

    source = _end(value("ip_src", "ipv6_src"), value("tcp_srcport"))
    destination = _end(value("ip_dst", "ipv6_dst"), value("tcp_dstport"))
    number, seconds = value("frame_number"), value("frame_time_epoch")
    stream = value("tcp_stream") or "-".join(sorted((source, destination)))
    at = _nanoseconds(seconds)
    tls = "tls" in values
    return Packet(int(number) if number else None, at, source, destination, stream, tls, frames)


def _end(address: str, port: str) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole or 0) * 10**9 + int((fraction + "0" * 9)[:9])


def _frames(layer: Any) -> list[Values]:
    """The frames of a layer: with `--no-duplicate-keys` one layer holds a list of all."""
    if isinstance(layer, list) and layer and isinstance(layer[0], list):
        return [frame for each in layer for frame in _frames(each)]
    if isinstance(layer, list) and any(name == "http2.stream" for name, _ in layer):
        found = []
        for name, content in layer:
            if name == "http2.stream":
                found += _streams(content)
        return found
    return []


def _streams(content: Any) -> list[Values]:
    if isinstance(content, list) and content and isinstance(content[0], list):
        return [frame for each in content for frame in _streams(each)]
    values: Values = {}
    flatten("", content, values)
    return [values] if "http2_type" in values or "http2_magic" in values else []


def flatten(name: str, value: Any, values: Values) -> None:
    """Collect all values below, by their own names with underscores."""
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            values.setdefault(name.replace(".", "_"), [])
            for inner, content in value:
                flatten(inner, content, values)
        else:
            for each in value:
                flatten(name, each, values)
    elif value is not None:
        values.setdefault(name.replace(".", "_"), []).append(str(value))
