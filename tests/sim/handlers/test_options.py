"""Options that make no sense are refused with one sentence, before anything runs."""

from typing import Any

import pytest

from h2proof.sim.handlers.header import Header, Slice
from h2proof.sim.handlers.options import site_of
from h2proof.sim.scenario import Scenario
from h2proof.sim.world import play


@pytest.mark.parametrize(
    ("handler", "options", "sentence"),
    [
        ("caddy", {"body_octets": "many"}, "option body_octets is 'many'; it is a whole number"),
        ("caddy", {"bodies": "/a"}, "option bodies is '/a'; it is a whole number"),
        ("caddy", {"how": "badly"}, "option how: no way 'badly'; there are write_header, write"),
        ("caddy", {"header_add": "nothing"}, "'nothing' has no ': ' in it"),
        ("caddy", {"write_idle_ns": -1}, "option write_idle_ns is '-1'"),
        ("caddy-kept", {"late_ns": "soon"}, "option late_ns is 'soon'"),
        ("caddy-proxied", {"upstream_ns": "x"}, "option upstream_ns is 'x'"),
        ("page", {"late_ns": "soon"}, "option late_ns is 'soon'"),
        ("page", {"status": 99}, "option status is '99'; it is a whole number from 200 to 599"),
        ("page", {"body_octets": "9" * 5000}, "option body_octets is '9{20}...'"),
        ("page", {"max_concurrent_streams": 0}, "option max_concurrent_streams is '0'; it is a"),
        ("page", {"write_timeout_ns": "1s"}, "option write_timeout_ns is '1s'; it is a whole"),
        (
            "page",
            {"body_octet": 1},
            r"no option 'body_octet' \(did you mean 'body_octets'\?\); there are bodies, ",
        ),
    ],
)
def test_an_option_of_no_use_is_refused(
    handler: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        play(Scenario(handler=handler, options=options))


def test_options_of_others_are_left_alone() -> None:
    site = site_of({"somebody elses": 1, "resources": "/a /b", "bodies": "/a=3"})

    assert ("/a", "/b") == site.resources
    assert {"/a": 3} == site.bodies


def test_a_header_spells_names_as_go_does_and_keeps_what_is_no_token() -> None:
    header = Header({"content-type": ["a"], "Trailer:x": ["b"]})
    header.add("CONTENT-TYPE", "c")

    assert {"Content-Type": ["a", "c"], "Trailer:x": ["b"]} == header
    assert "content-Type" in header
    assert ["a", "c"] == header.get("content-type")
    header.remove("content-type")
    assert header.get("Content-Type") is None


def test_slices_share_an_array_until_one_outgrows_it() -> None:
    one = Slice(("a",))
    other = one.share()
    one.append("b")
    one[0] = "changed"

    assert ["changed", "b"] == one
    assert ["a"] == other, "a new array was needed for the second value"
    with pytest.raises(IndexError):
        one[2] = "beyond"
