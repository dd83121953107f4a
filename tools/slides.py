"""Say which cell begins a slide: ``uv run python -m tools.slides notebooks/0[1-3]*.ipynb``.

On the projector a notebook is its own slides, in JupyterLab and with its kernel (docs/teaching.md). What a
slide holds follows from the cells by one rule, so that a changed notebook needs this command and no thought:

- a heading begins a slide; prose without one begins a slide below it;
- code is a fragment: it stands below its prose, and shows when the class has had time to guess. So is the
  last word on it, the prose before the next heading;
- code that is tall with what it shows gets a slide of its own;
- of exercises the texts are shown, and the cells to work in are not.
"""

import base64
import struct
import sys
from pathlib import Path

import nbformat

LINE = 20  # pixels, with its part of the margins
TALL = 400  # pixels; more does not fit below prose on a screen of 540


def slide_types(notebook: nbformat.NotebookNode) -> list[str]:
    """Decide the ``slide_type`` of each cell."""
    types = []
    in_exercises = False
    for cell, following in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if _is_heading(cell) and not cell.source.startswith("###"):
            in_exercises = cell.source.startswith("## Exercise")
        if _is_heading(cell):
            types.append("slide")
        elif cell.cell_type == "markdown":
            types.append("fragment" if following and _is_heading(following) else "subslide")
        elif in_exercises:
            types.append("skip")
        else:
            types.append("subslide" if _height(cell) > TALL else "fragment")
    return types


def _is_heading(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "markdown" and cell.source.startswith("#")


def _height(cell: nbformat.NotebookNode) -> int:
    """About how many pixels a code cell takes with its outputs."""
    height = LINE * len(cell.source.splitlines())
    for output in cell.outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "image/png" in data:
            height += struct.unpack(">I", base64.b64decode(data["image/png"])[20:24])[0]  # a PNG's height
        else:
            height += LINE * len(data.get("text/plain", "").splitlines())
    return height


def assign(path: Path) -> None:
    """Write the slide types into a notebook's cells; nothing else changes."""
    notebook = nbformat.read(path, as_version=4)
    for cell, slide_type in zip(notebook.cells, slide_types(notebook), strict=True):
        cell.metadata["slideshow"] = {"slide_type": slide_type}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        assign(Path(name))
