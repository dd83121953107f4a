"""MNIST is MNIST, the drawings are the recorded ones, and a damaged file says so."""

import hashlib

import numpy as np
import pytest

from mnist_helpers import datasets


def test_written_back_as_idx_the_arrays_are_the_original_files(mnist):
    sums = [hashlib.md5(datasets.idx_bytes(array)).hexdigest() for split in mnist for array in split]
    assert sums == [
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ]


def test_idx_bytes_are_the_published_format():
    assert datasets.idx_bytes(np.array([[1, 2, 3]], np.uint8)) == bytes.fromhex(
        "00000802 00000001 00000003 010203"
    )


def test_missing_file_is_named(tmp_path):
    with pytest.raises(datasets.DatasetError, match=r"missing.*gone\.npz"):
        datasets.load(tmp_path / "gone.npz")


@pytest.mark.parametrize(
    ("load", "file", "place"),
    [
        *((datasets.load, datasets.MNIST_FILE, place) for place in (0, 100, 5_000_000, 11_400_000, -30)),
        *((datasets.load_drawings, datasets.DRAWINGS_FILE, place) for place in (0, 100, 150_000, -30)),
    ],
)
def test_one_changed_byte_is_refused(tmp_path, load, file, place):
    damaged = tmp_path / file.name
    data = bytearray(file.read_bytes())
    data[place] ^= 0x10
    damaged.write_bytes(data)
    with pytest.raises(datasets.DatasetError, match="damaged"):
        load(damaged)


@pytest.mark.parametrize("offset", [8, 10])  # the flags, "encrypted" among them; the method
def test_a_changed_byte_of_the_zips_directory_is_refused(tmp_path, offset):
    data = bytearray(datasets.MNIST_FILE.read_bytes())
    data[data.rindex(b"PK\x01\x02") + offset] ^= 0x21
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(data)
    with pytest.raises(datasets.DatasetError, match="damaged"):
        datasets.load(damaged)


def test_half_a_file_is_refused(tmp_path):
    half = tmp_path / "mnist.npz"
    half.write_bytes(datasets.MNIST_FILE.read_bytes()[:5_000_000])
    with pytest.raises(datasets.DatasetError, match="damaged"):
        datasets.load(half)


def test_another_data_set_is_refused(tmp_path, mnist):
    other = tmp_path / "mnist.npz"
    arrays = dict(zip(datasets.IDX_MD5, (array for split in mnist for array in split), strict=True))
    arrays["test_labels"] = arrays["test_labels"][::-1]
    np.savez(other, **arrays)
    with pytest.raises(datasets.DatasetError, match="test_labels"):
        datasets.load(other)


def test_as_the_network_is_fed(mnist):
    x = datasets.flatten(mnist.test.images[:3])
    assert x.shape == (3, 784) and x.dtype == np.float32 and x.min() == 0.0 and x.max() == 1.0
    y_ = datasets.one_hot(mnist.test.labels[:3])
    assert y_.tolist() == [[float(column == label) for column in range(10)] for label in (7, 2, 1)]


def test_the_file_is_small_enough_to_ship():
    assert datasets.MNIST_FILE.stat().st_size < 12_000_000
    assert datasets.DRAWINGS_FILE.stat().st_size < 200_000


def test_the_drawings_are_counted_labelled_and_in_the_middle_of_the_sheet(drawings):
    assert np.bincount(drawings.labels).tolist() == [363, 364, 364, 336, 364, 335, 336, 364, 336, 336]
    assert drawings.labels.dtype == np.uint8 and len(drawings.strokes) == len(drawings.labels)
    for strokes in drawings.strokes:
        assert 1 <= len(strokes) <= 4
        assert all(stroke.shape == (len(stroke), 2) and len(stroke) for stroke in strokes)
        points = np.concatenate(strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        np.testing.assert_allclose((low + high) / 2, 0.5, atol=1e-9)
        assert (high - low).max() == pytest.approx(0.7)


def test_a_drawing_is_as_the_tablet_recorded_it(drawings):
    """The first is an 8 in one stroke of 58 points, from x 218 to 283 and, upwards, y 221 to 338."""
    (stroke,) = drawings.strokes[0]
    assert drawings.labels[0] == 8 and len(stroke) == 58
    recorded = np.array([(273, 323), (272, 327), (269, 331), (266, 334)])
    sheet = 0.5 + (recorded - (250.5, 279.5)) * (1, -1) * 0.7 / 117
    np.testing.assert_allclose(stroke[:4], sheet)
    # The pen was lifted once in the first 4.
    assert drawings.labels[6] == 4 and [len(stroke) for stroke in drawings.strokes[6]] == [35, 27]


def test_missing_drawings_are_named(tmp_path):
    with pytest.raises(datasets.DatasetError, match=r"missing.*gone\.npz"):
        datasets.load_drawings(tmp_path / "gone.npz")
    with pytest.raises(datasets.DatasetError, match="cannot be read"):
        datasets.load_drawings(tmp_path)
