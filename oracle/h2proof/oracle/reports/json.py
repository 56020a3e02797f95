"""The JSON report; its shape is a contract, to which fields are added and none is changed."""

import json
from collections.abc import Sequence
from typing import Any, Final

from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.verdict import Finding, Unknown

VERSION: Final = 1


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs as one JSON object."""
    data = {"version": VERSION, "files": [_file(each) for each in files]}
    return json.dumps(data, indent=1, ensure_ascii=False)


def _file(checked: Checked) -> dict[str, Any]:
    return {
        "file": checked.file,
        "error": checked.error,
        "form": checked.form,
        "packets": checked.packets,
        "skipped": dict(checked.skipped),
        "connections": [_connection(each) for each in checked.connections],
    }


def _connection(one: CheckedConnection) -> dict[str, Any]:
    counts = one.counts
    return {
        "number": one.number,
        "title": one.title,
        "client": one.client,
        "server": one.server,
        "transport": one.transport,
        "alpn": one.alpn,
        "complete": one.complete,
        "missing": list(one.missing),
        "frames": counts.frames,
        "streams": counts.streams,
        "pushes": {"promised": counts.promised, "completed": counts.completed},
        "resets": counts.resets,
        "goaways": counts.goaways,
        "findings": [
            *(_finding(each) for each in one.findings),
            *(_unknown(each) for each in one.unknowns),
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict,
        "actor": finding.actor,
        "rule": finding.rule,
        "requirements": list(finding.requirements),
        "level": finding.level,
        "packet": finding.packet,
        "frame_index": finding.frame_index,
        "stream": finding.stream,
        "scope": finding.scope,
        "expected": list(finding.expected),
        "message": finding.message,
        "because": [str(each) for each in finding.because],
        "fingerprint": finding.fingerprint,
        "resource": None if finding.resource is None else str(finding.resource),
        "holder": list(finding.holder),
        "consequences": [_finding(each) for each in finding.consequences],
    }


def _unknown(unknown: Unknown) -> dict[str, Any]:
    return {
        "verdict": "unknown",
        "actor": unknown.actor,
        "rule": unknown.reason,
        "requirements": [],
        "level": "ADVICE",
        "packet": unknown.packet,
        "frame_index": unknown.frame_index,
        "stream": unknown.stream,
        "scope": "none",
        "expected": [],
        "message": unknown.message,
        "because": [],
        "fingerprint": f"unknown:{unknown.reason}:{unknown.actor}",
        "frames": unknown.count,
        "consequences": [],
    }
