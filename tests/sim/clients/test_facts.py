"""Each line of the facts' list of client behaviours worth trying is a behaviour or a variant."""

from collections.abc import Mapping
from typing import Final

import pytest

from h2proof.sim.clients import CLIENTS
from h2proof.sim.scenario import Act, Param

Row = tuple[str, str, Mapping[str, Param]]

FACTS: Final[tuple[Row, ...]] = (
    ("ENABLE_PUSH 0 before promises", "refuses-push", {}),
    ("ENABLE_PUSH 0 between promises", "turns-push-off", {}),
    ("ENABLE_PUSH 0 after promises", "turns-push-off", {"after": "pushed response"}),
    ("MAX_CONCURRENT_STREAMS 0", "limits-promises", {"limit": 0}),
    ("MAX_CONCURRENT_STREAMS 1", "limits-promises", {}),
    ("MAX_CONCURRENT_STREAMS 2", "limits-promises", {"limit": 2}),
    ("MAX_CONCURRENT_STREAMS lowered", "limits-promises", {"limit": 100, "later": 1}),
    (
        "MAX_CONCURRENT_STREAMS raised",
        "limits-promises",
        {"limit": 0, "later": 100, "after": "settings"},
    ),
    ("initial window 0, raised later", "small-window", {}),
    ("initial window 1", "small-window", {"window": 1}),
    ("initial window tiny", "small-window", {"window": 10, "raised": 2_000}),
    ("initial window lowered below zero", "shrinks-window", {}),
    ("WINDOW_UPDATE of 1", "slow-reader", {"window": 1, "octets": 1}),
    (
        "never opening the connection window",
        "stalled",
        {"window": 65_535, "level": "connection"},
    ),
    ("RST on the associated stream before a promise", "resets-request", {"after": "asked"}),
    ("RST on it after a promise", "resets-request", {}),
    ("RST on it after promised HEADERS", "resets-request", {"after": "pushed response"}),
    ("RST with CANCEL on promised", "cancels-promise", {}),
    ("RST with REFUSED_STREAM on promised", "cancels-promise", {"code": 7}),
    ("RST of all promised streams in one burst", "cancels-all-promises", {}),
    ("duplicate RST", "resets-twice", {}),
    ("WINDOW_UPDATE on closed promised", "late-window-update", {}),
    ("PRIORITY on closed promised", "late-priority", {}),
    ("DATA on promised", "writes-on-promise", {}),
    ("HEADERS on promised", "writes-on-promise", {"frame": "headers"}),
    ("RST on never-promised even ids", "unpromised-streams", {}),
    ("WINDOW_UPDATE on never-promised even ids", "unpromised-streams", {"frame": "window update"}),
    ("DATA on never-promised even ids", "unpromised-streams", {"frame": "data"}),
    ("GOAWAY with last-stream-id 0", "goes-away", {"after": "asked", "last": 0}),
    ("GOAWAY with an error", "goes-away", {"code": 2}),
    ("half-read socket", "stops-reading", {"after": "promise"}),
    ("socket not read at all", "stops-reading", {}),
    ("full stall of the windows", "stalled", {}),
    ("connection drop at some step", "vanishes", {"after": "frame", "nth": 2}),
    ("connection closed in order", "vanishes", {"orderly": 1}),
    ("caddy-push field from the client", "sends-guard", {}),
    ("request body left open while pushes happen", "leaves-body-open", {}),
    ("HEAD requests", "other-method", {}),
    ("POST requests", "other-method", {"method": "POST", "body_octets": 100}),
    ("many requests, more than the handler limit", "asks-much", {"times": 300, "path": "/small"}),
    ("one octet at a time", "drips-octets", {}),
    ("trickles of WINDOW_UPDATE", "slow-reader", {}),
    ("reconnect storms", "reconnects", {}),
    ("PING noise", "makes-noise", {}),
    ("PRIORITY noise", "makes-noise", {"kind": "priority"}),
    ("malformed frames", "malformed", {}),
)


@pytest.mark.parametrize(("line", "name", "variant"), FACTS, ids=[row[0] for row in FACTS])
def test_the_line_has_a_behaviour(line: str, name: str, variant: Mapping[str, Param]) -> None:
    behaviour = CLIENTS[name]

    assert variant in ({}, *behaviour.variants), line
    assert behaviour.part(Act(name, variant)).params == {**behaviour.params, **variant}
