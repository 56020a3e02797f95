"""What a behaviour is: a row of the table, and the part it plays in one scenario."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from h2proof.sim.clients.moments import MOMENTS
from h2proof.sim.naming import no_such
from h2proof.sim.scenario import Act, Param

if TYPE_CHECKING:
    from h2proof.sim.clients.client import Client

OCTETS: Final = "octets"
"""The parameter that says how much is done at once; nothing at once would never end."""


@dataclass(frozen=True, slots=True)
class Part:
    """An act with its parameters complete: what a behaviour is given besides its client."""

    params: Mapping[str, Param]
    requests: tuple[int, ...] = ()

    def number(self, name: str) -> int:
        """A parameter that is a whole number."""
        value = self.params[name]
        assert isinstance(value, int)
        return value

    def text(self, name: str) -> str:
        """A parameter that is a string."""
        value = self.params[name]
        assert isinstance(value, str)
        return value

    def includes(self, ordinal: int) -> bool:
        """Whether this part is about the request with that ordinal."""
        return not self.requests or ordinal in self.requests


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way in which a client is less than polite.

    `prepare` is called before the client sends anything, `play` runs as a task from the act's
    beginning and is cancelled at its end; its `finally` makes the client polite again. Both see
    what a peer can see. `legal` says that nothing it does breaks the RFC. `invariants` are those
    of the push handlers' facts that a wrong handler or server breaks under it. `params` are its
    parameters with their defaults, `variants` other settings of them worth trying.
    """

    name: str
    sentence: str
    play: Callable[["Client", Part], Awaitable[None]] | None = None
    prepare: Callable[["Client", Part], None] | None = None
    legal: bool = True
    invariants: tuple[str, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    variants: tuple[Mapping[str, Param], ...] = ()

    def part(self, act: Act) -> Part:
        """The act's parameters over the defaults; ValueError for a parameter it does not have."""
        for name, value in act.params.items():
            if name not in self.params:
                known = ", ".join(self.params) or "none"
                raise ValueError(f"{self.name} has no parameter {name!r}; it has {known}")
            wanted = type(self.params[name])
            if type(value) is not wanted:
                raise ValueError(
                    f"{self.name}: parameter {name} is {value!r}; it should be of type "
                    f"{wanted.__name__}, as in its default {self.params[name]!r}"
                )
            if isinstance(value, int) and value < self._least(name):
                raise ValueError(
                    f"{self.name}: parameter {name} is {value}; it is at least {self._least(name)}"
                )
        part = Part({**self.params, **act.params}, act.requests)
        if "after" in part.params and part.params["after"] not in MOMENTS:
            moment = str(part.params["after"])
            raise ValueError(f"{self.name}: {no_such('moment', moment, MOMENTS)}")
        return part

    def _least(self, name: str) -> int:
        """The least that a number may be; a default below 0 stands for none."""
        if name == OCTETS:
            return 1
        default = self.params[name]
        return min(0, default) if isinstance(default, int) else 0
