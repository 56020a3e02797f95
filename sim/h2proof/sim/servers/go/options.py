"""What a scenario may set of Go's server, by name among its options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from h2proof.sim.options import NUMBERS, number

if TYPE_CHECKING:
    from h2proof.sim.scenario import Param

WINDOW_OCTETS: Final = 1 << 20
HEADER_TABLE_OCTETS: Final = 4096
FRAME_OCTETS: Final = 1 << 20
SECTION_OCTETS: Final = 1_048_896


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """`max_concurrent_streams` is announced, and bounds the running handlers (G20).

    `write_timeout_ns` is Go's WriteTimeout, 0 for none (G30).
    """

    max_concurrent_streams: int = NUMBERS["max_concurrent_streams"].default
    write_timeout_ns: int = NUMBERS["write_timeout_ns"].default

    @property
    def settings(self) -> dict[int, int]:
        """What Go announces, in its order: frame size, streams, section size, table, window."""
        return {
            5: FRAME_OCTETS,
            3: self.max_concurrent_streams,
            6: SECTION_OCTETS,
            1: HEADER_TABLE_OCTETS,
            4: WINDOW_OCTETS,
        }

    @classmethod
    def of(cls, options: "Mapping[str, Param]") -> "ServerOptions":
        """The options that are for a server."""
        if not options:
            return DEFAULTS
        return cls(
            number(options, "max_concurrent_streams"),
            number(options, "write_timeout_ns"),
        )


DEFAULTS: Final = ServerOptions()
