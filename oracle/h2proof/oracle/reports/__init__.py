"""How a check is told: one file for each form, loaded when it is asked for.

A report is a function `render(files, *, colour=False) -> str` over `Checked` inputs. It tells what
was found and finds nothing of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final, NamedTuple, cast

from h2proof.oracle.reports.checked import Checked

Render = Callable[..., str]


class Report(NamedTuple):
    """Where a report is defined (as `render`), and who reads it."""

    module: str
    sentence: str


REPORTS: Final[Mapping[str, Report]] = {
    "text": Report("h2proof.oracle.reports.text", "for a terminal"),
    "json": Report("h2proof.oracle.reports.json", "for programs; its shape is fixed"),
    "junit": Report("h2proof.oracle.reports.junit", "for CI servers, as tests"),
    "sarif": Report("h2proof.oracle.reports.sarif", "for code scanning, SARIF 2.1.0"),
    "markdown": Report("h2proof.oracle.reports.markdown", "for a pull request or an issue"),
}


def render(form: str, files: Sequence[Checked], *, colour: bool = False) -> str:
    """The report of a form that `REPORTS` names."""
    chosen = cast(Render, import_module(REPORTS[form].module).render)
    return chosen(files, colour=colour)
