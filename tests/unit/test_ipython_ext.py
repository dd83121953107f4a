"""The sentence that says which cell to run first, and the errors that stay without it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from mnist_helpers.ipython_ext import Order

IMPORT = "from mnist_helpers.tf1 import tf"
RESET = "tf.reset_default_graph()"
INPUT = 'with tf.name_scope("input"):\n    x = tf.placeholder(tf.float32, [None, 784], name="x")'
IMAGE = 'with tf.name_scope("image"):\n    x_image = tf.reshape(x, [-1, 28, 28, 1], name="x_image")'
SESSION = "session = tf.Session()\nprint(session.graph is tf.get_default_graph())"
CLOSED = "with session:\n    pass"
ASK = "session.run(x_image, {x: [[0.0] * 784]}).shape"
LOOK = "def look():\n    return session.run(x_image, {x: [[0.0] * 784]})"
SAVE = 'path = "../save/three.txt"\nopen(path, "w").write("3")'
READ = "open(path).read()"
CHECKPOINT = "three = tf.Variable(3.0)\nprefix = '../save/deep/model.ckpt'\n"
CHECKPOINT += "with tf.Session() as closed:\n    closed.run(three.initializer)\n"
CHECKPOINT += "    saved = tf.train.Saver([three]).save(closed, prefix)"
RESTORE = """with tf.Session() as closed:
    tf.train.Saver([three]).restore(closed, '../save/deep/model.ckpt')"""
REMOVE = "import shutil\n\nshutil.rmtree('../save/deep')"
CELLS = {
    "Setup": [IMPORT, RESET],
    "Graph": [INPUT, IMAGE],
    "Session": [SESSION, ASK, CLOSED, LOOK],
    "Checkpoints": [CHECKPOINT, RESTORE, REMOVE],
    "Files": [SAVE, READ],
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run cells of a notebook in its folder: what the last one shows, red or not, without colours."""
    cells = []
    for section, sources in CELLS.items():
        cells.append({"cell_type": "markdown", "source": f"## {section}\n\nSome words."})
        cells += [{"cell_type": "code", "source": source} for source in sources]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "save").mkdir()
    (tmp_path / "notebooks" / "lesson.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "notebooks" / "other.ipynb").write_text("no notebook at all")
    monkeypatch.chdir(tmp_path / "notebooks")
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    Order(shell)

    def run(*sources: str) -> str:
        for source in sources:
            capsys.readouterr()
            shell.run_cell(source, store_history=True)
        return capsys.readouterr().out.strip()

    yield run
    shell.restore_sys_module_state()


def first(cell: str, section: str, then: str = "this one") -> str:
    return f"run the cell that begins `{cell.splitlines()[0]}` in the section “{section}” first, then {then}."


BELOW = "the cells below it down to this one"


def test_a_missing_name_is_explained_below_the_error_itself(run):
    shown = run(IMPORT, RESET, IMAGE.replace("with", "if 1:\n    pass\nwith"))  # the cell was changed
    assert shown.endswith("`x` is missing: " + first(INPUT, "Graph"))
    shown = run(ASK)
    assert "NameError: name 'session' is not defined" in shown and "Traceback" in shown
    assert shown.endswith("`session` is missing: " + first(SESSION, "Session"))


def test_a_scope_that_misses_a_name_leaves_nothing_in_the_graph(run):
    assert run(IMPORT, RESET, IMAGE) == "`x` is missing: " + first(INPUT, "Graph")
    assert run(INPUT, IMAGE, "print(x_image.name)") == "image/x_image:0"


def test_a_scope_run_again_is_refused_and_the_graph_stays_as_it_is(run):
    shown = run(IMPORT, RESET, INPUT, INPUT)
    assert shown.startswith("`input` is in the graph already, and a second one would be called `input_1`: ")
    assert shown.endswith(first(RESET, "Setup", BELOW))
    assert run("print([op.name for op in tf.get_default_graph().get_operations()])") == "['input/x']"


@pytest.mark.parametrize(
    "allowed", [RESET + "\n" + INPUT, "with tf.Graph().as_default():\n    with tf.name_scope('input'): 0"]
)
def test_a_scope_may_come_again_in_an_empty_graph(run, allowed):
    assert "already" not in run(IMPORT, RESET, INPUT, allowed)


def test_what_belongs_to_an_emptied_graph_is_refused(run):
    assert run(IMPORT, RESET, INPUT, IMAGE, SESSION, RESET, ASK).endswith(first(INPUT, "Graph"))
    shown = run(INPUT, ASK)
    assert shown == "`x_image` belongs to a graph that was emptied since: " + first(IMAGE, "Graph")
    assert run(IMAGE, ASK).endswith(first(SESSION, "Session"))
    assert "(1, 28, 28, 1)" in run(SESSION, ASK)


def test_it_is_found_inside_of_a_function_and_of_a_dictionary(run):
    run(IMPORT, RESET, INPUT, IMAGE, SESSION, LOOK, "feed = {x: 0}", RESET)
    assert run("look()").endswith(first(INPUT, "Graph"))
    assert run("feed").startswith("`feed` belongs to a graph that was emptied since")


def test_a_graph_that_is_default_again_is_not_emptied(run):
    run(IMPORT, RESET, INPUT, "inner = tf.Graph().as_default()\ninner.__enter__()", "0")
    assert "emptied" not in run("_ = inner.__exit__(None, None, None)", "0", "print(x.name)")


def test_a_closed_session_is_explained(run):
    shown = run(IMPORT, RESET, INPUT, IMAGE, SESSION, CLOSED, ASK)
    assert "RuntimeError: Attempted to use a closed Session." in shown
    assert shown.endswith(first(SESSION, "Session"))


def test_variables_newer_than_the_session_are_explained(run):
    shown = run(IMPORT, RESET, SESSION, "v = tf.Variable(0.0)", "session.run(v)")
    assert "FailedPreconditionError" in shown and shown.endswith(first(SESSION, "Session"))


def test_an_empty_graph_that_is_to_be_saved_is_explained(run):
    shown = run(IMPORT, "tf.train.Saver()")
    assert "ValueError: No variables to save" in shown and "the graph is empty: run the cell" in shown
    assert "`tf.reset_default_graph()`" in shown.splitlines()[-1]


@pytest.mark.parametrize(
    "says", ["`inputs` not connected to `outputs`", 'The name "x_image" is used 2 times in the model.']
)
def test_layers_of_keras_on_inputs_made_at_different_times_are_explained(run, says):
    made = "x_image = type('KerasTensor', (), {})()"
    used = f"x_image\nraise ValueError({says!r})"
    lesson = json.loads(Path("lesson.ipynb").read_text())
    lesson["cells"] += [{"cell_type": "code", "source": source} for source in (made, "pass", used)]
    Path("lesson.ipynb").write_text(json.dumps(lesson))
    assert run(made, used).endswith("`x_image` is newer than a layer: " + first(made, "Files", BELOW))


def test_a_missing_file_is_explained(run):
    shown = run('path = "../save/three.txt"', READ)
    assert "FileNotFoundError" in shown
    assert shown.endswith("`../save/three.txt` is missing: " + first(SAVE, "Files"))
    assert "run the cell" not in run('open("../images/three.png")')


def test_any_error_of_a_cell_that_needs_a_missing_file_is_explained(run):
    missing = "`../save/deep/model.ckpt` is missing: "
    assert run(IMPORT, RESET, CHECKPOINT, RESTORE) == ""
    shown = run(REMOVE, RESTORE)
    assert "ValueError: The passed save_path is not a valid checkpoint" in shown
    assert shown.endswith(missing + first(CHECKPOINT, "Checkpoints"))
    # No error below names the file: the cell does, or what it uses.
    shown = run("found = tf.train.latest_checkpoint('../save/deep')", "tf.train.list_variables(prefix)")
    assert shown.endswith(missing + first(CHECKPOINT, "Checkpoints"))
    shown = run("found = tf.train.latest_checkpoint(saved[:-11])\nfound.upper(), '../save/deep/model.ckpt'")
    assert "AttributeError" in shown and shown.endswith(missing + first(CHECKPOINT, "Checkpoints"))
    assert "model.ckpt" in run(CHECKPOINT, RESTORE, "print(saved)")


def test_a_file_that_a_cell_further_down_may_make_needs_all_of_them(run):
    lesson = json.loads(Path("lesson.ipynb").read_text())
    sources = ("folder = '../save/ours'", "import os\nos.mkdir(folder)", "os.listdir(folder)")
    lesson["cells"] += [{"cell_type": "code", "source": source} for source in sources]
    Path("lesson.ipynb").write_text(json.dumps(lesson))
    shown = run("import os", sources[0], sources[2])
    assert shown.endswith("`../save/ours` is missing: " + first(sources[0], "Files", BELOW))
    assert "Error" not in run(*sources)


def test_a_file_that_is_there_is_not_called_missing(run):
    run(IMPORT, RESET, SAVE, CHECKPOINT)
    for cell in (READ + "\n1 / 0", RESTORE + "\n1 / 0", "open(path, 'x')"):
        shown = run(cell)
        assert "Error" in shown and "is missing" not in shown


@pytest.mark.parametrize(
    ("given", "takes", "cure"),
    [
        ((1, 28, 28), "None, 784", "reshape each example in it, `.reshape(-1, 784)`"),
        ((3, 784), "None, 28, 28, 1", "reshape each example in it, `.reshape(-1, 28, 28, 1)`"),
        ((784,), "None, 784", "make a batch of one of it, `.reshape(1, 784)`"),
        ((28, 28), "None, 784", "make a batch of one of it, `.reshape(1, 784)`"),
        ((64,), "None, 10", "each entry has to be a row of 10; for labels `np.eye(10)[labels]` makes them"),
        ((2, 5), "None, 784", "give it that shape"),
        ((1,), "", "give it that shape"),
    ],
)
def test_a_value_of_the_wrong_shape_gets_the_usual_cure(run, given, takes, cure):
    run(IMPORT, RESET, "import numpy as np", f"z = tf.placeholder(tf.float32, [{takes}], name='z')")
    shown = run(f"with tf.Session() as closed:\n    closed.run(z, {{z: np.zeros({given})}})")
    assert "ValueError: Cannot feed value of shape" in shown
    what = f"`z` takes the shape ({takes.replace('None', '?')}), and ({', '.join(map(str, given))}"
    assert shown.splitlines()[-1].startswith(what) and shown.endswith(f" was given: {cure}.")


@pytest.mark.parametrize("source", ["1 / 0", "imagse", "int('three')", "x = [0][1]", "3 +", "return"])
def test_an_error_that_does_not_come_from_the_order_stays_as_it_is(run, source):
    shown = run(IMPORT, source)
    assert "Error" in shown and "run the cell" not in shown


def test_a_name_is_sought_in_the_nearest_cell_above(run):
    lesson = json.loads(Path("lesson.ipynb").read_text())
    lesson["cells"] += [
        {"cell_type": "code", "source": source} for source in ("x = 'once more'", "x.upper()")
    ]
    Path("lesson.ipynb").write_text(json.dumps(lesson))
    assert run(IMPORT, RESET, IMAGE).endswith(first(INPUT, "Graph"))
    assert run("x.upper()").endswith(first("x = 'once more'", "Files"))


def test_importing_the_kit_changes_nothing_in_ipython():
    code = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()

def state():
    printers = shell.display_formatter.formatters["image/png"].type_printers
    return list(shell.ast_transformers), shell.custom_exceptions, dict(printers)

before = state()
for name in ("figures", "recognizer", "widgets", "exercises", "doctor"):
    __import__(f"mnist_helpers.{name}")
assert state() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_it_is_loaded_once_and_unloaded_without_a_trace():
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}), colors="nocolor")
    before = list(shell.ast_transformers), shell.custom_exceptions
    for _ in range(2):
        shell.run_line_magic("load_ext", "mnist_helpers.ipython_ext")
        assert len(shell.ast_transformers) == len(before[0]) + 1
    shell.run_line_magic("unload_ext", "mnist_helpers.ipython_ext")
    assert before == (list(shell.ast_transformers), shell.custom_exceptions)
