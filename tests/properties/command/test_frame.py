"""The frame of the command line: the list of commands, help, and how a process ends."""

import subprocess
import sys

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
