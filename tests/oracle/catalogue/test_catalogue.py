"""Every requirement that the wire can show has one answer."""

from importlib.resources import files
from pathlib import Path

import pytest

from h2proof.oracle import catalogue
from h2proof.oracle.requirements import RFCS, inventory, observable
from h2proof.oracle.rules import RULES


def test_the_inventory_is_whole() -> None:
    entries = inventory()

    assert 588 == len(entries)
    assert 479 == len(observable())
    assert 448 == sum(each.current for each in observable())


@pytest.mark.parametrize("rfc", RFCS)
def test_the_package_holds_the_inventory_as_it_stands(rfc: int, shared: Path) -> None:
    kept = files("h2proof.oracle.requirements").joinpath(f"rfc{rfc}.json").read_text("utf-8")

    assert (shared / "requirements" / f"rfc{rfc}.json").read_text("utf-8") == kept


def test_each_observable_requirement_has_an_answer_with_its_reason() -> None:
    answers = catalogue.answers()
    untold = [id_ for id_, each in answers.items() if each.how != "rule" and not each.reason]

    assert [each.id for each in observable()] == list(answers)
    assert [] == untold


def test_nothing_is_answered_twice() -> None:
    assert () == catalogue.answered_twice()


def test_at_most_forty_current_requirements_are_open_or_not_decidable() -> None:
    counts = catalogue.counts()

    assert 479 == sum(counts.values())
    assert 31 == counts["superseded"]
    assert counts["not decidable"] + counts["open"] <= 40


def test_each_freedom_of_the_inventory_is_a_freedom_here() -> None:
    permits = {each.id for each in observable() if each.current and each.kind == "permit"}
    freedoms = {id_ for id_, each in catalogue.answers().items() if each.how == "freedom"}

    assert permits <= freedoms
    assert freedoms - permits == set(catalogue.FREEDOMS)


@pytest.mark.parametrize(
    "table", [catalogue.BY_CONSTRUCTION, catalogue.FREEDOMS, catalogue.NOT_DECIDABLE]
)
def test_each_row_is_of_the_inventory_and_current(table: dict[str, str]) -> None:
    current = {each.id for each in observable() if each.current}

    assert set() == set(table) - current


def test_each_rule_cites_requirements_that_exist_and_the_wire_can_show() -> None:
    shown = {each.id for each in observable()}
    strangers = {
        f"{rule.name}: {id_}"
        for rule in RULES.values()
        for id_ in rule.requirements
        if id_ not in shown
    }

    assert set() == strangers


def test_each_rule_is_a_row_with_a_sentence() -> None:
    rows = catalogue.rules()

    assert set(RULES) < set(rows)
    assert {"leak", "double_release", "use_after_release", "other_stream", "never_quiet"} <= set(
        rows
    )
    assert all(row.sentence.endswith(".") for row in rows.values())
