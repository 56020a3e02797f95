"""What a battery came to: how often each behaviour, state and fault was reached, and which never.

A property that held because nothing happened is no news; so each ready property counts, says what
it never reached, and under `strict` fails for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from h2proof.properties.broken import NeverReached


@dataclass(slots=True)
class Tried:
    """The counts of one battery. All that it should reach is in `reached` from the start, at 0."""

    what: str
    examples: int = 0
    reached: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, what: str, names: Iterable[str]) -> "Tried":
        """Counts at 0 for all that the battery should come to."""
        return cls(what, reached=dict.fromkeys(names, 0))

    def count(self, names: Iterable[str]) -> None:
        """One example, and what it reached; a name that was not expected is counted too."""
        self.examples += 1
        for name in names:
            self.reached[name] = self.reached.get(name, 0) + 1

    @property
    def never(self) -> tuple[str, ...]:
        """What was never reached."""
        return tuple(name for name, times in self.reached.items() if not times)

    def demand_all(self) -> None:
        """NeverReached, with the names, if anything was never reached."""
        if self.never:
            raise NeverReached(
                f"{self.what} held, but in {self.examples} examples it never came to: "
                f"{', '.join(self.never)}"
            )

    @property
    def broken(self) -> str:
        """What to say of a battery that ended with a failure."""
        return f"{self.what}: broken, {self.examples} examples were tried"

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {times}" for name, times in self.reached.items() if times)
        never = f"\n  never reached: {', '.join(self.never)}" if self.never else ""
        return f"{self.what}: {self.examples} examples\n  reached: {counts}{never}"
