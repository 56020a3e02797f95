"""What a client owes to its windows, and when it pays: at half a window, as real clients do.

A behaviour may withhold it, for the streams that it is about. What came in frames is told from
outside, and how credit goes on the wire is the client's affair.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from h2proof.sim.clients.client import Client
    from h2proof.sim.clients.exchanges import Exchange

INITIAL_WINDOW_SIZE: Final = 4
WINDOW: Final = 65_535
"""The window of a connection, and of a stream without a setting (RFC 9113 §6.9.2)."""


class Credit:
    """Octets that were received and not credited; those of a stream stand in its exchange."""

    __slots__ = ("owed", "withheld")

    def __init__(self) -> None:
        self.owed = 0
        """To the connection."""
        self.withheld: list[Callable[[int], bool]] = []
        """Each says whether a stream gets none; 0 is the connection."""

    def received(self, client: "Client", exchange: "Exchange", octets: int) -> None:
        """Pay what has grown to half a window by these."""
        exchange.owed += octets
        self.owed += octets
        window = client.settings.get(INITIAL_WINDOW_SIZE, WINDOW)
        if exchange.owed * 2 >= window:
            self._pay(client, exchange)
        if self.owed * 2 >= WINDOW:
            self._pay_connection(client)

    def pay_all(self, client: "Client") -> None:
        """However little it is."""
        for exchange in client.exchanges.values():
            if exchange.owed:
                self._pay(client, exchange)
        if self.owed:
            self._pay_connection(client)

    def _pay(self, client: "Client", exchange: "Exchange") -> None:
        if self.withheld and self._is_withheld(exchange.stream):
            return
        if not exchange.ended_there:
            client.grant(exchange.stream, exchange.owed)
        exchange.owed = 0

    def _pay_connection(self, client: "Client") -> None:
        if self.withheld and self._is_withheld(0):
            return
        owed, self.owed = self.owed, 0
        client.grant(0, owed)

    def _is_withheld(self, stream: int) -> bool:
        return any(withheld(stream) for withheld in self.withheld)
