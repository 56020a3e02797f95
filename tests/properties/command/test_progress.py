"""Progress: nothing where nobody looks, a bar on a terminal once an input proves long."""

import sys
import time
from io import StringIO
from pathlib import Path

import pytest

from h2proof.properties.command import progress as module
from h2proof.properties.command.progress import progress


class Terminal(StringIO):
    """A stderr that somebody looks at."""

    def isatty(self) -> bool:
        return True


def look_on(monkeypatch: pytest.MonkeyPatch, stderr: StringIO) -> None:
    """Set in the test itself, for pytest sets stderr anew before each."""
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(module, "_STEP_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def test_a_short_input_shows_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    terminal = Terminal()
    look_on(monkeypatch, terminal)
    with progress([str(tmp_path)]) as account:
        account("short")

    assert "" == terminal.getvalue()


def test_a_long_input_shows_its_name_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    look_on(monkeypatch, terminal)
    monkeypatch.setattr(module, "_LONG_SECONDS", 0.0)
    with progress(["-", "/does/not/exist"]) as account:
        account("[red]long.pcap")
        until = time.monotonic() + 10
        while "[red]long.pcap" not in terminal.getvalue() and time.monotonic() < until:
            time.sleep(0.01)

    assert "[red]long.pcap" in terminal.getvalue()


def test_without_a_terminal_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = StringIO()
    look_on(monkeypatch, nobody)
    monkeypatch.setattr(module, "_LONG_SECONDS", 0.0)
    with progress(["-"]) as account:
        account("-")
        time.sleep(0.05)

    assert "" == nobody.getvalue()
