"""What was found before and is accepted for now: only new fingerprints fail.

A baseline is a saved JSON report of `h2proof check`, or an object whose `fingerprints` is a list.
Findings that are gone are told, so that they can be removed from it. An `unknown` is never part of
it, for it never fails anything.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from h2proof.oracle.verdict import Finding


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings against a baseline; `fixed` are the fingerprints that nothing has any more."""

    new: tuple[Finding, ...]
    known: tuple[Finding, ...]
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted fingerprints, each with a message that says what it stands for ("" if untold)."""

    fingerprints: Mapping[str, str]

    def compare(self, findings: Iterable[Finding]) -> Comparison:
        """Which findings are new, which are known, and what is fixed, in a stable order."""
        new: list[Finding] = []
        known: list[Finding] = []
        for finding in findings:
            (known if finding.fingerprint in self.fingerprints else new).append(finding)
        seen = {finding.fingerprint for finding in known}
        fixed = tuple(each for each in self.fingerprints if each not in seen)
        return Comparison(tuple(new), tuple(known), fixed)


def read(text: str) -> Baseline:
    """The baseline that a text holds; ValueError with one sentence if it holds none."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"not a baseline: {error}") from None
    if not isinstance(data, dict) or not {"files", "fingerprints"} & data.keys():
        raise ValueError(
            "not a baseline: a JSON report of `h2proof check` is expected, "
            "or an object whose `fingerprints` is a list"
        )
    if data.get("version", 1) != 1:
        raise ValueError(f"a baseline of version {data['version']!r}; this release reads version 1")
    try:
        pairs = dict(_listed(data) if "fingerprints" in data else _reported(data))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a baseline: its entries cannot be read ({error!r})") from None
    return Baseline(pairs)


def _listed(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in data["fingerprints"]:
        if not isinstance(each, str):
            raise TypeError(f"{each!r} is no fingerprint")
        yield each, ""


def _reported(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for file in data["files"]:
        for connection in file["connections"]:
            for finding in connection["findings"]:
                if finding["verdict"] != "unknown":
                    yield finding["fingerprint"], finding["message"]
