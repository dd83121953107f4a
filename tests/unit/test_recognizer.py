"""The shipped model is as good as its card says, and names what is in the sample pictures."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_helpers import checkpoint, paths
from mnist_helpers.image_io import PictureError, list_pictures
from mnist_helpers.recognizer import Recognizer
from mnist_helpers.tf1 import tf

ROOT = Path(__file__).parents[2]
CARD = ROOT / "save" / "pretrained" / "README.md"
SAMPLES, UNREADABLE = list_pictures(ROOT / "images")


@pytest.fixture(scope="module")
def probabilities(recognizer, mnist) -> np.ndarray:
    return recognizer.predict(mnist.test.images)


def test_the_card_states_the_accuracy_that_is_measured(probabilities, mnist):
    right = probabilities.argmax(axis=1) == mnist.test.labels
    stated = float(re.search(r"([\d.]+) % of MNIST's 10,000 test pictures", CARD.read_text())[1])
    # One picture is 0.01 %; another processor's rounding may tip one or two.
    assert 100 * right.mean() == pytest.approx(stated, abs=0.025)
    assert right.mean() >= 0.996


def test_the_probabilities_are_those_from_before_saving(probabilities):
    before = np.load(paths.SHIPPED_MODEL.with_name("predictions.npy"))
    np.testing.assert_allclose(probabilities, before, atol=1e-5)


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.name)
def test_every_sample_picture_is_named(recognizer, file):
    label = int(re.match(r"(?:text)?(\d)", file.name)[1])
    answer = recognizer.recognize(file)
    assert answer.digit == label == answer.probabilities.argmax()
    assert answer.probabilities.shape == (10,) and answer.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert answer.image.shape == (28, 28) and answer.image.dtype == np.uint8
    assert len(answer.steps) > 1


def test_the_table_of_sample_pictures_lists_each_one():
    listed = re.findall(r"^\| `([^`]+)`", (ROOT / "images" / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == [file.name for file in SAMPLES] and not UNREADABLE


def test_the_articles_two_pictures_are_as_in_the_article():
    for name in ("text2.png", "text3.png"):
        picture = Image.open(ROOT / "images" / name)
        assert picture.size == (28, 28) and picture.mode == "L"
        assert np.median(np.asarray(picture)) > 200  # dark on white


def test_a_reset_of_the_default_graph_does_not_touch_it(recognizer, mnist):
    before = recognizer.predict(mnist.test.images[:3])
    tf.reset_default_graph()
    tf.placeholder(tf.float32, name="something_else")
    np.testing.assert_array_equal(before, recognizer.predict(mnist.test.images[:3]))


def test_a_damaged_model_is_never_asked(copied_model):
    data = copied_model.with_name("model.ckpt.data-00000-of-00001")
    values = bytearray(data.read_bytes())
    values[1_000_000] ^= 1
    data.write_bytes(values)
    with pytest.raises(checkpoint.CheckpointError):
        Recognizer(copied_model)


def test_many_at_once_get_the_answers_of_one_by_one(recognizer, monkeypatch):
    monkeypatch.setattr("mnist_helpers.recognizer.BATCH_SIZE", 4)  # fifteen pictures: not a multiple
    answers = list(recognizer.recognize_all([*SAMPLES[:6], b"I am no picture", *SAMPLES[6:]]))
    assert isinstance(answers.pop(6), PictureError)
    for answer, file in zip(answers, SAMPLES, strict=True):
        alone = recognizer.recognize(file)
        assert (answer.digit, answer.confident) == (alone.digit, alone.confident)
        np.testing.assert_array_equal(answer.image, alone.image)
        np.testing.assert_allclose(answer.probabilities, alone.probabilities, atol=1e-5)
