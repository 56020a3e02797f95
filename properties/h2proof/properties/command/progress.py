"""How far reading has come: on stderr, for long inputs on a terminal, and nowhere else.

A thread looks on while another reads; the library that draws is loaded once an input proves long.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from h2proof.oracle.importers import Account

_LONG_SECONDS: Final = 1.0
"""An input is long when it takes more than this."""
_STEP_SECONDS: Final = 0.2


@contextmanager
def progress(names: Sequence[str]) -> Iterator[Callable[[str], Account]]:
    """Gives the function that is told of each input, and answers with the account to read it by."""
    watch = _Watch(names)
    if not sys.stderr.isatty():
        yield watch.account
        return
    looker = threading.Thread(target=watch.look, daemon=True)
    looker.start()
    try:
        yield watch.account
    finally:
        watch.over.set()
        looker.join()


class _Watch:
    """What is being read."""

    def __init__(self, names: Sequence[str]) -> None:
        self.over = threading.Event()
        self._size = sum(_size(name) for name in names)
        self._before = 0
        self._name = ""
        self._account = Account()

    def account(self, name: str) -> Account:
        """The next input begins."""
        self._before += self._account.octets
        self._name, self._account = name, Account()
        return self._account

    def look(self) -> None:
        """Draw until all is over, if that is not soon."""
        if self.over.wait(_LONG_SECONDS):
            return
        from rich.console import Console  # most inputs are short
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        name = TextColumn("{task.description}", markup=False)
        columns = (name, BarColumn(), DownloadColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("", total=self._size or None)
            while not self.over.wait(_STEP_SECONDS):
                octets = self._before + self._account.octets
                bar.update(task, description=self._name, completed=octets)


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size if name != "-" else 0
    except (OSError, ValueError):
        return 0
