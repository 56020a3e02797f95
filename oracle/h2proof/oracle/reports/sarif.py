"""The report for code scanning: SARIF 2.1.0, one run, a result for each finding.

A log is a text, so its findings have a line; a capture is not, so the packet stands among a
result's properties. The fingerprint is the one that a baseline compares.
"""

import json
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from h2proof.oracle.catalogue import RuleRow, rules
from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.verdict import Because, Finding

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LINED: Final = frozenset({"text", "go", "nghttp", "curl"})
"""Forms of input whose packets are lines."""
_LEVELS: Final = {"MUST": "error", "SHOULD": "warning", "ADVICE": "note"}


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs as one SARIF log."""
    found = [
        (each, one, finding)
        for each in files
        for one in each.connections
        for finding in one.findings
    ]
    names = sorted({finding.rule for _, _, finding in found})
    known = rules()
    run = {
        "tool": {"driver": _driver([_rule(name, known.get(name)) for name in names])},
        "invocations": [_invocation(files)],
        "artifacts": [
            {"location": {"uri": each}} for each in dict.fromkeys(uri(each.file) for each in files)
        ],
        "results": [
            _result(each, one, finding, names.index(finding.rule)) for each, one, finding in found
        ],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def uri(file: str) -> str:
    """A file's name as a URI reference."""
    return quote(os.fsencode(file.replace("\\", "/")), safe="/:~")


def _driver(listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "h2proof", "semanticVersion": version("h2proof"), "rules": listed}


def _rule(name: str, row: RuleRow | None) -> dict[str, Any]:
    data: dict[str, Any] = {"id": name}
    if row is not None:
        data["shortDescription"] = {"text": row.sentence}
        data["properties"] = {"tags": list(row.requirements)}
    return data


def _invocation(files: Sequence[Checked]) -> dict[str, Any]:
    errors = [(each.file, each.error) for each in files if each.error is not None]
    return {
        "executionSuccessful": not errors,
        "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"{file}: {error}"}} for file, error in errors
        ],
    }


def _result(
    checked: Checked, one: CheckedConnection, finding: Finding, place: int
) -> dict[str, Any]:
    lined = checked.form in LINED
    return {
        "ruleId": finding.rule,
        "ruleIndex": place,
        "kind": "fail",
        "level": _LEVELS["ADVICE" if finding.verdict == "advice" else finding.level],
        "message": {"text": f"The {finding.actor}: {finding.message}."},
        "locations": [_location(checked, one, finding.packet if lined else None, finding)],
        "relatedLocations": list(_facts(checked, finding.because, lined)),
        "partialFingerprints": {"h2proof/v1": finding.fingerprint},
        "properties": {
            "requirements": list(finding.requirements),
            "actor": finding.actor,
            "connection": one.number,
            "stream": finding.stream,
            "packet": finding.packet,
            "frameIndex": finding.frame_index,
            "expected": list(finding.expected),
        },
    }


def _location(
    checked: Checked, one: CheckedConnection, line: int | None, finding: Finding
) -> dict[str, Any]:
    where = f"connection {one.number}/stream {finding.stream}"
    return {
        "physicalLocation": _physical(checked, line),
        "logicalLocations": [{"fullyQualifiedName": where, "kind": "resource"}],
    }


def _physical(checked: Checked, line: int | None) -> dict[str, Any]:
    data: dict[str, Any] = {"artifactLocation": {"uri": uri(checked.file)}}
    if line:
        data["region"] = {"startLine": line}
    return data


def _facts(checked: Checked, because: tuple[Because, ...], lined: bool) -> Iterator[dict[str, Any]]:
    for number, fact in enumerate(because):
        yield {
            "id": number,
            "physicalLocation": _physical(checked, fact.packet if lined else None),
            "message": {"text": str(fact)},
        }
