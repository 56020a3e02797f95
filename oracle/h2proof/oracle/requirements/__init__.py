"""The requirement inventory: what the RFCs ask for, one JSON object a requirement, as data.

Covers RFC 9113, 7541, 9218, 8441, 8336, 8297, 7838 and what of RFC 7540 is superseded. Read when
somebody first asks. Who answers a requirement, and how, is the catalogue's affair.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

RFCS: Final = (9113, 7541, 9218, 8441, 8336, 8297, 7838, 7540)
"""The order in which they are listed: the protocol, its compression, extensions, the past."""

WIRE: Final = frozenset({"frame", "bytes", "hpack", "semantics"})
"""What can be seen in the octets of one connection; `local`, `config` and `timing` cannot."""

SHOULDS: Final = frozenset({"SHOULD", "SHOULD_NOT", "RECOMMENDED", "NOT_RECOMMENDED"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One entry. `scope`, `code` and `alternatives` say what may answer a violation."""

    id: str
    section: str
    level: str
    kind: str
    status: str
    actor: str
    frame_types: tuple[str, ...]
    summary: str
    observable: str
    scope: str
    code: str | None
    alternatives: tuple[str, ...]
    violating_example: str
    compliant_example: str
    related: tuple[str, ...]
    notes: str
    superseded_by: tuple[str, ...]

    @property
    def rfc(self) -> int:
        """The number of the RFC that it stands in."""
        return int(self.id[3 : self.id.index("-")])

    @property
    def current(self) -> bool:
        """False for what only RFC 7540 asked for."""
        return self.status == "current"

    @property
    def on_the_wire(self) -> bool:
        """Whether the octets of one connection can show it."""
        return self.observable in WIRE


@cache
def inventory() -> Mapping[str, Requirement]:
    """All requirements by id, in the order of `RFCS` and of their sections."""
    entries = (_requirement(data) for rfc in RFCS for data in _read(rfc))
    return MappingProxyType({each.id: each for each in entries})


def observable() -> tuple[Requirement, ...]:
    """Those that the wire can show, current and superseded."""
    return tuple(each for each in inventory().values() if each.on_the_wire)


def _read(rfc: int) -> list[dict[str, Any]]:
    text = files(__package__).joinpath(f"rfc{rfc}.json").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = json.loads(text)
    return entries


def _requirement(data: dict[str, Any]) -> Requirement:
    by = data.get("superseded_by", [])
    return Requirement(
        data["id"],
        data["section"],
        data["level"],
        data["kind"],
        data["status"],
        data["actor"],
        tuple(data["frame_types"]),
        data["summary"],
        data["observable"],
        data["enforcement"]["scope"],
        data["enforcement"]["code"],
        tuple(data["enforcement"]["alternatives"]),
        data["violating_example"],
        data["compliant_example"],
        tuple(data["related"]),
        data["notes"],
        (by,) if isinstance(by, str) else tuple(by),
    )
