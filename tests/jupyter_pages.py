"""Real servers and a real browser for the tests: JupyterLab, Notebook 7, Voilà, and Chromium.

Every server gets folders of its own for settings, kernels' files and notebooks, so that nothing of
the machine's own Jupyter comes in, and nothing of the test gets out.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
Stroke = list[tuple[float, float]]  # points, 0.0 to 1.0 of the sheet
TOKEN = secrets.token_hex(8)
PATIENCE = 60_000  # ms: what takes longer is broken, however busy the machine is
expect.set_options(timeout=PATIENCE)
# What the hosts get wrong by themselves, with any notebook.
NOT_OURS = re.compile(
    r"reading 'schema'"  # Notebook 7
    r"|Command 'filebrowser:open-path' not registered"  # Notebook 7
    # Voilà loads what is made for JupyterLab and Notebook 7, and misses what they have.
    r"|/voila/labextensions/(@jupyter-notebook/lab-extension|jupyterlab-slideshow)/"
    r"|Plugin '@deathbeds/jupyterlab-fonts?[^']*' failed to activate"
    r"|https://[^ ]*font-?awesome"  # Voilà asks the network for its icons
)


def chromium() -> str:
    """Where the system's Chromium is. Without one the test fails in CI, and is skipped elsewhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("it needs a browser: apt-get install chromium")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium with a camera that shows a test picture."""
    switches = (
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update"),
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=list(switches))
        yield opened
        opened.close()


def settings(folder: Path) -> dict[str, str]:
    """The environment of a server whose files all lie in ``folder``."""
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    where = {f"JUPYTER_{name}": folder / name.lower() for name in names}
    where |= {f"JUPYTERLAB_{name}_DIR": folder / name.lower() for name in ("SETTINGS", "WORKSPACES")}
    where |= {"IPYTHONDIR": folder / "ipython", "HOME": folder / "home"}
    for place in where.values():
        place.mkdir(parents=True, exist_ok=True)
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **{name: str(place) for name, place in where.items()}, "PYTHONPATH": python_path}


@contextmanager
def jupyter(folder: Path) -> Iterator[str]:
    """A Jupyter server with ``folder`` as its root, for JupyterLab and Notebook 7 alike: its address."""
    environment = settings(folder.parent / f"{folder.name} settings")
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"),
        *(f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={TOKEN}"),
        *("--LabApp.expose_app_in_browser=True", "--ServerApp.jpserver_extensions=notebook=True"),
        "--JupyterNotebookApp.expose_app_in_browser=True",
    ]
    with process(command, environment) as server:
        runtime = Path(environment["JUPYTER_RUNTIME_DIR"])
        address = until(lambda: _address(runtime), server)
        until(lambda: urllib.request.urlopen(f"{address}api/status?token={TOKEN}").status == 200, server)
        yield address


@contextmanager
def process(
    command: list[str], environment: dict[str, str], folder: Path | None = None
) -> Iterator[subprocess.Popen]:
    """A program, started in a folder, that is ended, with what it started, at the end."""
    log = Path(environment["JUPYTER_RUNTIME_DIR"]) / "log.txt"
    with open(log, "wb") as stream:
        running = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=stream, stderr=subprocess.STDOUT
        )
        running.log = log
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(30)
            except subprocess.TimeoutExpired:
                running.kill()


def until(ready, server: subprocess.Popen, seconds: float = 60):
    """Wait for ``ready`` to give something; what the server said is the message if it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, server.log.read_text()
        try:
            if found := ready():
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not ready after {seconds} s: {server.log.read_text()}")


@contextmanager
def drawing_page(folder: Path) -> Iterator[str]:
    """What ``mnist-kit draw`` serves: its address. Its settings, opening no browser, lie in ``folder``."""
    environment = settings(folder)
    config = Path(environment["JUPYTER_CONFIG_DIR"]) / "voila.json"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config.write_text(json.dumps({"Voila": {"open_browser": False, "port": port}}))
    with process([sys.executable, "-m", "mnist_helpers.cli", "draw"], environment) as server:
        address = f"http://127.0.0.1:{port}/"
        until(lambda: urllib.request.urlopen(f"{address}voila/static/voila.js").status == 200, server)
        yield address


def _address(runtime: Path) -> str | None:
    for path in runtime.glob("jpserver-*.json"):
        return json.loads(path.read_text() or "{}").get("url")
    return None


def write_notebook(path: Path, *cells: str) -> Path:
    """A notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


FAULTS: dict[Page, list[str]] = {}


def faults(page: Page) -> list[str]:
    """What went wrong on a page since it was last asked: console errors, page errors, failed requests."""
    said = [line for line in FAULTS[page] if not NOT_OURS.search(line)]
    FAULTS[page].clear()
    return said


@contextmanager
def page(browser: Browser, **context) -> Iterator[Page]:
    """A page; errors on its console, in its scripts and in its requests fail the test at the end."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, **context)
    made = opened.new_page()
    wrong = FAULTS[made] = []
    made.on("console", lambda said: said.type == "error" and wrong.append(f"{said.text} {said.location}"))
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("requestfailed", lambda request: wrong.append(f"{request.failure} {request.url}"))
    try:
        yield made
        said = faults(made)
        assert not said, "\n".join(said)
    finally:
        del FAULTS[made]
        opened.close()


def share_kernel(address: str, notebook: str, other: str) -> None:
    """Let a notebook that is not open yet have another's kernel, which knows TensorFlow already."""
    url = f"{address}api/sessions?token={TOKEN}"
    sessions = json.load(urllib.request.urlopen(url))
    kernel = next(session["kernel"] for session in sessions if session["path"] == other)
    wanted = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"id": kernel["id"]}}
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(wanted).encode(), headers))


def open_notebook(page: Page, address: str, notebook: str, host: str = "lab") -> None:
    """Open a notebook in JupyterLab or, with the host "notebook", in Notebook 7, and run all its cells."""
    front = f"lab/workspaces/{secrets.token_hex(4)}/tree" if host == "lab" else "notebooks"
    page.goto(f"{address}{front}/{notebook}?token={TOKEN}")
    until_idle(page)
    assert run_all(page), "a cell raised"


def until_idle(page: Page) -> None:
    """Wait until a notebook is open and its kernel waits for work."""
    page.wait_for_function(
        """() => { const panel = window.jupyterapp?.shell.currentWidget;
        return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === 'idle' }""",
        timeout=PATIENCE,
    )


def run_all(page: Page) -> bool:
    """Run all cells of the notebook that is open; whether none raised."""
    return page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def save(page: Page) -> None:
    """Save the notebook that is open."""
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")


def execute(page: Page, code: str) -> None:
    """Let the kernel run some code, as a cell would, and do not wait for it; see ``executed``."""
    page.evaluate(
        """code => { window.executed = window.jupyterapp.shell.currentWidget
        .sessionContext.session.kernel.requestExecute({ code }).done; }""",
        code,
    )


def executed(page: Page) -> str:
    """Wait for the end of what ``execute`` began: "ok" or "error"."""
    return page.evaluate("async () => (await window.executed).content.status")


class PadOnPage:
    """A drawing pad, as its user sees it."""

    def __init__(self, page: Page, number: int = 0):
        self.page = page
        self.root = page.locator(".mnist-pad").nth(number)
        self.sheet = self.root.get_by_label("Draw a digit here")
        self.status = self.root.get_by_role("status")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name)

    def points(self, stroke: Stroke) -> Stroke:
        """Places on the page of a stroke's points, 0.0 to 1.0 of the sheet."""
        self.sheet.scroll_into_view_if_needed()
        box = self.sheet.bounding_box()
        return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]

    def draw(self, strokes: list[Stroke]) -> str:
        """Draw with the mouse: the answer."""
        self.ink(strokes)
        return self.answered()

    def ink(self, strokes: list[Stroke]) -> None:
        """Draw with the mouse, and wait for nothing."""
        for stroke in strokes:
            first, *rest = self.points(stroke)
            self.page.mouse.move(*first)
            self.page.mouse.down()
            for point in rest:
                self.page.mouse.move(*point)
            self.page.mouse.up()

    def touch(self, strokes: list[Stroke]) -> str:
        """Draw with a finger: the answer."""
        self._dispatch(strokes, "Touch", "touchStart", "touchMove", "touchEnd")
        return self.answered()

    def write(self, strokes: list[Stroke]) -> str:
        """Draw with a stylus: the answer."""
        self._dispatch(strokes, "Mouse", "mousePressed", "mouseMoved", "mouseReleased")
        return self.answered()

    def _dispatch(self, strokes: list[Stroke], kind: str, *types: str) -> None:
        session = self.page.context.new_cdp_session(self.page)
        pen = {"pointerType": "pen", "button": "left", "buttons": 1, "clickCount": 1}
        for stroke in strokes:
            points = [{"x": x, "y": y} for x, y in self.points(stroke)]
            for number, point in enumerate([*points, points[-1]]):
                last = number == len(points)
                type = types[0 if number == 0 else 2 if last else 1]
                where = {"touchPoints": [] if last else [point]} if kind == "Touch" else point | pen
                session.send(f"Input.dispatch{kind}Event", {"type": type, **where})
        session.detach()

    def upload(self, file: Path | dict) -> str:
        """Choose a file, a path or name, mimeType and buffer: the answer."""
        self.forget()
        with self.page.expect_file_chooser() as chooser:
            self.button("Picture…").click()
        chooser.value.set_files(file)
        return self.answered()

    def forget(self) -> None:
        """Blank the status line, so that the next thing said is seen even if it is the same again."""
        self.status.evaluate("status => { status.textContent = '' }")

    def answered(self) -> str:
        """What the status line says once nothing is waited for any more."""
        self.page.wait_for_function(
            """status => !status.ariaBusy && status.innerText
            && !/^(Reading|Waiting)/.test(status.innerText)""",
            arg=self.status.element_handle(),
            timeout=PATIENCE,
        )
        return self.status.inner_text()

    def box(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, right, width and height of the sheet, px, when the page's window has this size."""
        self.page.set_viewport_size({"width": width, "height": height})
        # Jupyter lays its panels out anew at the next frame.
        return self.sheet.evaluate(
            """async sheet => {
            for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
            const { left, right, width, height } = sheet.getBoundingClientRect();
            return [left, right, width, height] }"""
        )

    def empty(self) -> None:
        """Clear the sheet."""
        self.button("Clear").click()
        self.answered()

    def looks(self) -> str:
        """All that is on the sheet, as a data URL."""
        return self.sheet.evaluate("sheet => sheet.toDataURL()")

    def seen(self) -> str:
        """The 28x28 that the network sees, as a data URL."""
        return self.root.get_by_role("img", name="28 by 28").evaluate("seen => seen.toDataURL()")
