"""Any picture becomes what MNIST looks like, and every step is kept."""

import numpy as np
import pytest
from hostile_files import saved
from PIL import Image

from mnist_helpers import paths
from mnist_helpers.preprocessing import preprocess


def digit(mnist, number: int = 0, zoom: int = 8) -> Image.Image:
    """A test digit, dark on white, with a margin."""
    image = Image.fromarray(255 - np.pad(mnist.test.images[number], 6))
    return image.resize((40 * zoom, 40 * zoom), Image.Resampling.BICUBIC)


def test_mnists_own_pictures_mean_the_same_when_preprocessed(recognizer, mnist):
    images, labels = mnist.test.images[::20], mnist.test.labels[::20]
    direct = np.mean(recognizer.predict(images).argmax(1) == labels)
    for pictures in (images, 255 - images):
        seen = np.stack([preprocess(picture).image for picture in pictures])
        assert np.mean(recognizer.predict(seen).argmax(1) == labels) >= direct - 0.004


def test_the_result_is_made_as_mnist_was(mnist):
    """Inside 20×20 (a soft edge may reach one pixel further), centre of mass in the middle, full range."""
    for number in range(20):
        image = preprocess(digit(mnist, number)).image.astype(float)
        rows, columns = np.nonzero(image.max(1) > 128)[0], np.nonzero(image.max(0) > 128)[0]
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
        grid = np.arange(28)
        centre = np.array([(image.sum(1) * grid).sum(), (image.sum(0) * grid).sum()]) / image.sum()
        assert abs(centre - 13.5).max() <= 1
        assert image.max() > 200 and image.min() == 0


def test_each_step_is_kept_as_a_picture():
    steps = preprocess(paths.SAMPLES / "6_photo.jpg").steps
    assert steps[0][0] == "picture" and len(steps) >= 4
    for name, picture in steps:
        assert isinstance(name, str) and picture.dtype == np.uint8 and picture.ndim in (2, 3)


def test_an_empty_sheet_is_no_error():
    assert preprocess(np.full((100, 100), 240, np.uint8)).image.max() == 0


@pytest.mark.parametrize("colour", ["white", "red", "black"])
@pytest.mark.parametrize("background", [(0, 0, 0, 0), (255, 255, 255, 0)], ids=["black", "white"])
def test_ink_on_a_transparent_background_is_read_whatever_their_colours(
    recognizer, mnist, colour, background
):
    for number in range(3):
        opacity = Image.eval(digit(mnist, number, zoom=13), lambda value: 255 - value)
        picture = Image.new("RGBA", opacity.size, background)
        ink = Image.new("RGBA", opacity.size, colour)
        ink.putalpha(opacity)
        picture.paste(ink, mask=opacity.point(lambda value: 255 * (value > 0)))
        for source in (picture, saved(picture, "PNG")):
            assert recognizer.recognize(source).digit == mnist.test.labels[number]


@pytest.mark.parametrize(
    "sheet",
    [
        np.zeros((100, 100), np.uint8),
        np.ones((40, 300), bool),
        np.full((50, 50), 3.5),
        np.full((9, 9), 255, "u1"),
    ],
    ids=["black", "all true", "all the same number", "white"],
)
def test_a_sheet_of_one_tone_holds_no_ink(recognizer, sheet):
    assert preprocess(sheet).components == 0 and not recognizer.recognize(sheet).confident


def test_a_flat_frame_and_a_hairline_are_read(recognizer):
    frame = np.zeros((5, 128), np.uint8)
    frame[1:4, 1:127], frame[2, 10:20] = 255, 0
    hairline = np.full((250, 250), 255, np.uint8)
    hairline[5:245, 125] = 0
    hairline[105, 124] = hairline[156, 126] = 102
    for picture in (frame, hairline):
        assert preprocess(picture).image.shape == (28, 28)
    assert recognizer.recognize(hairline).digit == 1
