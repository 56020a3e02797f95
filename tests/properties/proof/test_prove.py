"""A proof tells what its runs show, the same for any number of workers, in every form."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from tests.properties.proof import planted

from h2proof.properties.proof import Proof, prove, schema
from h2proof.properties.proof.forms import FORMS
from h2proof.properties.search import Case, reductions, shown_in
from h2proof.sim.scenario import Scenario
from h2proof.sim.world import play

ROOT = Path(__file__).resolve().parents[3]
FEW = ("polite", "stalled")


@pytest.fixture(scope="module")
def pair() -> Proof:
    return prove(behaviours=FEW, calls=(), deviations_max=0)


def rules(proof: Proof) -> dict[str, list[str]]:
    return {
        each.model.name: sorted({shown.rule for shown in each.shown}) for each in proof.subjects
    }


def test_the_pool_is_what_makes_a_kept_writer_another_clients(pair: Proof) -> None:
    """Caddy on master fails loudly there; both are clean without that layer."""
    assert {
        "caddy": [],
        "caddy-kept": ["uncaught"],
        "caddy-c1": [],
        "caddy-c1-kept": ["other_stream", "uncaught", "use_after_release"],
    } == rules(pair)


def test_another_clients_octets_are_shown_in_at_most_eight_frames(pair: Proof) -> None:
    shown = next(each for each in pair.subjects[-1].shown if each.rule == "other_stream")

    assert shown.frames <= 8
    assert any("carries 'late octets of" in fact for fact in shown.because)
    assert 2 == sum(len(client.requests) for client in shown.case.scenario.clients)


def test_no_step_of_a_printed_case_can_be_left_out(pair: Proof) -> None:
    for subject in pair.subjects:
        for shown in subject.shown:
            assert shown_in(play(shown.case.scenario), shown.fingerprint) is not None
            assert not any(
                _shows(less, shown.fingerprint) for less in reductions(shown.case.scenario)
            )


def _shows(scenario: Scenario, fingerprint: str) -> bool:
    try:
        return shown_in(play(scenario), fingerprint) is not None
    except ValueError:
        return False


def test_what_stays_while_a_client_stalls_goes_when_the_handler_returns(pair: Proof) -> None:
    """C45a and C45b: everything while it is blocked, nothing while only a flush waits."""
    live = {(each.subject, each.what): each.live for each in pair.stalls}

    for name in ("caddy", "caddy-c1"):
        assert 1 == live[name, "blocked in a write"]
        assert 0 == live[name, "returned, flush waits"]


def test_a_pool_keeps_what_it_has_made(pair: Proof) -> None:
    plain, _, pooled, _ = pair.subjects
    account = pooled.account("pooled wrapper")

    assert plain.account("pooled wrapper") is None
    assert account is not None
    assert 0 < account.at_quiet == account.closed


def test_the_json_is_as_its_schema_says(pair: Proof) -> None:
    data = json.loads(pair.to_json())

    jsonschema.validate(data, schema())
    case = Case.from_json(json.dumps(data["subjects"][1]["shown"][0]["case"]))
    assert "caddy-kept" == case.scenario.handler


def test_the_page_is_80_columns_wide(pair: Proof) -> None:
    page = FORMS["text"](pair)

    assert [] == [line for line in page.splitlines() if len(line) > 80]
    for model in (each.model for each in pair.subjects):
        assert model.rests_on.capitalize() in page


@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_every_handler(pair: Proof, form: str) -> None:
    text = FORMS[form](pair)

    assert all(each.model.name in text for each in pair.subjects)


def test_the_html_page_draws_each_ladder(pair: Proof) -> None:
    text = FORMS["html"](pair)
    fingerprints = {shown.fingerprint for each in pair.subjects for shown in each.shown}

    assert len(fingerprints) == text.count("<svg ") == text.count("</svg>")
    assert "\0" not in text
    assert "other stream" in text


def test_a_pool_grows_with_what_is_asked_at_once_and_not_with_the_requests(pair: Proof) -> None:
    laws = {
        row.axis: row.law
        for row in pair.growth
        if (row.subject, row.kind) == ("caddy-c1", "pooled wrapper")
    }

    assert "constant (1)" == laws["requests"]
    assert "linear up to 32, slope 1" == laws["requests at once"]
    assert "constant (1)" == laws["PINGs"]


def test_the_discussions_figures_stand_beside_the_counts_as_quoted(pair: Proof) -> None:
    """V2, by hand: 3896 B/op and 31 allocations on master, 3802 and 29 with the pool."""
    page = FORMS["text"](pair)

    assert "3896 B/op, 31 allocs/op" in page
    assert "3802 B/op, 29 allocs/op" in page
    assert "not measured here" in " ".join(page.split())
    assert [True, False, True, False] == [each.quoted is not None for each in pair.subjects]
    assert "3896 B/op, 31 allocs/op" in FORMS["markdown"](pair)


def test_a_handler_without_wrappers_is_counted_by_its_response_writers() -> None:
    page = FORMS["text"](prove(("page",), behaviours=("polite",), calls=(), deviations_max=0))

    assert "no wrapper was made" not in page
    assert "the response writers it is given" in page


def test_the_number_of_workers_does_not_show() -> None:
    with ThreadPoolExecutor(1) as executor:
        elsewhere = prove(("page",), behaviours=("polite",), calls=(), executor=executor)

    assert prove(("page",), behaviours=("polite",), calls=()).to_json() == elsewhere.to_json()


@pytest.mark.slow
def test_a_planted_line_is_reported_with_its_list_as_holder() -> None:
    planted.KEPT.clear()

    proof = prove(("tests.properties.proof.planted:KEEPS_WRAPPER",), behaviours=("polite",))

    leak = next(each for each in proof.subjects[0].shown if "|wrapper|" in each.fingerprint)
    assert "leak" == leak.rule
    assert "KEPT of module tests.properties.proof.planted" in leak.holders
    assert not proof.holds(proof.subjects[0])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody",), "no handler 'nobody'"),
        (("caddy", "--behaviour", "rude"), "no behaviour 'rude'"),
        (("caddy", "--server", "none"), "no server 'none'"),
        (("caddy", "--against", "sys:path"), "not a handler"),
    ],
)
def test_a_wrong_name_is_one_sentence_and_exit_2(arguments: tuple[str, ...], sentence: str) -> None:
    result = _command("prove", *arguments)

    assert 2 == result.returncode
    assert sentence in result.stderr
    assert 1 == len(result.stderr.splitlines())


def _command(
    *arguments: str, given: str = "", **environment: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "h2proof", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_to_do_it_again_says_what_was_asked_for() -> None:
    proof = prove(
        ("page",), server="plain", behaviours=("polite",), calls=(), deviations_max=None, seeds=0
    )
    again = "again h2proof prove page --behaviour polite --server plain --exhaustive"

    assert f"{again} --seed 0 --seeds 0" in " ".join(FORMS["text"](proof).split())
    assert "In every schedule of this scenario" in proof.subjects[0].explored.sentence


def test_a_case_is_replayed_from_the_page(pair: Proof) -> None:
    lines = FORMS["text"](pair).splitlines()
    start = next(place for place, line in enumerate(lines) if line.endswith("<<'CASE'"))
    case = "\n".join(lines[start + 1 : lines.index("CASE")])

    result = _command("replay", "-", given=case)

    assert 1 == result.returncode
    assert result.stdout.startswith("-: STILL FAILS")


def test_a_case_that_is_mended_is_said_to_be(pair: Proof, tmp_path: Path) -> None:
    data = pair.subjects[1].shown[0].case.data()
    data["scenario"]["handler"] = "caddy"
    file = tmp_path / "case.json"
    file.write_text(json.dumps(data))

    result = _command("replay", str(file))

    assert 0 == result.returncode
    assert "FIXED" in result.stdout


@pytest.mark.slow
def test_two_hash_seeds_give_the_same_json() -> None:
    few = ("--behaviour", "stalled", "--format", "json")
    outputs = {
        _command("prove", *few, "-j", workers, PYTHONHASHSEED=seed).stdout
        for seed, workers in (("1", "1"), ("2", "2"))
    }

    assert 1 == len(outputs)


@pytest.mark.slow
def test_the_readme_shows_the_verdicts_of_the_default_proof() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    verdicts = readme.partition("prints a page to paste into the review:\n\n```\n")[2]
    shown = verdicts.partition("```")[0]

    assert shown.startswith("  caddy ")
    assert shown in FORMS["text"](prove())
