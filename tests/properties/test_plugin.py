"""The pytest plugin, in runs of its own: light, prefixed, and the same with and without xdist."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HEAVY = ("hypothesis", "click", "rich", "hpack", "hyperframe", "h2proof.sim", "h2proof.oracle")

# the other plugins that are installed may import what they like
A_RUN_WITH_NOTHING_ELSE = """
import os, pytest
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
pytest.main(["test_empty.py", "-p", "h2proof.properties.plugin"])
"""


def imported(program: str, *, cwd: Path) -> set[str]:
    """The modules that a fresh interpreter has after a program."""
    script = f"{program}\nimport sys\nprint(chr(10).join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program",
    [
        "import h2proof.properties",
        "import h2proof.properties.plugin",
        A_RUN_WITH_NOTHING_ELSE,
    ],
)
def test_the_plugin_imports_nothing_heavy(program: str, tmp_path: Path) -> None:
    (tmp_path / "test_empty.py").write_text("def test_nothing():\n    pass\n")
    modules = imported(program, cwd=tmp_path)

    assert "h2proof.properties" in modules
    assert [] == [name for name in HEAVY if name in modules]


def test_options_fixtures_and_marker_are_prefixed(pytester: pytest.Pytester) -> None:
    options = pytester.runpytest("--help").stdout.str()
    fixtures = pytester.runpytest("--fixtures", "-p", "no:cacheprovider").stdout.str()
    markers = pytester.runpytest("--markers").stdout.str()

    ours = [line.split()[0] for line in options.splitlines() if line.startswith("  --h2proof")]
    assert ["--h2proof-examples=N", "--h2proof-seed=N", "--h2proof-strict"] == ours
    assert "h2proof_play" in fixtures
    assert "h2proof_ledger" in fixtures
    assert "@pytest.mark.h2proof(examples=..., seed=..., strict=...)" in markers


FORCED = """
import pytest
from h2proof.properties.defaults import in_force, report

@pytest.mark.h2proof(seed=7)
def test_forced():
    chosen = in_force(examples=3)
    report(f"{chosen.examples} {chosen.seed} {chosen.strict}")
    assert False
"""


def test_a_call_goes_before_the_marker_and_the_marker_before_the_options(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(FORCED)
    result = pytester.runpytest("--h2proof-seed=1", "--h2proof-examples=9", "--h2proof-strict")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*h2proof call*", "3 7 True"])


@pytest.mark.slow
def test_the_section_comes_through_xdist(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FORCED)
    result = pytester.runpytest("-n", "2")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*h2proof call*", "3 7 False"])


def test_a_marker_that_says_something_else_is_refused_with_a_sentence(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.h2proof(sede=7)
        def test_misspelt():
            pass
        """
    )
    result = pytester.runpytest()

    assert result.ret != 0
    assert "takes the keywords examples, seed, strict and nothing else" in result.stdout.str()


PLAYING = """
from h2proof.oracle import judge

async def handler(w, r):
    await w.push("/style.css")
    await w.write(b"hello")

def test_one_run(h2proof_play):
    run = h2proof_play(handler)
    assert judge(run.trace).outcome == "ok"
    assert False

def test_ledger(h2proof_ledger):
    class Thing:
        pass
    test_ledger.kept = h2proof_ledger.track(Thing(), "thing")
"""


def test_a_run_leaves_its_ladder_in_the_section_and_a_survivor_fails_its_test(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(PLAYING)
    result = pytester.runpytest("-p", "no:cacheprovider")

    result.assert_outcomes(failed=1, passed=1, errors=1)
    result.stdout.fnmatch_lines(["*leak: a thing is still live*", "*held by*kept of*"])
    result.stdout.fnmatch_lines(["*h2proof call*", "*HEADERS 1 END_STREAM  GET /*"])
