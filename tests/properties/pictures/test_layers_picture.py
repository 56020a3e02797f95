"""The picture of the chains says what handlers are built of, and a run passes the same layers."""

from typing import Any
from xml.etree import ElementTree

import pytest

from h2proof.oracle.pictures.chains import writer_chain
from h2proof.sim.handlers.chains import CHAINS
from h2proof.sim.scenario import ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import play

layers: Any = pytest.importorskip("h2proof.properties.pictures.layers")


def _words(svg: str) -> list[str]:
    tree = ElementTree.fromstring(svg)
    return [each.text or "" for each in tree.iter("{http://www.w3.org/2000/svg}text")]


def test_a_chain_is_drawn_from_the_outermost_layer_to_the_responder() -> None:
    expected = ["-buffered", "Caddy's server", "idle timeout", "push", "buffering", "push", "page"]

    assert expected == _words(layers.layers_of("-buffered"))


def test_an_error_route_is_drawn_below_its_chain() -> None:
    words = _words(layers.layers_of("-errors"))

    assert ["on an error", "Caddy's server", "push", "page"] == words[-4:]


def test_all_chains_are_drawn_if_none_is_named() -> None:
    assert {*CHAINS, "(none)"} - {""} <= set(_words(layers.layers_of()))


def test_a_chain_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no chain '-nothing'; there are '', '-kept'"):
        layers.layers_of("-nothing")


@pytest.mark.parametrize(
    ("suffix", "writers"),
    [
        ("", ["server", "idle timeout", "push handler"]),
        ("-kept", ["server", "idle timeout", "push handler"]),
        ("-buffered", ["server", "idle timeout", "push handler", "buffering", "push handler"]),
        ("-twice", ["server", "idle timeout", "push handler", "push handler"]),
        ("-encoded", ["server", "idle timeout", "encode"]),
        ("-deferred", ["server", "idle timeout", "header", "push handler"]),
        ("-errors", ["server", "idle timeout", "push handler"]),
        ("-proxied", ["server", "idle timeout", "push handler"]),
    ],
)
def test_a_run_wraps_its_writer_in_the_layers_of_the_table(suffix: str, writers: list[str]) -> None:
    """`kept writer` wraps nothing; behind `encode` nothing can be pushed: push wraps nothing."""
    request = RequestPlan("/", fields=(("accept-encoding", "gzip"),))
    run = play(Scenario("caddy" + suffix, "go", (ClientPlan((request,)),)))

    assert writers == [link.by for link in writer_chain(run.trace, 1)]
