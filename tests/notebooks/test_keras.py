"""Notebook 07's own cells: the graph, the Keras model and its two files are one network, or they say no."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
CELLS = [
    cell.source
    for cell in nbformat.read(ROOT / "notebooks" / "07_from_graph_to_keras.ipynb", as_version=4).cells
    if cell.cell_type == "code"
]
VARIABLES = (
    *("conv_layer1/W_conv1", "conv_layer1/b_conv1", "conv_layer2/W_conv2", "conv_layer2/b_conv2"),
    *("fc_layer3/W_fc1", "fc_layer3/b_fc1", "output_fc_layer4/W_fc2", "output_fc_layer4/b_fc2"),
)
Run = Callable[[str], str]


def place(beginning: str) -> int:
    """Where the one cell that begins so stands among the code cells."""
    (number,) = (number for number, source in enumerate(CELLS) if source.startswith(beginning))
    return number


COMPARE = range(place("new_answers ="), place("equal = ") + 1)
HAND_ON = range(place("folder ="), place("for name, answers in strangers") + 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    """Run code after the lesson, in its kernel, and return what it prints. The model is the shipped one."""
    folder = tmp_path_factory.mktemp("keras")
    for part in ("notebooks", "mnist_helpers", "save/pretrained"):
        shutil.copytree(ROOT / part, folder / part)
    environment = os.environ | {"PYTHONPATH": str(folder)}
    manager, client = start_new_kernel(cwd=str(folder / "notebooks"), env=environment)

    def execute(source: str) -> str:
        printed, errors = [], []

        def hear(message: dict) -> None:
            printed.append(message["content"].get("text", ""))
            errors.extend(message["content"].get("traceback", ()))

        reply = client.execute_interactive(source, timeout=120, output_hook=hear)
        assert reply["content"]["status"] == "ok", "\n".join(errors)
        return "".join(printed)

    try:
        for source in CELLS:
            execute(source)
        yield execute
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_cells(run: Run, numbers: range) -> str:
    return "".join(run(CELLS[number]) for number in numbers)


def test_graph_keras_model_and_both_files_agree_on_all_test_pictures(run, tmp_path):
    answers = "graph=old_answers, model=new_answers, **strangers"
    run(f"np.savez({str(tmp_path / 'answers.npz')!r}, {answers})")
    with np.load(tmp_path / "answers.npz") as file:
        answers = dict(file)
    before_saving = np.load(ROOT / "save" / "pretrained" / "predictions.npy")
    assert before_saving.shape == (10_000, 10)
    assert answers.keys() == {"graph", "model", "saved_model", "keras"}
    for one in answers.values():
        np.testing.assert_allclose(one, before_saving, rtol=0, atol=1e-5)


@pytest.fixture
def fewer(run) -> Iterator[None]:
    """Of the test set only the 500 images that leave the graph least confident: small changes show there."""
    run("everything = mnist, images, old_answers")
    run("few = np.argsort(old_answers.max(axis=1))[:500]")
    run("mnist = mnist._replace(test=datasets.Split(*(array[few] for array in mnist.test)))")
    run("images, old_answers = images[few], old_answers[few]")
    yield
    run("mnist, images, old_answers = everything")


@pytest.fixture
def broken(run, fewer, request) -> Iterator[None]:
    """One number in the middle of one of the Keras model's variables is changed by 0.5."""
    run(f"weight = weights[{request.param!r}]; right_numbers = weight.numpy()")
    run("wrong_numbers = right_numbers.copy(); wrong_numbers.flat[wrong_numbers.size // 2] += 0.5")
    run("weight.assign(wrong_numbers)")
    yield
    run("weight.assign(right_numbers)")


def test_the_comparison_is_right_about_unbroken_weights(run, fewer):
    assert "equal for all 500 pictures: True" in run_cells(run, COMPARE)


@pytest.mark.parametrize("broken", VARIABLES, indirect=True)
def test_a_broken_weight_is_noticed(run, broken):
    assert "equal for all 500 pictures: False" in run_cells(run, COMPARE)


@pytest.mark.parametrize("broken", ["output_fc_layer4/W_fc2"], indirect=True)
def test_a_broken_weight_is_noticed_in_both_files(run, broken):
    said = run_cells(run, HAND_ON)
    assert said.count(" within 0.00001: False") == 2 and "True" not in said
