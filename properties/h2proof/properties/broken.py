"""What a ready property raises: the explanation, and the data to replay it."""

from dataclasses import dataclass
from typing import Final

LINES_MAX: Final = 40
"""A screen: longer explanations are cut in the middle, where the ladder is."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What plays a failure again.

    `scenario` is the JSON of one, for handlers and applications; `octets` and `chunking` are the
    input of an endpoint, `value` that of a parser.
    """

    scenario: str = ""
    octets: bytes = b""
    chunking: tuple[int, ...] = ()
    value: str = ""


class Broken(AssertionError):
    """A property does not hold. The text is the whole explanation, at most a screen.

    `rule` and `resource` say what it is about, `fingerprint` is equal for equal failures, and
    `replay` holds the smallest input that was found.
    """

    def __init__(
        self,
        text: str,
        *,
        rule: str,
        fingerprint: str,
        resource: str = "",
        replay: Replay | None = None,
    ) -> None:
        super().__init__(one_screen(text))
        self.rule = rule
        self.resource = resource
        self.fingerprint = fingerprint
        self.replay = replay or Replay()

    @property
    def group(self) -> tuple[str, str]:
        """What failures are grouped by: the rule and the kind of resource."""
        return self.rule, self.resource


class Misused(TypeError):
    """A ready property was called with something it cannot try; one sentence says why."""


class NeverReached(AssertionError):
    """Under `strict`: the property held, but the run never came to what is named here."""


def one_screen(text: str, lines: int = LINES_MAX) -> str:
    """The text in at most so many lines; the middle goes first."""
    rows = text.splitlines()
    if len(rows) <= lines:
        return text
    head = lines * 2 // 3
    tail = lines - head - 1
    left_out = len(rows) - head - tail
    return "\n".join([*rows[:head], f"  … {left_out} lines more …", *rows[-tail:]])
