"""What the checks of the exercises say: to solutions, to typical wrong answers, and to anything else."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from scipy.special import softmax

from mnist_helpers import checkpoint, datasets, exercises, paths
from mnist_helpers.graph import build_graph
from mnist_helpers.tf1 import tf
from mnist_helpers.training import add_training_ops
from tools.make_solutions import CHECK, FOLDER, LESSONS, make, section_of_exercises, solutions

SOLUTIONS = solutions()
SOLVED = sorted(FOLDER.glob("*.ipynb"))

# For each exercise: what students write in place of the dots, and words that the reply must contain.
WRONG = {
    "01.1": {
        "3 * 3 * 32 * 64": "bias",
        "3 * 3 * 32 * 64 + 32": "not one for each input channel",
        "2 * 3 * 3 * 32 * 64": "not one for each weight",
        "3 * 3 * 64": "all 32 channels",
        "3 * 3 * 64 + 64": "32 channels",
        "3 * 3 * 32 + 1": "one filter",
        "3 * 3 * 32": "one filter",
        "5 * 5 * 32 * 64 + 64": "5 × 5",
        "5 * 5 * 32 * 64": "5 × 5",
        '"18496"': "quotes",
        "W_conv2": "tensor",
        "[3, 3, 32, 64]": "list",
    },
    "01.2": {
        "{x: datasets.flatten(mnist.test.images[:3]), keep_prob: 1.0}": "dropout",
        "{x: datasets.flatten(mnist.test.images[:3]), y_: datasets.one_hot(mnist.test.labels[:3])}": "y_",
        "{keep_prob: 1.0}": "x is missing",
        "{x: mnist.test.images[:3]}": "(3, 28, 28): flatten",
        "{x: mnist.test.images[:3].reshape(3, 784)}": "255",
        "{x: datasets.flatten(mnist.test.images[:1])}": "three rows",
        "{x: datasets.flatten(mnist.test.images[3:6])}": "not the first three",
        '{"x": datasets.flatten(mnist.test.images[:3])}': "without quotes",
        "datasets.flatten(mnist.test.images[:3])": "dictionary",
    },
    "01.3": {
        "np.float32([0.3, 0.4])": "tensor",
        "tf.reduce_max(y_conv)": "all pictures",
        "tf.reduce_max(y_conv, axis=0)": "other axis",
        "tf.reduce_max(y_conv, axis=1, keepdims=True)": "(2, 1)",
        "tf.argmax(y_conv, 1)": "argmax",
        "tf.reduce_max(logits, axis=1)": "logit",
        "tf.reduce_sum(y_conv, axis=1)": "always 1",
        "y_conv": "(2, 10)",
        "max": "tensor",
    },
    "02.1": {
        "net.variables": "Adam",
        "tf.trainable_variables()": "Adam",
        "[v for v in tf.global_variables() if v not in net.variables]": "model's own",
        "[v for v in tf.global_variables() if 'power' not in v.name]": "beta1_power",
        "tf.train.Saver()": "the list",
        "[v.op.name for v in tf.global_variables()]": "a string",
        "[]": "empty",
        "26": "a number",
    },
    "02.2": {
        "np.sum((answers == digit) & (labels == digit))": "counted",
        "100 * np.mean(answers[labels == digit] == digit)": "percent",
        "np.mean((answers == digit) & (labels == digit))": "10,000",
        "np.mean(labels[answers == digit] == digit)": "classified as the digit",
        "np.mean(answers[labels == digit] != digit)": "error rate",
        "np.mean(answers == labels)": "all digits",
        "answers[labels == digit] == digit": "one number",
        "np.mean(answer == digit)": "NameError",
    },
    "02.3": {
        "-np.log(np.exp(logits) / np.exp(logits).sum())[right]": "exp(1000)",
        "-np.log(softmax(logits)[right])": "infinite",
        "-np.log(softmax(logits)[right] + 1e-9)": "clips",
        "np.log(softmax(logits)[right])": "sign",
        "softmax(logits)[right]": "minus its logarithm",
        "-np.log2(softmax(logits)[right])": "base",
        "-np.log(softmax(logits).max())": "largest logit",
        "-np.log(softmax(logits))": "one number",
    },
    "03.1": {
        '"fc_layer3/h_fc1"': ":0",
        '"h_fc1:0"': "scope",
        '"h_fc1"': "scope",
        '"dropout/h_fc1_drop:0"': "after dropout",
        '"fc_layer3/W_fc1:0"': "learned",
        '"pooling_layer2/h_pool2:0"': "shape",
        '"conv_layer9/h_fc1:0"': "no tensor",
        "net.h_fc1": "tensor",
        "3": "a number",
    },
    "03.2": {
        "1 - light / 255": "background is white",
        "light": "255",
        "light.reshape(28, 28) / 255": "(1, 784)",
        "light / 255 / 255": "twice",
        "np.asarray(Image.open('../images/7_light_on_dark.png').convert('L'))": "resize",
        "np.asarray(Image.open('../images/8_chalk.jpg').resize((28, 28)))": "(28, 28, 3)",
        "light.reshape(28, 28).T.reshape(1, 784) / 255": "swapped",
        "Image.open('../images/7_light_on_dark.png')": "resize",
        "net.x": "tensor",
    },
    "03.3": {
        "second.variables": "list",
        "{v: v.op.name for v in second.variables}": "other way round",
        "{v.op.name: v.op.name for v in second.variables}": "variable itself",
        "{v.op.name: v for v in second.variables}": "under which names",
        "{v.op.name: v for v in first.variables}": "first network",
        "dict(zip(checkpoint.ARTICLE_NAMES.values(), second.variables))": "article",
        "{first.W_conv1.op.name: second.W_conv1}": "names only 1",
        "{a.op.name: b for a, b in zip(first.variables, second.variables[::-1])}": "another layer",
    },
    "04.1": {
        "recognizer.recognize(picture)": "whole answer",
        "recognizer.recognize(picture).confident": "whether",
        "str(recognizer.recognize(picture).digit)": "quotes",
        '"not sure"': "photo of the 6",
        "7": "photo of the 6",
        "recognizer.recognize(picture).digit": "empty sheet",
        "(lambda a: a.digit if a.probabilities.max() > 0.5 else 'not sure')(recognizer.recognize(picture))": (
            "two digits"
        ),
    },
    "04.2": {
        "255 - small(picture)": "every picture",
        "small(picture)": "no picture",
        "small(picture) if np.median(small(picture)) > 127 else 255 - small(picture)": "wrong way round",
        "np.maximum(small(picture), 255 - small(picture))": "each pixel",
        "np.asarray(picture.convert('L'))": "(28, 28)",
        "(255 - small(picture) if np.median(small(picture)) > 127 else small(picture)) / 255": "bytes",
        "255 - small(picture) if small(picture).mean() > 60 else small(picture)": "8_chalk.jpg",
    },
    "04.3": {
        "np.mean(digits(images) == labels)": "however far",
        "np.mean(digits(np.roll(images, pixels, axis=1)) == labels)": "down",
        "np.mean(digits(np.roll(images, -pixels, axis=2)) == labels)": "left",
        "np.mean(digits(np.roll(images, pixels, axis=0)) == labels)": "places",
        "np.sum(digits(np.roll(images, pixels, axis=2)) == labels)": "counted",
        "np.mean(digits(np.roll(images, pixels, axis=2)) != labels)": "error rate",
        "100 * np.mean(digits(np.roll(images, pixels, axis=2)) == labels)": "percent",
        "np.roll(images, pixels, axis=2)": "one number",
    },
    "05.1": {
        "sum(len(stroke) for stroke in strokes)": "points",
        "len(strokes)": "strokes",
        "2 * len(strokes[0])": "first stroke",
        "np.size(strokes[0])": "first stroke",
        "256 * 256": "pixels",
        "np.size(strokes)": "ValueError",
    },
    "05.2": {
        "[(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)]": "one stroke",
        "[[(0.2, 0.8), (0.8, 0.8), (0.35, 0.1)]]": "upside down",
        "[[(77, 51), (179, 51), (115, 205)]]": "pixels",
        "[[(0.3, 0.2), (0.7, 1.2), (0.45, 0.8)]]": "outside",
        "[[(0.3, 0.2)], [(0.7, 0.2)], [(0.45, 0.8)]]": "dot",
        "[[(0.3, 0.2, 1), (0.7, 0.2, 1)]]": "two numbers",
        "[]": "no stroke",
        "7": "a number",
    },
    "05.3": {
        "int(np.flatnonzero(np.argmax(probabilities, axis=1) != 6)[0])": "index",
        "angles[np.flatnonzero(np.max(probabilities, axis=1) < 0.5)[0]]": "still the answer",
        "angles[np.flatnonzero(np.argmax(probabilities, axis=1) == 9)[0]]": "first 9",
        "angles[np.flatnonzero(np.argmax(probabilities, axis=1) != 6)[-1]]": "last",
        "angles[np.argmax(probabilities, axis=1) != 6]": "one number",
        "angles[0]": "first angle",
    },
    "06.1": {
        "image.__setitem__(slice(row - 2, row + 3), 0) or image": "copy first",
        "square(image, row - size // 2, column - size // 2, size)": "below 0",
        "square(image, row, column, size)": "middle",
        "square(image, row - size // 2, column - size // 2, size - 1)": "add 1",
        "square(image, row - size, column - size, 2 * size + 1)": "half of `size`",
        "square(image, column - size // 2, row - size // 2, size)": "swapped",
        "square(image, row - size // 2, column - size // 2, size, 128)": "128",
        "image * 0": "whole picture",
        "image.copy()": "Nothing",
        "image[row - 2 : row + 3, column - 2 : column + 3]": "(5, 5)",
    },
    "06.2": {
        "np.maximum(slid(maps, weights) + bias, 0)": "added up",
        "np.maximum(slid(maps, weights).sum(axis=2), 0)": "bias is missing",
        "np.maximum(slid(maps, weights).sum(axis=2), 0) + bias": "before `relu`",
        "np.maximum((slid(maps, weights) + bias).sum(axis=2), 0)": "32 times",
        "np.maximum(slid(maps, weights), 0).sum(axis=2) + bias": "too early",
        "slid(maps, weights).sum(axis=2) + bias": "`relu` is missing",
        "np.maximum(slid(maps, weights).mean(axis=2) + bias, 0)": "mean",
        "np.maximum(slid(maps, weights, ndimage.convolve).sum(axis=2) + bias, 0)": "rotated by 180°",
        "np.maximum(slid(maps, weights, mode='reflect').sum(axis=2) + bias, 0)": "border",
        "np.maximum(slid(maps, weights)[:, :, 0] + bias, 0)": "first of the 32",
        "slid(maps, weights).sum(axis=2)[2:-2, 2:-2]": "(10, 10)",
        "0": "shape ()",
    },
    "06.3": {
        "tf.gradients(net.logits[:, 5] - net.logits[:, 3], net.x_image)": "[0]",
        "tf.gradients(net.logits[:, 3] - net.logits[:, 5], net.x_image)[0]": "signs",
        "tf.gradients(net.logits[:, 5] + net.logits[:, 3], net.x_image)[0]": "sum",
        "tf.gradients(net.y_conv[:, 5] - net.y_conv[:, 3], net.x_image)[0]": "probabilities",
        "tf.gradients(net.logits[:, 5], net.x_image)[0]": "logit of 5 alone",
        "tf.gradients(net.logits[:, 3], net.x_image)[0]": "logit of 3 alone",
        "tf.gradients(net.logits[5] - net.logits[3], net.x_image)[0]": "single pictures",
        "tf.abs(tf.gradients(net.logits[:, 5] - net.logits[:, 3], net.x_image)[0])": "sign is lost",
        "tf.gradients(net.logits[:, 5] - net.logits[:, 3], net.h_conv1)[0]": "net.x_image",
        "net.logits[:, 5] - net.logits[:, 3]": "difference itself",
        "tf.constant(0.0)": "shape",
        "tf.gradients(net.x_image, net.logits[:, 5] - net.logits[:, 3])": "swapped",
        "tf.gradients(net.x_image, net.logits[:, 5] - net.logits[:, 3])[0]": "swapped",
        "np.zeros((28, 28))": "numbers",
    },
    "07.1": {
        "0.8": "kept",
        "1 / 0.8": "multiplied",
        "0.5": "lesson's",
        "0.8 - 1": "negative",
        "20": "percent",
        "keras.layers.Dropout(0.2)": "one number",
    },
    "07.2": {
        "(old.argmax(axis=1) == new.argmax(axis=1)).all()": "softmax applied twice",
        "np.mean(old - new) < 1e-5": "cancel",
        "np.abs(old - new).mean() < 1e-5": "largest difference",
        "np.allclose(old, new, rtol=0, atol=0.01)": "largest difference",
        "np.array_equal(old, new)": "rounding",
        "np.allclose(old, new)": "rounding",
        "np.isclose(old, new, rtol=0, atol=1e-5)": "20,000 Booleans",
        "np.abs(old - new).max() > 1e-5": "identical",
        "np.abs(old - new).max()": "a number",
    },
    "07.3": {
        "keras.Sequential([keras.layers.Rescaling(255), network])": "65,025",
        "keras.Sequential([network])": "as they are",
        "keras.Sequential([*[keras.layers.Rescaling(1 / 255) for _ in '12'], network])": "twice",
        "keras.Sequential([network, keras.layers.Rescaling(1 / 255)])": "comes after",
        "keras.Sequential([keras.layers.Rescaling(2 / 255, offset=-1), network])": "-1 to 1",
        "keras.Sequential([keras.layers.Rescaling(-1 / 255, offset=1), network])": "inverts",
        "keras.Sequential([keras.layers.Rescaling(1 / 256), network])": "256",
        "keras.layers.Rescaling(1 / 255)": "the layer alone",
        "network": "given model",
        "lambda images: network(images / 255)": "can be saved",
        "keras.layers.Rescaling(1 / 255)(network)": "ValueError",
        "keras.Sequential([keras.layers.Rescaling(1 / 255)])": "ten numbers",
    },
}
# And an answer that is wrong in no known way.
STRANGE = {
    "01.1": "12345",
    "01.2": "{x: datasets.flatten(mnist.test.images[:3]), h_conv1: 0}",
    "01.3": "tf.reduce_min(y_conv, axis=1)",
    "02.1": "tf.global_variables() + [tf.Variable(0, collections=[], name='mine')]",
    "02.2": "0.5",
    "02.3": "1.0",
    "03.1": '"of nothing"',
    "03.2": "np.asarray(Image.open('../images/text2.png'), float).reshape(1, 784) / 255",
    "03.3": "5",
    "04.1": "'yes'",
    "04.2": "np.eye(28) * 255",
    "04.3": "0.25",
    "05.1": "5",
    "05.2": "[[(0.5, 0.1), (0.5, 0.9)]]",
    "05.3": "17",
    "06.1": "square(image, 0, 0, 3)",
    "06.2": "np.ones((14, 14))",
    "06.3": "tf.gradients(net.logits, net.x_image)[0]",
    "07.1": "0.3",
    "07.2": "'yes'",
    "07.3": "keras.Sequential([keras.layers.Rescaling(1 / 100), network])",
}
FUNCTIONS = [number for number, code in SOLUTIONS.items() if code.startswith("def")]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def blanks() -> dict[str, tuple[str, str]]:
    """Of each exercise: the cell with the dots, and the name that its check asks for."""
    found = {}
    for path in sorted(LESSONS.glob("*.ipynb")):
        code = [cell for cell in section_of_exercises(read(path)) if cell.cell_type == "code"]
        for cell, following in pairwise(code):
            if number := CHECK.search(following.source):
                found[number[1]] = cell.source, re.search(r", (\w+)\)$", following.source)[1]
    return found


BLANKS = blanks()


def square(image: np.ndarray, top: int, left: int, size: int, shade: int = 0) -> np.ndarray:
    copy = image.copy()
    copy[top : top + size, left : left + size] = shade
    return copy


def slid(maps: np.ndarray, weights: np.ndarray, slide=ndimage.correlate, mode="constant") -> np.ndarray:
    return np.stack([slide(maps[..., i], weights[..., i], mode=mode) for i in range(32)], axis=-1)


def small(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L").resize((28, 28)))


@pytest.fixture(scope="module")
def lesson(mnist, recognizer) -> dict:
    """The names that the exercises find in their lessons, and some for the wrong answers above."""
    with tf.Graph().as_default():
        net = build_graph()
        add_training_ops(net)
    names = {"tf": tf, "np": np, "Image": Image, "datasets": datasets, "checkpoint": checkpoint}
    names |= {"mnist": mnist, "net": net, "recognizer": recognizer, "build_graph": build_graph}
    names |= {"small": small, "softmax": softmax, "ndimage": ndimage, "square": square, "slid": slid}
    names["light"] = small(Image.open(paths.SAMPLES / "7_light_on_dark.png")).reshape(1, 784) * 1.0
    names["digits"] = lambda pictures: recognizer.predict(pictures).argmax(axis=1)
    return names | net._asdict()


@pytest.fixture
def answer(lesson, monkeypatch, request):
    """Runs the cell of an exercise where its lesson runs it, and gives the answer."""
    monkeypatch.chdir(LESSONS)
    names = dict(lesson)

    def run(number: str, code: str) -> object:
        exec(code, names)
        return names[BLANKS[number][1]]

    if not request.node.callspec.params["number"].startswith("07"):
        with lesson["net"].x.graph.as_default():
            yield run
        return
    tf.enable_v2_behavior()  # as notebook 07 does
    try:
        import keras

        names["keras"] = keras
        yield run
    finally:
        tf.disable_v2_behavior()


def in_place_of_the_dots(number: str, code: str) -> str:
    before, after = BLANKS[number][0].split("...")
    return f"{before}{code}{after}"


def test_each_exercise_has_a_blank_a_judge_a_solution_and_wrong_answers():
    assert list(BLANKS) == list(exercises.EXERCISES) == list(SOLUTIONS) == list(WRONG) == list(STRANGE)
    for number, (blank, name) in BLANKS.items():
        assert blank.count("...") == 1 and name in blank
        kept = [line for line in blank.splitlines() if "..." not in line]
        assert set(kept) <= set(SOLUTIONS[number].splitlines()), "the solution keeps what was given"


@pytest.mark.parametrize("number", SOLUTIONS)
def test_the_solution_is_right_and_the_dots_are_no_answer(number, answer, capsys):
    exercises.check(number, answer(number, BLANKS[number][0]))
    assert capsys.readouterr().out == f"{exercises.NOT_ANSWERED}\n"
    exercises.check(number, answer(number, SOLUTIONS[number]))
    assert re.fullmatch(r"Right\. [A-Z0-9].*\.\n", capsys.readouterr().out)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_wrong_answers_are_told_what_is_wrong(number, answer):
    strange = exercises.judge(number, answer(number, in_place_of_the_dots(number, STRANGE[number])))
    assert not strange.startswith(("Right", "Not answered", "This answer cannot be checked"))
    wrong = {code: word for code, word in WRONG[number].items() if code != STRANGE[number]}
    assert len(wrong) >= 3
    for code, word in wrong.items():
        said = exercises.judge(number, answer(number, in_place_of_the_dots(number, code)))
        assert word in said, code
        assert not said.startswith(("Right", "Not answered", "This answer cannot be checked"))
        assert said != strange and "\n" not in said and said[-1] in ".?" and len(said) < 160


@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_function_that_fails_is_told_how(number, answer):
    for code, word in {
        "None": "None: does every path through it end with `return`",
        "1 / 0": "ZeroDivisionError: division by zero",
        "{}['two\\nlines']": "KeyError",
        "(lambda *lists: lists)(*([],) * 3)": "",
        "'text'": "",
    }.items():
        said = exercises.judge(number, answer(number, in_place_of_the_dots(number, code)))
        assert word in said and "\n" not in said and said[-1] in ".?"
        assert not said.startswith(("Right", "Not answered"))
    few = exercises.judge(number, lambda: 1)
    assert "TypeError" in few and "\n" not in few


@pytest.mark.parametrize("number", SOLUTIONS)
def test_anything_else_gets_a_line(number):
    class Odd:
        def __array__(self, *_, **__):
            raise RuntimeError("two\nlines")

    things = (Odd(), [Odd()], {1: 2}, {}, [], "", "text", 1j, float("nan"), np.zeros((2, 0)), print, object)
    for thing in (
        *things,
        tf.constant(1),
        [[1], [2, 3]],
        [None],
        (..., ...),
        b"bytes",
        Image.new("L", (9, 9)),
    ):
        said = exercises.judge(number, thing)
        assert said and "\n" not in said and not said.startswith("Right"), thing


@pytest.mark.parametrize("number", SOLUTIONS)
def test_only_the_dots_are_no_answer_and_none_is_a_wrong_one(number):
    assert exercises.judge(number, ...) == exercises.NOT_ANSWERED
    for thing in (None, [None], [...]):
        said = exercises.judge(number, thing)
        assert not said.startswith(("Not answered", "This answer cannot be checked")), thing
        assert "None" in said or thing is not None


@pytest.mark.parametrize("number", FUNCTIONS)
def test_a_function_that_returns_the_dots_is_not_answered_and_one_that_returns_none_is_told_so(number):
    assert exercises.judge(number, lambda *_: ...) == exercises.NOT_ANSWERED
    assert "returns None" in exercises.judge(number, lambda *_: None)
    for thing in ([None], [...]):
        said = exercises.judge(number, lambda *_, thing=thing: thing)
        assert not said.startswith(("Not answered", "This answer cannot be checked")), thing


def test_importing_the_checks_is_quick():
    code = "import sys; from mnist_helpers import exercises; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_exercise_is_told_so():
    assert "99.9" in exercises.judge("99.9", 1)


def test_interrupting_is_no_answer():
    def slow(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.judge("05.1", slow)


@pytest.mark.parametrize("number", SOLUTIONS)
def test_checks_leave_the_lesson_s_graph_alone(number, answer):
    given = answer(number, SOLUTIONS[number])
    before = len(tf.get_default_graph().get_operations())
    exercises.judge(number, given)
    assert len(tf.get_default_graph().get_operations()) == before


def test_going_on_to_train_needs_an_optimizer_in_the_graph():
    assert "no optimizer" in exercises.judge("02.1", build_graph().variables)


def test_drawings_that_are_mirrored_or_swapped():
    seven = np.array([(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)])
    assert "swapped" in exercises.judge("05.2", [seven[:, ::-1]])
    assert "mirror" in exercises.judge("05.2", [(1, 0) + seven * (-1, 1)])


def test_every_section_of_exercises_stands_before_what_you_learned():
    for path in sorted(LESSONS.glob("*.ipynb")):
        lesson = read(path)
        section = section_of_exercises(lesson)
        if section:
            after = lesson.cells[lesson.cells.index(section[-1]) + 1]
            assert after.source.startswith("## What you learned")
            assert f"](solutions/{path.name})" in section[0].source


@pytest.mark.parametrize("path", sorted(LESSONS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_committed_solutions_are_what_the_generator_makes(path):
    made = make(path)
    committed = FOLDER / path.name
    assert committed.exists() == (made is not None)
    if made:
        kept = read(committed)
        assert [(c.id, c.cell_type, c.source, c.metadata) for c in kept.cells] == [
            (c.id, c.cell_type, c.source, c.metadata) for c in made.cells
        ], "run python -m tools.make_solutions"


@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_committed_solutions_say_right_everywhere(path):
    """nbval executes them and compares: the checks are tagged nbval-check-output."""
    checks = [cell for cell in read(path).cells if CHECK.search(cell.source)]
    assert checks
    for cell in checks:
        assert "nbval-check-output" in cell.metadata.tags
        assert "".join(output.text for output in cell.outputs).startswith("Right. ")
