"""The survey finds what the facts say, for each stage and server, without being told."""

import pytest

from h2proof.properties.proof.lifecycle import PROBES, render, survey

COMMON = {"I15", "I16", "I17", "I18", "I20", "I22"}


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("caddy", COMMON),
        ("caddy-b-buffered", COMMON - {"I22"} | {"I14"}),
        ("caddy-c1", COMMON),
        ("caddy-c1-kept", COMMON | {"I4", "I5"}),
        ("caddy-d-strict", COMMON),
        ("page", set()),
    ],
)
def test_each_stage_breaks_what_the_facts_say(handler: str, expected: set[str]) -> None:
    assert expected == {broken.invariant for broken in survey(handler)}


def test_the_plain_server_has_habits_of_its_own() -> None:
    assert {"I12-promise", "I15", "I17"} == {each.invariant for each in survey("caddy", "plain")}


def test_the_panic_is_master_s_and_the_suppression_everybody_s() -> None:
    messages = {
        name: next(each.message for each in survey(name) if each.invariant == "I15")
        for name in ("caddy", "caddy-d-strict")
    }

    assert "panic" in messages["caddy"]
    assert "/x.js was not promised" in messages["caddy-d-strict"]


def test_the_section_names_who_breaks_what_and_where() -> None:
    names = ("caddy", "caddy-b-buffered")
    lines = list(render([row for name in names for row in survey(name)], len(names)))
    text = " ".join(" ".join(lines).split())

    assert "Not so in all (a link to another host, its scheme in capitals)" in text
    assert "Not so in caddy-b-buffered" in text
    assert all(len(line) <= 80 for line in lines)


def test_no_probe_is_made_for_one_handler() -> None:
    assert {("", "go")} == {(scene.handler, scene.server) for scene in PROBES.values()}
