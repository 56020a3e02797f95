"""Values that nobody should read in a report: which fields they stand in, and their mask."""

from collections.abc import Iterable
from typing import Final

from h2proof.sim.hpack import FieldLine, Fields

SECRET_NAMES: Final = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"}
)


def is_secret(name: bytes | None) -> bool:
    """Whether the values of this field are masked; in whatever case its name is written."""
    return name is not None and name.lower() in SECRET_NAMES


def shown(name: bytes | None, value: bytes) -> bytes:
    """The value as it may be read: as many asterisks where it is secret, so that sizes stay true."""
    return b"*" * len(value) if is_secret(name) else value


def masked(fields: Iterable[FieldLine]) -> Fields:
    """A field section with its secret values masked."""
    return tuple((name, shown(name, value)) for name, value in fields)
