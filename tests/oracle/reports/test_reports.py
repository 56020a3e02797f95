"""Reports for other programs: what they show, and that hostile names break none of them."""

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema  # type: ignore[import-untyped]
import pytest

from h2proof.oracle.reports import REPORTS, render
from h2proof.oracle.reports.checked import Checked, CheckedConnection, Counts
from h2proof.oracle.verdict import Because, Finding, Unknown

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-essential.json").read_text())


def finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "verdict": "violation",
        "actor": "server",
        "rule": "promise_while_push_is_off",
        "requirements": ("RFC9113-6.6-09",),
        "level": "MUST",
        "connection": 0,
        "event": 3,
        "packet": 4,
        "frame_index": 3,
        "stream": 1,
        "scope": "connection",
        "expected": ("connection:PROTOCOL_ERROR",),
        "message": "stream 2 was promised after the client had set ENABLE_PUSH to 0",
        "because": (Because("the client set ENABLE_PUSH to 0", 1, 2),),
        "witnesses": (1, 3),
        "fingerprint": "promise_while_push_is_off|server|PUSH_PROMISE|request",
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def checked(*findings: Finding, file: str = "a.txt", **changes: object) -> Checked:
    unknown = Unknown("late start", "the start is missing", 0, "client", 7, 0)
    one = CheckedConnection(
        0, "1.2.3.4:5", "[::1]:80", "h2c", False, Counts(9, 2, 1, 0), findings, (unknown,)
    )
    return Checked(file, connections=(one,), **changes)  # type: ignore[arg-type]


ADVICE = finding(verdict="advice", level="SHOULD", rule="closes_without_goaway", fingerprint="a")
FILES = [
    checked(finding(), ADVICE, form="text"),
    checked(finding(), file="b c.pcap", form="pcap"),
    Checked("d.pcap", error="the file is empty"),
]


def test_sarif_keeps_the_standard_s_essential_constraints() -> None:
    jsonschema.validate(json.loads(render("sarif", FILES)), SCHEMA)


def test_sarif_shows_the_line_of_a_text_and_the_packet_of_a_capture() -> None:
    run = json.loads(render("sarif", FILES))["runs"][0]
    text, advice, capture = run["results"]
    place = text["locations"][0]["physicalLocation"]

    assert ("a.txt", 4) == (place["artifactLocation"]["uri"], place["region"]["startLine"])
    assert ["error", "note"] == [text["level"], advice["level"]]
    assert "region" not in capture["locations"][0]["physicalLocation"]
    assert 4 == capture["properties"]["packet"]
    assert "b%20c.pcap" == capture["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not run["invocations"][0]["executionSuccessful"]


def test_sarif_names_each_rule_once_and_points_to_it() -> None:
    run = json.loads(render("sarif", FILES))["runs"][0]
    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]

    assert sorted(set(names)) == names
    assert all(names[each["ruleIndex"]] == each["ruleId"] for each in run["results"])


def test_junit_counts_violations_as_failures_and_unread_files_as_errors() -> None:
    root = ElementTree.fromstring(render("junit", FILES))
    suites = root.findall("testsuite")

    assert ("5", "2", "1") == (root.get("tests"), root.get("failures"), root.get("errors"))
    assert ["1", "1", "0"] == [suite.get("skipped") for suite in suites]
    assert "promise_while_push_is_off" in (suites[0].find("testcase/failure") or suites[0]).get(
        "type", "promise_while_push_is_off"
    )
    assert "closes_without_goaway" in (suites[0].findtext("testcase/system-out") or "")


def test_a_clean_connection_is_a_passing_test() -> None:
    clean = Checked("a", connections=(CheckedConnection(0, "c", "s", "tls", True, Counts()),))
    (case,) = ElementTree.fromstring(render("junit", [clean])).iter("testcase")

    assert [] == list(case)


def test_markdown_has_a_row_for_each_connection_and_file() -> None:
    text = render("markdown", FILES)
    rows = [line for line in text.splitlines() if line.startswith("| ")]

    assert "3 files, 2 connections: 2 violations; 1 files not or not wholly read." in text
    assert "| a.txt | h2c | 9 | 2 | 0/1 | violation |" in rows[2]
    assert "| d.pcap |  |  |  |  | not read | the file is empty |" == rows[-1]


@pytest.mark.parametrize("form", sorted(REPORTS))
def test_hostile_names_and_messages_stay_text(form: str) -> None:
    hostile = "a\x00b\x1b[31m|<b>`\n# x\ud800"
    made = checked(finding(message=hostile.encode("utf-8", "replace").decode()), file="a|b`c\n.txt")

    text = render(form, [made])

    assert text.encode("utf-8")
    if form == "junit":
        ElementTree.fromstring(text)
    if form in ("json", "sarif"):
        json.loads(text)
    if form == "markdown":
        assert not any(line.startswith("# x") for line in text.splitlines())


@pytest.mark.parametrize("form", sorted(REPORTS))
def test_no_input_is_a_report_too(form: str) -> None:
    assert render(form, []) is not None
