"""The notebooks run from a clean kernel, and what a forge shows is what a run gives."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

jupytext = pytest.importorskip("jupytext")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
nbformat = pytest.importorskip("nbformat")

HERE = Path(__file__).resolve().parents[2] / "notebooks"
SOURCES = sorted(HERE.glob("[0-9]*.py"))
QUICK = [source for source in SOURCES if source.stem in ("01_first_look", "04_judging_a_capture")]
"""Run with every change; the others at night, for they search."""


def refresh() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh", HERE / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cells(path: Path) -> list[tuple[str, str]]:
    notebook = jupytext.read(path)
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def texts(notebook: object) -> list[str]:
    """What the cells print, but for pictures and for what is marked as a machine's own."""
    return [
        output.get("text", "") or output.get("data", {}).get("text/plain", "")
        for cell in notebook.cells  # type: ignore[attr-defined]
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/svg+xml" not in output.get("data", {})
    ]


def test_there_are_six_stories() -> None:
    assert 6 == len(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_shows_the_outputs_of_its_source(source: Path) -> None:
    stored = source.with_suffix(".ipynb")

    assert cells(source) == cells(stored)
    notebook = nbformat.read(stored, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert all(output.output_type != "error" for output in cell.outputs)
            assert cell.execution_count is not None


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_small_enough_for_a_forge(source: Path) -> None:
    assert source.with_suffix(".ipynb").stat().st_size < 1_000_000


@pytest.mark.parametrize("source", QUICK, ids=lambda path: path.stem)
def test_a_quick_notebook_runs(source: Path) -> None:
    assert texts(refresh().executed(source))


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_says_what_is_stored(source: Path) -> None:
    stored = nbformat.read(source.with_suffix(".ipynb"), as_version=4)

    again = refresh().executed(source)

    assert texts(stored) == texts(again)
