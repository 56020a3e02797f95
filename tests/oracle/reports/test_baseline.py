"""Only what is new fails; what is gone is told."""

import json
from dataclasses import replace

import pytest

from h2proof.oracle.baseline import Baseline, read
from h2proof.oracle.reports import render
from h2proof.oracle.reports.checked import Checked, CheckedConnection, Counts
from h2proof.oracle.verdict import Because, Finding

FINDING = Finding(
    verdict="violation",
    actor="server",
    rule="promise_while_push_is_off",
    requirements=("RFC9113-6.6-09",),
    level="MUST",
    connection=0,
    event=3,
    packet=4,
    frame_index=3,
    stream=1,
    scope="connection",
    expected=("connection:PROTOCOL_ERROR",),
    message="stream 2 was promised after the client had set ENABLE_PUSH to 0",
    because=(Because("the client set ENABLE_PUSH to 0", 1, 2),),
    witnesses=(1, 3),
    fingerprint="promise_while_push_is_off|server|PUSH_PROMISE|request",
)


def test_a_saved_report_is_a_baseline() -> None:
    one = CheckedConnection(0, "c", "s", "h2c", True, Counts(), (FINDING,))
    baseline = read(render("json", [Checked("a.pcap", connections=(one,))]))

    compared = baseline.compare([FINDING])

    assert ((), (FINDING,), ()) == (compared.new, compared.known, compared.fixed)


def test_a_finding_with_another_fingerprint_is_new_and_the_old_one_fixed() -> None:
    other = replace(FINDING, fingerprint="another")

    compared = Baseline({FINDING.fingerprint: ""}).compare([other])

    assert (other,) == compared.new
    assert (FINDING.fingerprint,) == compared.fixed


def test_a_list_of_fingerprints_is_a_baseline_too() -> None:
    assert {"a": "", "b": ""} == read(json.dumps({"fingerprints": ["a", "b"]})).fingerprints


def test_an_unknown_is_never_part_of_it() -> None:
    entry = {"verdict": "unknown", "fingerprint": "f", "message": "m"}
    report = {"version": 1, "files": [{"connections": [{"findings": [entry]}]}]}

    assert {} == read(json.dumps(report)).fingerprints


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2, "files": []}', '{"files": [1]}', '{"fingerprints": [1]}'],
)
def test_what_is_no_baseline_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="baseline") as refused:
        read(text)

    assert "\n" not in str(refused.value)
