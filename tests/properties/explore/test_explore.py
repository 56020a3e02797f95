"""Exploring: a question in one expression, and each change a new trace that is judged anew."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.properties import explore
from h2proof.properties.explore.seen import rewritten
from h2proof.sim.handlers import Request, ResponseWriter
from h2proof.sim.notation import NotationError
from h2proof.sim.scenario import Scenario
from h2proof.sim.trace import DeliveredEvent, FrameEvent

PROMISE = """C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
C  HEADERS 1 END_STREAM  GET /
C  HEADERS 3 END_STREAM  GET /
S  PUSH_PROMISE 1 -> 2  GET /style.css
"""


def test_a_scenario_is_one_expression() -> None:
    seen = explore.play("caddy", "cancels-promise")

    assert "caddy, cancels-promise" == seen.title
    assert seen.find("PUSH_PROMISE")
    assert seen.find("RST_STREAM 2 CANCEL")
    assert seen.ledger.accounts["wrapper"].acquired
    assert seen.run is not None
    assert seen.run.outcome.quiet


def test_a_scenario_as_data_is_played_as_it_stands() -> None:
    scenario = Scenario(handler="page", server="plain", schedule="fifo")

    assert explore.play(scenario).trace == explore.play("page", server="plain").trace


def test_a_handler_of_ones_own_is_played() -> None:
    async def hello(w: ResponseWriter, r: Request) -> None:
        await w.write(b"hello")

    seen = explore.play(hello, requests=("/a", "/b"))

    assert 2 == len(seen.find("GET /"))
    assert "hello, a polite client" == seen.title


def test_a_behaviour_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"no behaviour 'rude'; there are .*polite"):
        explore.play("caddy", "rude")


def test_a_frame_is_left_out_and_the_rest_encoded_anew() -> None:
    seen = explore.parse(PROMISE)

    without = seen.drop(2)

    [first] = [event for event in without.trace.frames() if event.type == 1]
    assert first.payload == list(seen.trace.frames())[2].payload
    assert "without 2" == without.title
    assert 5 == len(seen.trace)


def test_deliveries_go_with_their_frames() -> None:
    seen = explore.parse("C  PING 01\nC  PING 02\n*  delivered C\n*  delivered C\n")

    without = seen.drop(0)
    [delivery] = [event for event in without.trace if isinstance(event, DeliveredEvent)]
    frame = without.trace[delivery.frame_event]

    assert isinstance(frame, FrameEvent)
    assert b"\x02" == frame.payload[:1]


def test_a_delivery_alone_can_be_left_out() -> None:
    seen = explore.parse("C  PING\n*  delivered C\nS  PING ACK\n")

    assert ["frame", "frame"] == [event.kind for event in seen.drop(1).trace]


def test_a_trace_is_cut_before_an_event() -> None:
    assert 2 == len(explore.parse(PROMISE).cut(2).trace)


def test_an_event_is_rewritten_at_its_time() -> None:
    seen = explore.parse("@3ms\nC  PING\n@5ms\nS  PING ACK\n")

    changed = seen.edit(0, "C  PING aa\nC  PING bb")

    assert [3_000_000, 3_000_000, 5_000_000] == [event.at for event in changed.trace]


def test_what_is_no_line_is_refused() -> None:
    with pytest.raises(NotationError, match="no frame"):
        explore.parse(PROMISE).edit(0, "C  SETINGS")


def test_an_event_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no event 9; the last one is 4"):
        explore.parse(PROMISE).drop(9)


@given(st.sampled_from(["polite", "cancels-promise", "stalled", "vanishes"]))
def test_changing_nothing_gives_the_same_trace(behaviour: str) -> None:
    trace = explore.play("caddy", behaviour).trace

    again = rewritten(trace, lambda _, text: text)

    assert trace == again


def test_a_table_has_a_row_for_each_event() -> None:
    table = explore.parse(PROMISE).to_frame()

    assert {5} == {len(column) for column in table.values()}
    assert ["SETTINGS", "SETTINGS", "HEADERS", "HEADERS", "PUSH_PROMISE"] == table["type"]
    assert "PUSH_PROMISE 1 -> 2  GET /style.css" == table["words"][-1]


def test_side_by_side_shows_what_differs_first() -> None:
    left = explore.parse(PROMISE)
    right = left.drop(1)
    comparison = explore.compare(left, right)

    assert comparison.first is not None
    assert ("S  SETTINGS ACK", None) == comparison.first[1:]
    assert "first difference: 'S  SETTINGS ACK' against nothing" in str(comparison)
    assert all(len(line) <= 80 for line in str(comparison).splitlines()[2:])
    assert {"text/plain", "text/html"} == set(comparison._repr_mimebundle_())


def test_nothing_differs_from_itself() -> None:
    seen = explore.parse(PROMISE)

    assert explore.compare(seen, seen).first is None


def test_markup_in_a_comparison_is_text() -> None:
    seen = explore.parse("C  HEADERS 1  GET /  x: <script>\n")

    assert "<script>" not in explore.compare(seen, seen)._repr_mimebundle_()["text/html"]


def test_a_file_is_read_by_connection(tmp_path: Path) -> None:
    path = tmp_path / "case.txt"
    path.write_text(f"# one\n{PROMISE}# two\n{PROMISE}")

    assert ["one", "two"] == [seen.title for seen in explore.read(path)]


def test_what_is_seen_draws_itself_with_its_findings() -> None:
    bundle = explore.parse("C  SETTINGS\nS  SETTINGS ACK\nS  SETTINGS ACK\n")._repr_mimebundle_()

    assert {"text/plain", "image/svg+xml"} == set(bundle)
    assert "! " in bundle["text/plain"]
