"""How many octets wait for others, of one connection and of all: the bound on memory."""


class Held:
    """The octets that one connection holds back, counted in `common` too."""

    __slots__ = ("_all", "_max", "octets")

    def __init__(self, octets_max: int, common: "Held | None" = None) -> None:
        self.octets = 0
        self._max = octets_max
        self._all = common

    def take(self, octets: int) -> None:
        """Hold more."""
        self.octets += octets
        if self._all is not None:
            self._all.octets += octets

    def give(self, octets: int) -> None:
        """Hold less."""
        self.take(-octets)

    @property
    def full(self) -> bool:
        """Whether something has to be given up."""
        common = self._all
        return self.octets > self._max or (common is not None and common.octets > common._max)
