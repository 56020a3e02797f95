"""What a scenario may set of Go's server, by name among its options."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from h2proof.sim.scenario import Param

WINDOW_OCTETS: Final = 1 << 20
SETTINGS: Final[Mapping[int, int]] = {
    5: 1 << 20,  # MAX_FRAME_SIZE
    6: 1_048_896,  # MAX_HEADER_LIST_SIZE
    4: WINDOW_OCTETS,  # INITIAL_WINDOW_SIZE
}
"""What Go announces beside MAX_CONCURRENT_STREAMS."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """`max_concurrent_streams` is announced, and bounds the running handlers (G20).

    `write_timeout_ns` is Go's WriteTimeout, 0 for none (G30).
    """

    max_concurrent_streams: int = 250
    write_timeout_ns: int = 0

    @classmethod
    def of(cls, options: "Mapping[str, Param]") -> "ServerOptions":
        """The options that are for a server."""
        return cls(
            int(options.get("max_concurrent_streams", 250)),
            int(options.get("write_timeout_ns", 0)),
        )
