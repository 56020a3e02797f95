"""The report that CI servers read as tests: a suite for each input.

A connection is a test that passes unless something of it could not be judged, which skips it. Each
violation is a failing test of its own, so that one shows beside the other.
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.reports.markdown import name_of
from h2proof.oracle.verdict import Finding

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs as JUnit XML, as Ant and Jenkins know it."""
    root = ElementTree.Element("testsuites", name="h2proof")
    suites = [_suite(each) for each in files]
    for suite in suites:
        root.append(suite)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    ElementTree.indent(root, " ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _suite(checked: Checked) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_text(checked.file))
    if checked.error is not None:
        case = _case(suite, checked, "reading")
        ElementTree.SubElement(case, "error", type="not read", message=_text(checked.error))
    for one in checked.connections:
        _connection(suite, checked, one)
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite)))
    return suite


def _connection(suite: ElementTree.Element, checked: Checked, one: CheckedConnection) -> None:
    name = f"connection {one.number}: {name_of(one)}"
    case = _case(suite, checked, name)
    if one.unknowns:
        reasons = "; ".join(unknown.message for unknown in one.unknowns)
        ElementTree.SubElement(case, "skipped", message=_text(reasons))
    advice = [finding for finding in one.findings if finding.verdict == "advice"]
    if advice:
        out = ElementTree.SubElement(case, "system-out")
        out.text = _text("\n".join(f"{each.rule}: {each.message}" for each in advice))
    for finding in one.violations:
        place = f", packet {finding.packet}" if finding.packet is not None else ""
        failing = _case(suite, checked, f"connection {one.number}: {finding.rule}{place}")
        failure = ElementTree.SubElement(
            failing, "failure", type=finding.rule, message=_text(finding.message)
        )
        failure.text = _text(_told(finding))


def _case(suite: ElementTree.Element, checked: Checked, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite, "testcase", classname=_text(checked.file), name=_text(name)
    )


def _told(finding: Finding) -> str:
    lines = [f"{finding.actor}: {finding.message}"]
    lines += [f"because {fact}" for fact in finding.because]
    lines += [f"breaks {', '.join(finding.requirements)}"] if finding.requirements else []
    return "\n".join(lines)


def _text(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
