"""The frame of the command line: the list of commands, help, and how a process ends."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from h2proof.properties.command import COMMANDS, main


def test_help_lists_every_command_without_loading_one() -> None:
    code = (
        "import sys\n"
        "from h2proof.properties.command import main\n"
        "main(['--help'])\n"
        "sys.exit([name for name in sys.modules if name.startswith('h2proof.oracle')] or 0)\n"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (0, "") == (seen.returncode, seen.stderr)
    assert all(f"\n  {name} " in seen.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == main([name, "--help"])
    shown = capsys.readouterr().out

    assert f"Usage: h2proof {name}" in shown
    assert f"h2proof {name}" in shown.partition("Examples:")[2]


def test_the_module_is_the_command() -> None:
    for arguments in (["--version"], ["nonsense"]):
        seen = subprocess.run(
            [sys.executable, "-m", "h2proof", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (2 if arguments == ["nonsense"] else 0) == seen.returncode
        assert "Traceback" not in seen.stderr


def test_an_unknown_command_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["chek"])
    assert "check" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
    command = f"{sys.executable} -m h2proof check --help | head -c 5"
    seen = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    assert ("Usage", "") == (seen.stdout, seen.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize(
    "arguments", ["rules", "rules nosuch_rule --coverage", "rules -o /dev/full"], ids=repr
)
def test_what_cannot_be_written_is_one_sentence(arguments: str) -> None:
    command = f"{sys.executable} -m h2proof {arguments} > /dev/full"
    seen = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    assert 2 == seen.returncode
    assert 1 == len(seen.stderr.splitlines())
    assert seen.stderr.startswith("h2proof rules: ")


def test_without_a_standard_output_the_exit_code_is_all() -> None:
    command = f"{sys.executable} -m h2proof rules --coverage >&-"
    seen = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    assert (0, "") == (seen.returncode, seen.stderr)


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "markdown"])
def test_a_file_may_have_a_name_of_no_encoding(form: str, tmp_path: Path) -> None:
    name = tmp_path / os.fsdecode(b"odd\xff.txt")
    name.write_text("C  HEADERS 1 END_STREAM  GET /\n")
    out = tmp_path / "out"

    assert 0 == main(["check", str(name), "--format", form])
    assert 0 == main(["check", str(name), "--format", form, "-o", str(out)])
    assert "odd" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("body", ["def (", "1 / 0", "raise SystemExit(3)", "import nowhere_at_all"])
def test_a_module_that_cannot_be_imported_is_one_sentence(
    body: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    module = f"broken_{hashlib.sha256(body.encode()).hexdigest()[:8]}"
    (tmp_path / f"{module}.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)

    assert 2 == main(["run", f"{module}:handler"])
    told = capsys.readouterr().err
    assert 1 == len(told.splitlines())
    assert f"module '{module}' cannot be imported" in told


def test_a_function_that_is_not_async_is_no_handler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plain_page.py").write_text("def page(w, r):\n    return None\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert 2 == main(["run", "plain_page:page"])
    assert "plain_page:page is not async" in capsys.readouterr().err


def test_a_proof_ends_on_no_rule_that_it_cannot_find(capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == main(["prove", "caddy", "--exit-on", "use-after-relase"])
    assert "no rule 'use_after_relase' (did you mean 'use_after_release'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["{}", "[1]", '{"version": 1,', "no json", b"\xff\xfe"], ids=repr)
def test_a_scenario_that_is_none_is_told_with_its_file(
    text: str | bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "scenario.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert 2 == main(["run", "--scenario", str(file)])
    assert f"{file}: not a scenario" in capsys.readouterr().err


def test_a_connection_is_chosen_in_texts_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.txt"
    file.write_text("# one\nC  PING\n\n# two\nS  PING\n")

    assert 0 == main(["export", str(file), "--to", "ladder", "--connection", "1"])
    shown = capsys.readouterr().out
    assert ("two", False) == (shown.splitlines()[0], "one" in shown)


def test_an_interrupted_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def interrupted() -> None:
        raise KeyboardInterrupt

    from h2proof.properties import command

    monkeypatch.setattr(command._Commands, "get_command", lambda *_: interrupted)

    assert 130 == main(["check"])
    assert "h2proof: interrupted\n" == capsys.readouterr().err.lstrip("\n")
