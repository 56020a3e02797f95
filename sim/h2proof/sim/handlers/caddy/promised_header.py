"""The header map of promised requests: `initializePushHeaders` and the header operations (§1.2).

The map shares its values with the request (C10). So replacing changes the client's own request
(C12), and appending can write where another push handler's map looks (C13). Nothing repairs that.
"""

from typing import Final

from h2proof.sim.handlers.header import Header, Slice, canonical
from h2proof.sim.handlers.options import HeaderChanges

GUARD: Final = "Caddy-Push"
SAFE: Final = ("Accept-Encoding", "Accept-Language", "Accept", "Cache-Control", "User-Agent")


def initialize_push_headers(request: Header, changes: HeaderChanges) -> Header:
    """A fresh map: the guard, the safe fields of the request, then the configured operations."""
    header = Header({GUARD: ["1"]})  # C9
    for name in SAFE:
        if name in request:
            header[name] = request[name].share()  # C10
    _apply(changes, header)
    return header


def _apply(changes: HeaderChanges, header: Header) -> None:
    """C11: delete everything, add, set, delete, replace."""
    if "*" in changes.delete:
        header.clear()
    for name, value in changes.add:
        header.add(name, value)
    for name, value in changes.set:
        header[name] = Slice((value,))
    for pattern in changes.delete:
        for name in [name for name in header if _matches(pattern, name)]:
            del header[name]
    for name, old, new in changes.replace:
        values = header.get(canonical(name), Slice())
        for place, value in enumerate(values):
            values[place] = value.replace(old, new)


def _matches(pattern: str, name: str) -> bool:
    """Exact, or prefix, suffix or substring with `*`, whatever the case."""
    pattern, name = pattern.lower(), name.lower()
    starts, ends = pattern.endswith("*"), pattern.startswith("*")
    text = pattern.strip("*")
    if starts and ends:
        return text in name
    if starts:
        return name.startswith(text)
    if ends:
        return name.endswith(text)
    return canonical(name) == canonical(pattern)
