"""MNIST, and digits as pens drew them, from the files inside this package.

Both are checked at each load and never downloaded (data/README.md).
"""

import hashlib
import io
import struct
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_helpers import paths

MNIST_FILE = paths.DATA / "mnist.npz"
DRAWINGS_FILE = paths.DATA / "pendigits.npz"

# MD5 of the four original IDX files, unpacked (data/README.md).
IDX_MD5 = {
    "train_images": "6bbc9ace898e44ae57da46a324031adb",
    "train_labels": "a25bea736e30d166cdddb491f175f624",
    "test_images": "2646ac647ad5339dbf082846283269ea",
    "test_labels": "27ae3e4e09519cfbb04c329615203637",
}

DRAWINGS_SHA256 = "f3aa5216f5486714b83c4fd6466460a4effb43ba4fbfc2a6c0be6c6f8d542c2c"
DRAWN_SIZE = 0.7  # of the sheet: the longer side of a drawn digit

CURE = paths.get_again("mnist_helpers/data")


class DatasetError(Exception):
    """The data file is missing or damaged; the message says which and what to do."""


class Split(NamedTuple):
    """Images and their labels: the training set, the test set, or a part of one."""

    images: np.ndarray  # uint8 [n, 28, 28], 0 (background) to 255 (ink)
    labels: np.ndarray  # uint8 [n], 0 to 9


class Mnist(NamedTuple):
    """The whole of MNIST."""

    train: Split  # 60,000 images
    test: Split  # 10,000 images


class Drawings(NamedTuple):
    """3,498 digits as 14 people drew them with a pen on a tablet. Nothing is trained on them."""

    strokes: list[list[np.ndarray]]  # of each drawing; float64 [points, 2] each, x and y, 0.15 to 0.85
    labels: np.ndarray  # uint8 [3498], 0 to 9


def load(path: Path = MNIST_FILE) -> Mnist:
    """Read MNIST and check that it is MNIST, byte for byte.

    Raises DatasetError if the file is missing, damaged, or holds anything else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in IDX_MD5}
    except FileNotFoundError:
        raise DatasetError(f"MNIST is missing: there is no {path}; {CURE}") from None
    except Exception as error:  # whatever a damaged byte makes the readers of zip and npy stumble over
        raise DatasetError(f"MNIST is damaged: {path} cannot be read ({error}); {CURE}") from error
    for name, array in loaded.items():
        if hashlib.md5(idx_bytes(array), usedforsecurity=False).hexdigest() != IDX_MD5[name]:
            raise DatasetError(f"MNIST is damaged: {name} in {path} are not the original ones; {CURE}")
    return Mnist(
        Split(loaded["train_images"], loaded["train_labels"]),
        Split(loaded["test_images"], loaded["test_labels"]),
    )


def load_drawings(path: Path = DRAWINGS_FILE) -> Drawings:
    """Read the digits that pens drew, after a check that the file is the kit's, byte for byte; 0.1 s.

    Points lie on a square sheet, 0.0 to 1.0 from its left and from its top, as ``strokes.rasterize``
    takes them. Each digit is in the middle, its longer side ``DRAWN_SIZE``, its proportions kept.
    Source: E. Alpaydin and F. Alimoglu, "Pen-Based Recognition of Handwritten Digits" (1998), UCI
    Machine Learning Repository.

    Raises DatasetError if the file is missing, damaged, or holds anything else.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"the drawings are missing: there is no {path}; {CURE}") from None
    except OSError as error:
        raise DatasetError(f"the drawings are damaged: {path} cannot be read ({error}); {CURE}") from error
    if hashlib.sha256(data).hexdigest() != DRAWINGS_SHA256:
        raise DatasetError(f"the drawings are damaged: {path} is not the original one; {CURE}")
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        # Stored is each point's way from the one before, which packs well; y upwards.
        points = arrays["steps"].cumsum(axis=1, dtype=float).T * (1, -1)
        strokes = np.split(points, arrays["points"].cumsum(dtype=int)[:-1])
        ends = arrays["strokes"].cumsum(dtype=int)
        drawings = [_centred(strokes[start:end]) for start, end in pairwise([0, *ends])]
        return Drawings(drawings, arrays["labels"])


def _centred(strokes: list[np.ndarray]) -> list[np.ndarray]:
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = DRAWN_SIZE / (high - low).max()
    return [0.5 + (stroke - (low + high) / 2) * scale for stroke in strokes]


def idx_bytes(array: np.ndarray) -> bytes:
    """Write a uint8 array as the bytes of an IDX file, the format that MNIST was published in.

    Source: "The IDX file format" on the MNIST page of LeCun, Cortes and Burges: two zero bytes,
    the type (8: unsigned byte), the number of dimensions, each size as a big-endian int32, the data.
    """
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8, copy=False).tobytes()


def flatten(images: np.ndarray) -> np.ndarray:
    """Flatten uint8 images [n, 28, 28] (0 to 255) into float32 rows [n, 784] (0.0 to 1.0) for ``x``."""
    return images.reshape(-1, 784) / np.float32(255)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Turn labels [n] (0 to 9) into float32 rows [n, 10] for ``y_``: 1.0 at the label, else 0.0."""
    return np.eye(10, dtype=np.float32)[labels]
