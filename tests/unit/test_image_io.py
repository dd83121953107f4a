"""Any picture opens upright, whatever its file, or one line says why it cannot."""

import gzip
import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hostile_files import saved
from PIL import Image

from mnist_helpers import paths
from mnist_helpers.image_io import PictureError, list_pictures, open_picture
from mnist_helpers.preprocessing import preprocess


def digit(mnist, number: int = 0, zoom: int = 8) -> Image.Image:
    """A test digit, dark on white, with a margin."""
    image = Image.fromarray(255 - np.pad(mnist.test.images[number], 6))
    return image.resize((40 * zoom, 40 * zoom), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_reads_the_same(recognizer, mnist, mode):
    for number in (3, 2, 1, 30, 4, 15, 11, 0, 61, 7):  # a plain one of each digit
        image = digit(mnist, number)
        if mode == "I;16":
            image = Image.fromarray(np.asarray(image).astype(np.uint16) * 12 + 500)
        else:
            image = image.convert(mode)
        source = saved(image, "TIFF")
        assert recognizer.recognize(source).digit == mnist.test.labels[number]


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM"])
def test_the_content_tells_the_format_not_the_name(recognizer, mnist, tmp_path, format):
    lie = tmp_path / "picture.txt"
    lie.write_bytes(saved(digit(mnist), format))
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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_telephones_heic_is_turned_upright_exactly_once(orientation):
    """As iPhones write it: EXIF and HEIF's own box both say how it is to be rotated."""
    picture = Image.open(paths.SAMPLES / "6_photo.jpg").resize((400, 300))
    exif = Image.Exif()
    exif[0x0112] = orientation
    heic = saved(picture, "HEIF", exif=exif.tobytes())
    assert heic[8:12] == b"heic"
    # A JPEG has EXIF alone.
    expected, opened = (
        np.asarray(open_picture(file), int) for file in (saved(picture, "JPEG", exif=exif), heic)
    )
    assert opened.shape == expected.shape and abs(opened - expected).mean() < 5


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_a_heic_is_answered_as_the_picture_in_it(recognizer, mnist, mode):
    picture = digit(mnist)
    deep = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    assert recognizer.recognize(saved(deep if mode == "I;16" else picture.convert(mode), "HEIF")).digit == 7


def test_a_damaged_heic_is_one_line(mnist):
    heic = saved(digit(mnist), "HEIF")
    for part in (heic[: len(heic) // 2], heic[:200], heic.replace(b"hvc1", b"jpeg")):
        with pytest.raises(
            PictureError, match=r"cannot open the picture: it is damaged \(.*\); copy or export"
        ) as caught:
            open_picture(part)
        assert "\n" not in str(caught.value)


def test_heic_is_not_registered_with_pillow(mnist):
    """Another module's pictures are opened as before."""
    heic = saved(digit(mnist), "HEIF")
    open_picture(heic)
    with pytest.raises(Image.UnidentifiedImageError):
        Image.open(io.BytesIO(heic))


@pytest.fixture
def folder(mnist, tmp_path) -> Path:
    """One picture, and what lies beside pictures."""
    (tmp_path / "7_mine.png").write_bytes(saved(digit(mnist), "PNG"))
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1" + bytes(99))
    (tmp_path / "._7_mine.png").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(99))
    (tmp_path / "desktop.ini").write_text("[.ShellClassInfo]")
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99))
    (tmp_path / "README.md").write_text("# Mine")
    (tmp_path / "make.py").touch()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "7_mine-checkpoint.png").write_bytes(saved(digit(mnist), "PNG"))
    (tmp_path / "older.png").mkdir()
    return tmp_path


def test_a_folders_pictures_are_listed_and_nothing_else(folder):
    assert list_pictures(folder) == ([folder / "7_mine.png"], [])


def test_a_folders_pictures_are_known_by_content_and_sorted_by_name(folder, mnist):
    (folder / "1_telephone.HEIC").write_bytes(saved(digit(mnist, 2), "HEIF"))
    (folder / "9_a_lie.txt").write_bytes(saved(digit(mnist, 7), "JPEG"))
    pictures, unreadable = list_pictures(str(folder))
    assert [file.name for file in pictures] == ["1_telephone.HEIC", "7_mine.png", "9_a_lie.txt"]
    assert not unreadable


def test_what_is_named_like_a_picture_and_cannot_be_read_is_named(folder, mnist):
    (folder / "3_half.heic").write_bytes(saved(digit(mnist), "HEIF")[:300])
    (folder / "4_page.jpg").write_text("<!doctype html><title>404 Not Found</title>")
    (folder / "5_shapes.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    pictures, unreadable = list_pictures(folder)
    assert pictures == [folder / "7_mine.png"]
    for error, (name, why) in zip(
        unreadable,
        [("3_half.heic", "damaged"), ("4_page.jpg", "no picture format"), ("5_shapes.svg", "SVG")],
        strict=True,
    ):
        assert name in str(error) and why in str(error) and len(str(error).splitlines()) == 1


def test_a_folder_that_cannot_be_listed_is_one_line(folder):
    for name in ("7_mine.png", "none"):
        with pytest.raises(PictureError, match=f"^cannot open the folder .*{name}': .*; check the path$"):
            list_pictures(folder / name)


EMPTY = saved(Image.new("L", (64, 64), 255), "PNG")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"", "empty"),
        (b"I am no picture", "PNG or JPEG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
        (EMPTY[: len(EMPTY) // 2], "damaged"),
        (Path("no/such/file.png"), "(?i)no such file"),
        (paths.SAMPLES, "directory"),
    ],
    ids=["empty", "text", "svg", "eps", "truncated", "missing", "folder"],
)
def test_what_is_no_picture_is_one_line_and_quick(source, reason):
    start = time.process_time()
    with pytest.raises(PictureError, match=reason) as caught:
        open_picture(source)
    assert "\n" not in str(caught.value) and time.process_time() - start < 2


def arrays(save, *arguments, **named) -> bytes:
    save(stream := io.BytesIO(), *arguments, **named)
    return stream.getvalue()


IDX_IMAGES = struct.pack(">4B3I", 0, 0, 8, 3, 60_000, 28, 28) + bytes(28 * 28 * 100)
IDX_LABELS = struct.pack(">4BI", 0, 0, 8, 1, 60_000) + bytes(60_000)
ROW = ",".join(["0"] * 784).encode()
KAGGLE = ",".join(["label", *(f"pixel{n}" for n in range(784))]).encode() + b"\n7," + ROW
DATA_SETS = {
    "train-images-idx3-ubyte": (
        IDX_IMAGES,
        "60,000 images of 28×28 in MNIST's own format, IDX; save one as PNG",
    ),
    "train-images-idx3-ubyte.gz": (
        gzip.compress(IDX_IMAGES),
        "60,000 images of 28×28 in MNIST's own format, IDX",
    ),
    "train-labels-idx1-ubyte": (IDX_LABELS, "60,000 labels in MNIST's own format, IDX, and no images"),
    "train-labels-idx1-ubyte.gz": (gzip.compress(IDX_LABELS), "60,000 labels"),
    "train.csv": (
        KAGGLE,
        "a table as Kaggle has them, an image a row; make a row's 784 numbers an array of 28×28",
    ),
    "test.csv": (KAGGLE.replace(b"label,", b""), "a table as Kaggle has them"),
    "BOM.csv": (b"\xef\xbb\xbf" + KAGGLE.replace(b"pixel0", b'"pixel0"'), "a table as Kaggle has them"),
    "mnist_train.csv": (b"5," + ROW + b"\r\n", "a table of numbers"),
    "x.npy": (
        arrays(np.save, np.zeros((3, 28, 28))),
        "holds a NumPy array, as np.load reads it; save one as PNG",
    ),
    "mnist.npz": (arrays(np.savez, x_train=np.zeros((3, 28, 28))), "holds NumPy arrays"),
    "compressed.npz": (arrays(np.savez_compressed, x=np.zeros(9)), "holds NumPy arrays"),
    "pictures.zip": (b"PK\3\4" + bytes(26) + b"7.png" + bytes(99), "ZIP archive; unpack it"),
    "mnist.pkl.gz": (gzip.compress(b"\x80\2" + bytes(9999)), "compressed by gzip; unpack it"),
    "cut short.gz": (gzip.compress(IDX_IMAGES)[:12], "compressed by gzip; unpack it"),
}


@pytest.mark.parametrize("name", DATA_SETS)
def test_a_data_set_given_as_a_picture_is_told_what_it_is(name, tmp_path):
    data, says = DATA_SETS[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(PictureError) as caught:
        open_picture(tmp_path / name)
    assert f"{name}': it " in str(caught.value) and says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_one_line(size):
    with pytest.raises(PictureError, match="no pixels"):
        open_picture(Image.new("L", size))


def test_large_numbers_that_differ_little_make_a_picture(recognizer, mnist):
    picture = np.asarray(digit(mnist)).astype(np.int64) + 10**11
    assert recognizer.recognize(picture).digit == mnist.test.labels[0]


def test_the_callers_picture_stays_as_it_was(mnist):
    picture = Image.open(io.BytesIO(saved(digit(mnist), "JPEG", dpi=(72, 72))))
    picture.getexif()[0x0112] = 6
    before = dict(picture.info), dict(picture.getexif())
    open_picture(picture)
    assert (dict(picture.info), dict(picture.getexif())) == before
