"""Make ``notebooks/solutions/*.ipynb``: ``uv run python -m tools.make_solutions``.

Run it after changing an exercise, a lesson's cell that one needs, or a solution, and commit what it
writes. A solution notebook holds the cells of its lesson that are tagged ``exercise-setup``, then its
section of exercises, with the code of ``notebooks/solutions/solutions.toml`` in place of the dots.
Names on the command line make those alone: ``01_build_the_graph``.
"""

import re
import sys
import tomllib
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LESSONS = Path(__file__).parents[1] / "notebooks"
FOLDER = LESSONS / "solutions"
CHECK = re.compile(r'exercises\.check\("(\d\d\.\d)"')
SECTION = "## Exercises"


def solutions() -> dict[str, str]:
    """Read the code of every solution, by its exercise's number."""
    code = tomllib.loads((FOLDER / "solutions.toml").read_text(encoding="utf-8"))
    return {number: source.strip() for number, source in code.items()}


def section_of_exercises(lesson: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells from the heading up to the next one; none if the lesson has no exercises."""
    section = [cell for cell in lesson.cells if cell.source.startswith(SECTION)]
    for cell in lesson.cells[lesson.cells.index(section[0]) + 1 :] if section else ():
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            break
        section.append(cell)
    return section


def make(path: Path) -> nbformat.NotebookNode | None:
    """Make the solution notebook of a lesson, not yet executed; None if it has no exercises."""
    lesson = nbformat.read(path, as_version=4)
    section = section_of_exercises(lesson)
    if not section:
        return None
    title = lesson.cells[0].source.splitlines()[0].removeprefix("# ")
    cells = [
        new_markdown_cell(
            f"# Solutions: {title}\n\n"
            f"One solution to each exercise of [{path.name}](../{path.name}). Yours may differ and be right. "
            "This page runs by itself. First the cells of the lesson that the exercises need:",
            id="title",
        )
    ]
    setup = [cell for cell in lesson.cells if "exercise-setup" in cell.metadata.get("tags", ())]
    cells += [new_code_cell(_from_one_deeper(cell.source), id=cell.id) for cell in setup]
    cells += [new_markdown_cell("## Solutions", id="solutions")]
    of_the_book = solutions()
    for number, cell in enumerate(section[1:], 1):
        copy = nbformat.from_dict(cell)
        copy.source = _from_one_deeper(cell.source)
        if cell.cell_type == "code":
            copy.update(outputs=[], execution_count=None)
            following = CHECK.search(section[number + 1].source) if number + 1 < len(section) else None
            if following and section[number + 1].cell_type == "code":
                copy.source = _from_one_deeper(of_the_book[following[1]])
        cells.append(copy)
    return new_notebook(cells=cells, metadata=lesson.metadata)


def _from_one_deeper(source: str) -> str:
    """Code or text whose relative paths start from a folder inside ``notebooks``."""
    source = re.sub(r"(?<![\w./])\.\./", "../../", source)
    return re.sub(r"\]\((\d\d_\w+\.ipynb)", r"](../\1", source)


if __name__ == "__main__":
    from tools.refresh_notebooks import refresh

    for path in sorted(LESSONS.glob("*.ipynb")):
        if (not sys.argv[1:] or path.stem in sys.argv[1:]) and (notebook := make(path)):
            print(FOLDER / path.name, flush=True)
            nbformat.write(notebook, FOLDER / path.name)
            refresh(FOLDER / path.name)
