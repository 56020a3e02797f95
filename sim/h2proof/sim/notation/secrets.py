"""Values that nobody should read in a report: which fields they stand in, and their mask."""

from collections.abc import Iterable
from typing import Final

from h2proof.sim.hpack import PartialLine

SECRET_NAMES: Final = frozenset(
    {b"authorization", b"proxy-authorization", b"cookie", b"set-cookie"}
)


def is_secret(name: bytes | None) -> bool:
    """Whether the values of this field are masked; in whatever case its name is written."""
    return name is not None and name.lower() in SECRET_NAMES


def masked(lines: Iterable[PartialLine]) -> tuple[PartialLine, ...]:
    """The lines with secret values replaced by as many asterisks, so that sizes stay true."""
    return tuple(
        (name, b"*" * len(value)) if value is not None and is_secret(name) else (name, value)
        for name, value in lines
    )
