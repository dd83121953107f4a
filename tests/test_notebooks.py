"""The notebooks as committed, and as students run them: anywhere, twice, offline, interrupted."""

import os
import re
import shutil
import statistics
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient

from mnist_helpers.graph import build_graph
from mnist_helpers.quiet import tf
from mnist_helpers.training import add_training_ops

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# Python asks for every address and opens every connection under these two names (PEP 578).
CUT_OFF = """
import sys

def cut_off(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        address = arguments[1] if event == "socket.connect" else arguments[0]
        host = address[0] if isinstance(address, tuple) else address
        if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", b"localhost"):
            raise OSError(f"the network is cut off, and this asked for {host}")

sys.addaudithook(cut_off)
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
    shares = [float(share) for share in re.findall(r"after +\d+ steps: ([\d.]+)%", text)]
    assert len(shares) == 4 and shares[-1] >= 99.2


def test_notebook_02_trains_as_the_helper_does():
    """The lesson's loss, accuracy and optimizer are the same operations as training.add_training_ops'."""
    notebook = nbformat.read(ROOT / "notebooks" / "02_train_and_save.ipynb", as_version=4)
    taught = "\n".join(cell.source for cell in notebook.cells if cell.source.startswith("with tf.name_scope"))
    exec(taught, {"tf": tf, "net": build_graph()})
    lesson = list(tf.get_default_graph().as_graph_def().node)
    tf.reset_default_graph()
    add_training_ops(build_graph())
    assert lesson == list(tf.get_default_graph().as_graph_def().node)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the kit elsewhere, in a folder with a space and an accent, where nobody has trained yet."""
    folder = tmp_path_factory.mktemp("élève 1") / "mnist kit"
    for part in ("notebooks", "mnist_helpers", "images", "save/pretrained"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


def kernel_of(checkout: Path) -> dict[str, dict[str, str]]:
    """Options for a kernel that imports the kit from that checkout."""
    return {"env": {**os.environ, "PYTHONPATH": str(checkout)}}


def run_twice(checkout: Path, name: str) -> list[str]:
    """Run a notebook top to bottom, and again in the same kernel, offline: its red output."""
    notebook = nbformat.read(checkout / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CUT_OFF))
    once = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells += [nbformat.from_dict({**cell, "id": f"{cell.id}-again"}) for cell in once[1:]]
    where = {"metadata": {"path": checkout / "notebooks"}}
    NotebookClient(notebook, timeout=900, resources=where).execute(**kernel_of(checkout))
    return [o.text for cell in notebook.cells for o in cell.get("outputs", ()) if o.get("name") == "stderr"]


@pytest.fixture(scope="module")
def runs(checkout) -> Iterator[dict[str, Future]]:
    """All but notebook 02, two at a time: 03 has to work with the shipped model for those who skipped 02."""
    with ThreadPoolExecutor(2) as pool:
        yield {name: pool.submit(run_twice, checkout, name) for name in names(NOTEBOOKS) if name[:2] != "02"}


@pytest.mark.parametrize("name", [name for name in names(NOTEBOOKS) if name[:2] != "02"])
def test_runs_twice_in_one_kernel_elsewhere_and_offline(name, runs):
    assert runs[name].result() == []


@pytest.mark.long  # it trains twice; the test of the interrupt does the same with two short trainings
def test_notebook_02_runs_twice_in_one_kernel_elsewhere_and_offline(checkout):
    assert run_twice(checkout, "02_train_and_save") == []


def test_the_network_is_really_cut_off():
    hook = {}
    exec(CUT_OFF.replace("sys.addaudithook(cut_off)", ""), hook)
    hook["cut_off"]("socket.connect", (None, ("127.0.0.1", 80)))
    for event, arguments in (
        ("socket.connect", (None, ("203.0.113.1", 80))),
        ("socket.getaddrinfo", ("example.org", 443)),
    ):
        with pytest.raises(OSError, match="cut off"):
            hook["cut_off"](event, arguments)


def test_interrupting_the_kernel_while_training_leaves_a_saved_model(checkout):
    """What the ■ button does: the loop's cell ends well, and has saved what was learned so far. Twice."""
    notebook = nbformat.read(checkout / "notebooks" / "02_train_and_save.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    model = checkout / "save" / "model.ckpt.index"
    manager, client = start_new_kernel(cwd=str(checkout / "notebooks"), **kernel_of(checkout))
    try:
        for _ in range(2):
            model.unlink(missing_ok=True)
            for source in cells:
                interrupted = "KeyboardInterrupt" in source
                request = client.execute(source)
                shown = ""
                while interrupted and not re.search(r"\b[5-9]\d/1404", shown):  # some fifty steps in
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
