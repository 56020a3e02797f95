"""Run the notebooks and write their outputs: `python notebooks/refresh.py [NAME...]`.

Each notebook is a pair: `NAME.py` is what is edited and read in a diff, `NAME.ipynb` is the same
with its outputs, for those who read on a forge. What a run measures of itself (times, the machine)
is left out, so a notebook changes only when it says something else.
"""

import sys
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat import write as write_notebook

HERE = Path(__file__).resolve().parent
SECONDS_MAX = 300


def sources() -> list[Path]:
    """The notebooks, in order."""
    return sorted(HERE.glob("[0-9]*.py"))


def executed(source: Path) -> NotebookNode:
    """The notebook of a source, run from a fresh kernel in its folder; an error in a cell raises."""
    notebook = jupytext.read(source)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_MAX,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(HERE)}},
    )
    client.execute()
    for cell in notebook.cells:
        # what cannot draw itself is shown as an error, and does not stop the run
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                raise RuntimeError(f"{source.name}: {output.ename}: {output.evalue}")
    return settled(notebook)


def settled(notebook: NotebookNode) -> NotebookNode:
    """The notebook without what differs from run to run or from machine to machine."""
    notebook.metadata.pop("language_info", None)
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{place}"
        cell.metadata = {}
    return notebook


def main(names: list[str]) -> None:
    """Refresh the named notebooks, or all."""
    for source in sources():
        if not names or source.stem in names:
            write_notebook(executed(source), source.with_suffix(".ipynb"))
            print(source.stem)


if __name__ == "__main__":
    main(sys.argv[1:])
