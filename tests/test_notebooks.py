"""The notebooks as committed, and as students run them: anywhere, twice, offline, interrupted."""

import re
import shutil
import time
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


@pytest.fixture
def in_checkout(checkout, monkeypatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(checkout))
    return checkout


# 03 first: it has to work, with the shipped model, for those who skipped 02; nbval runs it after 02.
@pytest.mark.parametrize("name", sorted(names(NOTEBOOKS), key=lambda name: name.startswith("02")))
def test_runs_twice_in_one_kernel_elsewhere_and_offline(name, in_checkout):
    notebook = nbformat.read(in_checkout / "notebooks" / f"{name}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CUT_OFF))
    once = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells += [nbformat.from_dict({**cell, "id": f"{cell.id}-again"}) for cell in once[1:]]
    where = {"metadata": {"path": in_checkout / "notebooks"}}
    NotebookClient(notebook, timeout=900, resources=where).execute()
    warnings = [
        o.text for cell in notebook.cells for o in cell.get("outputs", ()) if o.get("name") == "stderr"
    ]
    assert warnings == []


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


def test_interrupting_the_kernel_while_training_leaves_a_saved_model(in_checkout):
    """What the ■ button does: the loop's cell ends well, and has saved what was learned so far."""
    notebook = nbformat.read(in_checkout / "notebooks" / "02_train_and_save.ipynb", as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    (loop,) = (place for place, source in enumerate(cells) if "KeyboardInterrupt" in source)
    model = in_checkout / "save" / "model.ckpt.index"
    model.unlink(missing_ok=True)
    manager, client = start_new_kernel(cwd=str(in_checkout / "notebooks"))
    try:
        for source in cells[:loop]:
            assert client.execute_interactive(source, timeout=120)["content"]["status"] == "ok"
        request = client.execute(cells[loop])
        shown = ""
        while not re.search(r"\b[5-9]\d/1404", shown):  # some fifty steps in, on the progress bar
            message = client.get_iopub_msg(timeout=120)
            shown += message["content"].get("text", "")
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=120)
        while reply["parent_header"].get("msg_id") != request:
            reply = client.get_shell_msg(timeout=120)
        assert reply["content"]["status"] == "ok"
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
    assert model.exists() and time.time() - model.stat().st_mtime < 120
