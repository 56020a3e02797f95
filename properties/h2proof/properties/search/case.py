"""A failure as plain data: the scenario that shows it, and how to tell that it is still there.

Versioned JSON in and out, so that a case can be kept beside the code, replayed, and turned into a
test. A case says nothing about how it was found.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from h2proof.sim.scenario import Scenario

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Case:
    """`scenario` shows what `fingerprint` stands for; `rule` and `message` say it to a reader, and
    may be empty."""

    fingerprint: str
    rule: str
    message: str
    scenario: Scenario

    def data(self) -> dict[str, Any]:
        """The case as dicts, lists, strings and numbers."""
        return {
            "version": VERSION,
            "fingerprint": self.fingerprint,
            "rule": self.rule,
            "message": self.message,
            "scenario": json.loads(self.scenario.to_json()),
        }

    def to_json(self) -> str:
        """Versioned JSON; `from_json` gives the case back."""
        return json.dumps(self.data(), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Case":
        """The case that `to_json` wrote; ValueError with one sentence for anything else."""
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not a case: {error}") from None
        if not isinstance(data, dict) or "scenario" not in data:
            raise ValueError("not a case: a JSON object with a `scenario` is expected")
        if data.get("version") != VERSION:
            raise ValueError(f"a case of another version; this release reads version {VERSION}")
        texts = {name: data.get(name, "") for name in ("fingerprint", "rule", "message")}
        if not texts["fingerprint"] or not all(isinstance(each, str) for each in texts.values()):
            raise ValueError("not a case: a `fingerprint` is expected; it and the rest are strings")
        return cls(**texts, scenario=Scenario.from_json(json.dumps(data["scenario"])))
