"""The notebooks as committed, and as students run them: anywhere, twice, offline, interrupted."""

import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random

import nbformat
import numpy as np
import pytest
from dateutil.parser import parse as parse_date
from elsewhere import Elsewhere
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from mnist_helpers import checkpoint
from mnist_helpers.graph import SCOPES, build_graph, predict
from mnist_helpers.tf1 import tf
from mnist_helpers.training import PLAIN, add_training_ops

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

RIDDLE = "second = build_graph()"  # so begins the cell of notebook 03 that doubles the graph on purpose

# Notebook 02 trains for a minute; what the order of its cells does shows with ten batches as well.
ALL_BATCHES = f"training.Batches(mnist.train, epochs={PLAIN.epochs}"
TEN_BATCHES = "training.Batches(type(mnist.train)(*(part[:1280] for part in mnist.train)), epochs=1"

SENTENCE = re.compile(
    r": run the cell that begins `(.+)` in the section “(.+)” first, "
    r"then (this one|the cells below it down to this one)\.$"
)

# Run with names of their own, so that they make nothing that a cell might miss.
NO_NAMES = """
import IPython, mnist_helpers.tf1
IPython.get_ipython().reset()
mnist_helpers.tf1.tf.reset_default_graph()
"""
TWICE_IN_THE_GRAPH = f"""
import re, sys
if tf := sys.modules.get("tensorflow.compat.v1"):
    twice = re.compile(r"({"|".join(SCOPES)})_\\d+/")
    print(*(op.name for op in tf.get_default_graph().get_operations() if twice.match(op.name)))
"""


def names(paths: list[Path]) -> list[str]:
    return [path.stem for path in paths]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names(NOTEBOOKS))
def test_committed_notebooks_are_clean_pages(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    text = path.read_text()
    assert not re.search(r"/(root|home|work|tmp|Users|private)/|[A-Z]:\\\\\\\\", text), (
        "a path of some machine"
    )
    assert "widgets" not in notebook.metadata and "widget-view" not in text, "widget state"
    for cell in notebook.cells:
        assert "execution" not in cell.metadata, "execution times"
        for output in cell.get("outputs", ()):
            assert output.get("name") != "stderr", f"red output below:\n{cell.source}"
            assert output.output_type != "error" or "raises-exception" in cell.metadata.tags
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    assert counts == list(range(1, len(code) + 1)), "executed top to bottom, once"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names(NOTEBOOKS))
def test_every_notebook_is_a_lesson_of_small_steps(path):
    """The same frame, 10 to 40 minutes, most cells short, and a word before most of them."""
    cells = nbformat.read(path, as_version=4).cells
    frame = cells[0].source
    for part in ("**You will be able to**", "**You need**", "**Time:**"):
        assert part in frame, part
    assert (
        10 <= int(re.search(r"(\d+) minutes of reading", frame)[1]) <= 40
        and "of machine on two cores" in frame
    )
    assert "## What you learned" in cells[-1].source and "ext" in cells[-1].source.splitlines()[-1]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert statistics.median(len(source.splitlines()) for source in code) <= 6
    explained = [
        before.cell_type == "markdown" for before, cell in pairwise(cells) if cell.cell_type == "code"
    ]
    assert sum(explained) >= 0.8 * len(code)


def test_notebook_02_as_committed_reached_its_goal():
    text = (ROOT / "notebooks" / "02_train_and_save.ipynb").read_text()
    accuracies = [float(found) for found in re.findall(r"after +\d+ steps: ([\d.]+)%", text)]
    assert len(accuracies) == 4 and accuracies[-1] >= 99.2


def test_notebook_02_trains_as_the_helper_does():
    """The lesson's loss, accuracy and optimizer are the same operations as training.add_training_ops'."""
    notebook = nbformat.read(ROOT / "notebooks" / "02_train_and_save.ipynb", as_version=4)
    taught = "\n".join(cell.source for cell in notebook.cells if cell.source.startswith("with tf.name_scope"))
    exec(taught, {"tf": tf, "net": build_graph()})
    lesson = list(tf.get_default_graph().as_graph_def().node)
    tf.reset_default_graph()
    add_training_ops(build_graph())
    assert lesson == list(tf.get_default_graph().as_graph_def().node)


def in_ten_batches(path: Path) -> str:
    """The notebook's JSON; notebook 02's with less to train on."""
    text = path.read_text("utf-8")
    assert (ALL_BATCHES in text) == path.stem.startswith("02"), "it trains as the plain configuration says"
    return text.replace(ALL_BATCHES, TEN_BATCHES)


class Lesson:
    """A notebook in a kernel that is watched, and offline: run any cell, and do as its sentence says."""

    def __init__(self, folder: Path, name: str) -> None:
        self.place = Elsewhere(folder)
        path = self.place.kit / "notebooks" / f"{name}.ipynb"
        path.write_text(in_ten_batches(path), "utf-8")
        notebook = nbformat.read(path, as_version=4)
        where = {"metadata": {"path": path.parent}}
        # Not more: seen once, kernel and client were both idle until the time was over, and then went on.
        self.client = NotebookClient(notebook, timeout=300, resources=where, allow_errors=True)
        self.path = path
        self.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        self.seconds = [0.0] * len(self.cells)  # what each took when it ran last
        section, self.places = "", {}  # (first line, section): which cell it is
        for cell in notebook.cells:
            if cell.cell_type == "code":
                first = cell.source.splitlines()[0]
                assert (first, section) not in self.places, "a sentence could mean two cells"
                self.places[first, section] = len(self.places)
            elif headings := re.findall("^#+ (.+)", cell.source, re.M):
                section = headings[-1]

    @contextmanager
    def kernel(self) -> Iterator[None]:
        with self.client.setup_kernel(env=self.place.environment):
            yield

    def silently(self, source: str) -> str:
        """Run code that is no part of the notebook, with names of its own: what it printed."""
        cell = nbformat.v4.new_code_cell(f"exec({source!r}, {{}})")
        self.client.execute_cell(cell, 0, store_history=False)
        assert all(output.output_type == "stream" for output in cell.outputs), cell.outputs
        return "".join(output.text for output in cell.outputs)

    def as_after_a_restart(self) -> None:
        """Forget all but the kernel's imports, and run the first cell."""
        self.silently(NO_NAMES)
        assert self.sentence(0) is None

    def sentence(self, place: int) -> re.Match | None:
        """Run a cell: nothing if it worked, else the sentence that says what to run first."""
        cell = self.cells[place]
        self.client.execute_cell(cell, self.client.nb.cells.index(cell), store_history=True)
        times = cell.metadata.pop("execution")
        begun, ended = (parse_date(times[key]) for key in ("iopub.status.busy", "iopub.status.idle"))
        self.seconds[place] = (ended - begun).total_seconds()
        red = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        assert red == [], f"{cell.source}\n\n{red}"
        if name := self.silently(TWICE_IN_THE_GRAPH).strip():
            assert any(cell.source.startswith(RIDDLE) for cell in self.cells), name
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if not errors:
            return None
        text = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(errors[0].traceback)).strip()
        found = SENTENCE.search(text.splitlines()[-1])
        assert found or "raises-exception" in cell.metadata.get("tags", ()), f"{cell.source}\n\n{text}"
        return found

    def facts(self, place: int) -> str:
        """What a cell showed when it ran last, if its outputs are the same on every machine."""
        cell = self.cells[place]
        if "nbval-check-output" not in cell.metadata.get("tags", ()):
            return ""
        return "".join(output.get("text") or output.data["text/plain"] for output in cell.outputs)

    def work(self, place: int, patience: int) -> int:
        """Run a cell, and as often as it asks for others these first: how many runs that was."""
        runs = 1
        while found := self.sentence(place):
            assert runs <= patience, f"no end of advice: {found[0]}"
            first = self.places[found[1], found[2]]
            for other in range(first, place if "below" in found[3] else first + 1):
                runs += self.work(other, patience - runs)
            runs += 1
        return runs


def rerun(folder: Path, name: str, thoroughly: bool) -> list[str]:
    """Run every cell of a notebook twice in succession, then any cell at any time, after a restart, too.

    Returns what leaked; see Elsewhere.
    """
    lesson = Lesson(folder, name)
    places = range(len(lesson.cells))
    random = Random(0)
    with lesson.kernel():
        for place, cell in enumerate(lesson.cells):
            assert lesson.sentence(place) is None, cell.source
            if lesson.seconds[place] > 5 and not thoroughly:
                continue  # the long form runs these twice, too
            facts = lesson.facts(place)
            if found := lesson.sentence(place):
                assert "is in the graph already" in found.string and "tf.name_scope" in cell.source, found
            else:
                assert facts == lesson.facts(place) or RIDDLE in cell.source, cell.source
        quick = [place for place in places if lesson.seconds[place] < 2 or thoroughly]
        for place in random.choices(quick, k=100 if thoroughly else 12):
            lesson.work(place, 3 * len(places))
        for place in places if thoroughly else random.choices(quick, k=1):
            lesson.as_after_a_restart()
            lesson.work(place, 3 * len(places))
    return lesson.place.leaks(named=[lesson.path])  # 02's is written for ten batches


@pytest.fixture(
    scope="module", params=[False, pytest.param(True, marks=pytest.mark.long)], ids=["short", "long"]
)
def runs(request, tmp_path_factory) -> Iterator[dict[str, Future]]:
    """Two notebooks at a time, each in a kit of its own: one machine's two cores."""
    with ThreadPoolExecutor(2) as pool:
        yield {
            name: pool.submit(rerun, tmp_path_factory.mktemp("élève 1 "), name, request.param)
            for name in names(NOTEBOOKS)
        }


@pytest.mark.parametrize("name", names(NOTEBOOKS))
def test_any_cell_runs_twice_and_at_any_time_or_one_sentence_says_which_to_run_first(name, runs):
    runs[name].result()


@pytest.mark.parametrize("name", names(NOTEBOOKS))
def test_it_wrote_nothing_but_save_and_logs_unpickled_nothing_and_called_nobody(name, runs):
    assert runs[name].result() == []


@pytest.mark.parametrize(
    ("code", "leak"),
    [
        ("import socket; socket.create_connection(('203.0.113.1', 80))", "called 203.0.113.1"),
        ("import urllib.request; urllib.request.urlopen('https://example.org')", "called example.org"),
        ("import collections, pickle; pickle.loads(pickle.dumps(collections.Counter()))", "unpickled collec"),
        ("open('../spilt', 'w')", "written "),
        ("open('../mnist kit/images/text2.png', 'a')", "written "),
        ("import os; os.remove('images/text2.png')", "written "),
        ("import tempfile; tempfile.mkstemp()", "written "),
        ("import pathlib; (pathlib.Path.home() / 'visited').touch()", "written "),
    ],
)
def test_a_leak_would_be_seen(code, leak, tmp_path):
    place = Elsewhere(tmp_path)
    subprocess.run([sys.executable, "-c", code], cwd=place.kit, env=place.environment, capture_output=True)
    assert [found[: len(leak)] for found in place.leaks()] == [leak]


@pytest.mark.long
def test_two_kernels_that_train_into_one_folder_leave_one_whole_network(mnist, tmp_path):
    """Two pages of notebook 02 at once: what is restored is one's network, with the same one's answers."""
    place = Elsewhere(tmp_path)
    path = place.kit / "notebooks" / "02_train_and_save.ipynb"
    where = {"metadata": {"path": path.parent}}
    taught = in_ten_batches(path)
    books = [nbformat.reads(taught.replace("seed=0", f"seed={seed}"), as_version=4) for seed in (0, 1)]
    with ThreadPoolExecutor(2) as pool:
        kernels = [NotebookClient(book, timeout=900, resources=where) for book in books]
        pages = [pool.submit(kernel.execute, env=place.environment) for kernel in kernels]
    assert [page.exception() for page in pages] == [None, None]
    network = build_graph()
    with tf.Session() as session:
        checkpoint.restore(session, network.variables, place.kit / "save" / "model.ckpt")
        answers = predict(session, network, mnist.test.images)
    assert np.abs(answers - np.load(place.kit / "save" / "predictions.npy")).max() < 1e-5


def test_interrupting_the_kernel_while_training_leaves_a_saved_model(tmp_path):
    """What the ■ button does: the loop's cell ends well, and has saved what was learned so far. Twice."""
    place = Elsewhere(tmp_path)
    notebook = nbformat.read(place.kit / "notebooks" / "02_train_and_save.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    model = place.kit / "save" / "model.ckpt.index"
    manager, client = start_new_kernel(cwd=str(place.kit / "notebooks"), env=place.environment)
    try:
        for _ in range(2):
            model.unlink(missing_ok=True)
            for source in cells:
                interrupted = "KeyboardInterrupt" in source
                request = client.execute(source)
                shown = ""
                while interrupted and not re.search(r"\b[5-9]\d/936", shown):  # some fifty steps in
                    message = client.get_iopub_msg(timeout=120)
                    if message["parent_header"].get("msg_id") == request:
                        shown += message["content"].get("text", "")
                if interrupted:
                    manager.interrupt_kernel()
                reply = client.get_shell_msg(timeout=120)
                while reply["parent_header"].get("msg_id") != request:
                    reply = client.get_shell_msg(timeout=120)
                assert reply["content"]["status"] == "ok", reply["content"]
                assert not interrupted or model.exists()
            asked = (
                "session = tf.Session()",
                "tf.train.Saver(net.variables).restore(session, '../save/model.ckpt')",
                "answers = predict(session, net, mnist.test.images[:1000]).argmax(axis=1)",
                "assert np.mean(answers == mnist.test.labels[:1000]) > 0.7",
            )
            assert client.execute_interactive("\n".join(asked))["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
