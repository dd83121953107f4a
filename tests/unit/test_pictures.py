"""Any picture becomes what MNIST looks like, or says in one line why it cannot."""

import io
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_helpers import paths
from mnist_helpers.image_io import PictureError
from mnist_helpers.preprocessing import preprocess
from mnist_helpers.recognizer import Recognizer

IMAGES = Path(__file__).parents[2] / "images"


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer(paths.SHIPPED_MODEL)


def as_bytes(image: Image.Image, format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def digit(mnist, number: int = 0, zoom: int = 8) -> Image.Image:
    """A test digit, dark on white, with a margin."""
    image = Image.fromarray(255 - np.pad(mnist.test.images[number], 6))
    return image.resize((40 * zoom, 40 * zoom), Image.Resampling.BICUBIC)


def test_mnists_own_pictures_mean_the_same_through_the_road(recognizer, mnist):
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


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_reads_the_same(recognizer, mnist, mode):
    for number in (3, 2, 1, 30, 4, 15, 11, 0, 61, 7):  # a plain one of each digit
        image = digit(mnist, number)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 12 + 500)
        else:
            image = image.convert(mode)
        source = as_bytes(image, "TIFF")
        assert recognizer.recognize(source).digit == mnist.test.labels[number]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_the_content_tells_the_format_not_the_name(recognizer, mnist, tmp_path, format):
    lie = tmp_path / "picture.txt"
    lie.write_bytes(as_bytes(digit(mnist), format))
    assert recognizer.recognize(lie).digit == 7


def test_bytes_files_pillow_images_and_arrays_are_the_same_picture(mnist, tmp_path):
    image = digit(mnist)
    path = tmp_path / "7.png"
    image.save(path)
    with open(path, "rb") as stream:
        sources = [path, str(path), path.read_bytes(), stream, image, np.asarray(image)]
        seen = [preprocess(source).image for source in sources]
    for other in seen[1:]:
        np.testing.assert_array_equal(seen[0], other)


def test_each_step_is_kept_as_a_picture():
    steps = preprocess(IMAGES / "6_photo.jpg").steps
    assert steps[0][0] == "picture" and len(steps) >= 4
    for name, picture in steps:
        assert isinstance(name, str) and picture.dtype == np.uint8 and picture.ndim in (2, 3)


def test_an_empty_sheet_is_no_error():
    assert preprocess(np.full((100, 100), 240, np.uint8)).image.max() == 0


PNG = as_bytes(Image.new("L", (64, 64), 255), "PNG")
SIZE = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + PNG[24:29]
BOMB = PNG[:12] + SIZE + zlib.crc32(SIZE).to_bytes(4, "big") + PNG[33:]  # says that it is 60,000 × 60,000


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (b"I am no picture", "PNG or JPEG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (PNG[: len(PNG) // 2], "damaged"),
        (BOMB, "megapixels"),
        (Path("no/such/file.png"), "(?i)no such file"),
        (IMAGES, "directory"),
    ],
    ids=["empty", "text", "svg", "eps", "truncated", "bomb", "missing", "folder"],
)
def test_what_is_no_picture_is_one_line_and_quick(source, reason):
    start = time.monotonic()
    with pytest.raises(PictureError, match=reason) as caught:
        preprocess(source)
    assert "\n" not in str(caught.value) and time.monotonic() - start < 2


@pytest.mark.parametrize("colour", ["white", "red", "black"])
@pytest.mark.parametrize("ground", [(0, 0, 0, 0), (255, 255, 255, 0)], ids=["black", "white"])
def test_ink_on_a_transparent_ground_is_read_whatever_their_colours(recognizer, mnist, colour, ground):
    for number in range(3):
        opacity = Image.eval(digit(mnist, number, zoom=13), lambda value: 255 - value)
        picture = Image.new("RGBA", opacity.size, ground)
        ink = Image.new("RGBA", opacity.size, colour)
        ink.putalpha(opacity)
        picture.paste(ink, mask=opacity.point(lambda value: 255 * (value > 0)))
        for source in (picture, as_bytes(picture, "PNG")):
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


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_one_line(size):
    with pytest.raises(PictureError, match="no pixels"):
        preprocess(Image.new("L", size))


def test_large_numbers_that_differ_little_make_a_picture(recognizer, mnist):
    picture = np.asarray(digit(mnist)).astype(np.int64) + 10**11
    assert recognizer.recognize(picture).digit == mnist.test.labels[0]


def test_the_callers_picture_stays_as_it_was(mnist):
    picture = Image.open(io.BytesIO(as_bytes(digit(mnist), "JPEG", dpi=(72, 72))))
    picture.getexif()[0x0112] = 6
    before = dict(picture.info), dict(picture.getexif())
    preprocess(picture)
    assert (dict(picture.info), dict(picture.getexif())) == before
