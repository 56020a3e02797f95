"""A proof's pictures hold its numbers."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from h2proof.oracle.growth import law
from h2proof.properties.proof import Proof
from h2proof.properties.proof.proof import Cell, Explored, Growth, Model, Subject

proofs = pytest.importorskip("h2proof.properties.pictures.proofs")
curves = pytest.importorskip("h2proof.oracle.pictures.curves")

MODEL = Model("tidy", "a handler", "read", "this file")
SUBJECT = Subject(
    MODEL,
    runs=9,
    faults=0,
    frames=1,
    steps=1,
    never_quiet=0,
    accounts=(),
    cells=(Cell("polite", 4, {}), Cell("stalled", 5, {"leak": 3, "use_after_release": 1})),
    shown=(),
    explored=Explored("", 1, 0, 1, True, None, ()),
    per_request={},
)
PROOF = Proof(
    claim="",
    subjects=(SUBJECT, replace(SUBJECT, model=replace(MODEL, name="other"), cells=())),
    server=MODEL,
    behaviours=("polite", "stalled"),
    variants=2,
    clients="",
    seed=0,
    seeds=1,
    growth=(
        Growth("tidy", "wrapper", "requests", "constant (0)", ((1, 0), (2, 0), (4, 0))),
        Growth("tidy", "wrapper", "promises", "linear", ((1, 1), (2, 2), (4, 4))),
        Growth("tidy", "timer", "requests", "constant (0)", ((1, 0), (2, 0), (4, 0))),
    ),
    stalls=(),
    not_tried=(),
)


def words_of(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(each.itertext()).strip() for each in root.iter() if each.tag.endswith("}text")]


def test_the_matrix_says_how_often_which_rule_was_broken() -> None:
    words = words_of(proofs.matrix(PROOF))

    assert "0/4" in words
    assert "! leak +1  3/5" in words
    assert 2 == words.count("not tried")
    assert {"tidy", "other", "polite", "stalled"} <= set(words)


def test_growth_has_a_panel_for_each_axis_and_the_law_beside_each_name() -> None:
    words = words_of(proofs.growth(PROOF))

    assert {"requests", "promises", "wrappers at quiet"} <= set(words)
    assert "tidy: constant (0)" in words
    assert f"tidy: {law(((1, 1), (2, 2), (4, 4)))}" in words


def test_the_same_numbers_give_the_same_picture() -> None:
    assert proofs.matrix(PROOF) == proofs.matrix(PROOF)


def test_a_proof_shows_its_page_and_its_matrix() -> None:
    bundle = replace(PROOF, subjects=(SUBJECT,))._repr_mimebundle_()

    assert {"text/plain", "image/svg+xml"} == set(bundle)
    assert "tidy" in bundle["text/plain"]


def test_a_curve_of_nothing_is_drawn_too() -> None:
    assert "<svg" in curves.curves({}, "live")


def test_the_state_machine_is_that_of_the_grids() -> None:
    states = pytest.importorskip("h2proof.properties.pictures.states")
    moves = states.moves()

    # RFC 9113 figure 2, read by hand
    assert ["send or receive HEADERS"] == moves["idle", "open"]
    assert ["send PUSH_PROMISE"] == moves["idle", "reserved local"]
    assert ["receive HEADERS"] == moves["reserved remote", "half closed local"]
    assert ["send END_STREAM"] == moves["open", "half closed local"]
    assert ("closed", "idle") not in moves
    words = words_of(states.state_machine())
    assert set(states.PLACES) <= set(words)
    assert all(line in words for labels in moves.values() for line in labels)


def test_every_way_between_states_has_a_place_for_its_words() -> None:
    states = pytest.importorskip("h2proof.properties.pictures.states")

    assert set(states.moves()) == set(states.ROUTES)
