"""Notebooks 01 to 03 on the projector: as slides in JupyterLab, live, without a network, nothing cut off."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from jupyter_pages import ROOT, TOKEN, jupyter, page, until_idle
from playwright.sync_api import Page, Route

from tools.slides import slide_types

NOTEBOOKS = sorted((ROOT / "notebooks").glob("0[1-3]*.ipynb"))
# A projector of 1920×1080 with the browser's zoom at 200 %: text is 28 of 1,080 pixels high.
WIDTH, HEIGHT = 960, 540
# At 133 %: one tall figure, or the training loop with its curves, may need this, or else scrolls.
HEIGHT_FURTHER_OUT = 810

# What is on the slide that is open: its cells, and the room that they take.
ON_SCREEN = """() => {
    const panel = window.jupyterapp.shell.currentWidget
    const shown = [...panel.node.querySelectorAll(".jp-deck-mod-onscreen")]
    return {
        active: panel.content.activeCell.model.id,
        code: shown.filter(cell => cell.classList.contains("jp-CodeCell")).length,
        height: shown.reduce((sum, cell) => sum + cell.getBoundingClientRect().height, 0),
        width: Math.max(...shown.map(cell => cell.scrollWidth)),
    }
}"""


def notebook_id(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=notebook_id)
def test_every_cell_has_the_slide_type_of_the_rule(path):
    notebook = nbformat.read(path, as_version=4)
    given = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in notebook.cells]
    assert given == slide_types(notebook), f"run: uv run python -m tools.slides notebooks/{path.name}"
    assert given[0] == "slide"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=notebook_id)
def test_a_heading_begins_its_cell(path):
    """So that it can begin a slide."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert "\n## " not in cell.source


def test_of_exercises_the_texts_are_shown_and_the_cells_are_not():
    markdown, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [
        *(markdown("# 9. Title"), markdown("## Idea"), code("1"), markdown("That was it.")),
        *(markdown("## Exercises"), markdown("**1.** Do it."), code("..."), markdown("**2.** And this.")),
        *(code("..."), markdown("## What you learned")),
    ]
    assert slide_types(nbformat.v4.new_notebook(cells=cells)) == [
        *("slide", "slide", "fragment", "fragment"),
        *("slide", "subslide", "skip", "subslide", "skip", "slide"),
    ]


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("slides") / "kit"
    for part in ("notebooks", "images", "save/pretrained"):
        shutil.copytree(ROOT / part, folder / part)
    with jupyter(folder) as address:
        yield address


@pytest.fixture
def projector(chromium) -> Iterator[Page]:
    """A screen in a room without a network."""
    outside = []

    def only_here(route: Route) -> None:
        if route.request.url.startswith("http://127.0.0.1:"):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    with page(chromium) as opened:
        opened.route("**/*", only_here)
        yield opened
    assert outside == []


@contextmanager
def slides(projector: Page, address: str, name: str) -> Iterator[None]:
    """The notebook's slides, started as the instructor does, and left with Esc."""
    projector.goto(f"{address}lab/workspaces/{secrets.token_hex(4)}/tree/notebooks/{name}?token={TOKEN}")
    until_idle(projector)
    projector.get_by_role("button", name="Toggle Deck").click()
    projector.set_viewport_size({"width": WIDTH, "height": HEIGHT})  # Ctrl and +
    projector.wait_for_selector(".jp-deck-mod-onscreen.jp-mod-active")
    yield
    projector.keyboard.press("Escape")
    projector.wait_for_selector(".jp-Deck", state="detached")


def wait_until_at(projector: Page, cell: str) -> None:
    projector.wait_for_function(
        "id => window.jupyterapp.shell.currentWidget.content.activeCell.model.id === id", arg=cell
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=notebook_id)
def test_space_leads_through_all_slides_and_none_is_cut_off(path, lab, projector):
    cells = nbformat.read(path, as_version=4).cells
    stops = [cell.id for cell in cells if cell.metadata.slideshow.slide_type != "skip"]
    cut_off = []
    with slides(projector, lab, path.name):
        for stop in stops:
            wait_until_at(projector, stop)
            seen = projector.evaluate(ON_SCREEN)
            room = HEIGHT_FURTHER_OUT if seen["code"] == 1 else HEIGHT
            if seen["height"] > room or seen["width"] > WIDTH:
                cut_off.append(seen)
            projector.keyboard.press("Space")
    assert cut_off == []


def test_a_slide_runs_its_code(lab, projector):
    """Shift+Enter, as in a notebook: no export, the kernel is there."""
    cells = nbformat.read(NOTEBOOKS[0], as_version=4).cells
    (last,) = (number for number, cell in enumerate(cells) if "to train on:" in cell.source)
    shapes = projector.get_by_text("to train on: (60000, 28, 28) uint8")
    with slides(projector, lab, NOTEBOOKS[0].name):
        projector.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        for cell in cells[: last + 1]:
            wait_until_at(projector, cell.id)
            assert shapes.count() == 0
            projector.keyboard.press("Shift+Enter")
        shapes.wait_for(timeout=180_000)
