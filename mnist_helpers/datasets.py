"""MNIST, from the file inside this package: checked at each load, never downloaded."""

import hashlib
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

MNIST_FILE = Path(__file__).parent / "data" / "mnist.npz"

# MD5 of the four original IDX files, unpacked (data/README.md).
IDX_MD5 = {
    "train_images": "6bbc9ace898e44ae57da46a324031adb",
    "train_labels": "a25bea736e30d166cdddb491f175f624",
    "test_images": "2646ac647ad5339dbf082846283269ea",
    "test_labels": "27ae3e4e09519cfbb04c329615203637",
}


class DatasetError(Exception):
    """The data file is missing or damaged; the message says which and what to do."""


class Split(NamedTuple):
    """Half of a data set."""

    images: np.ndarray  # uint8 [n, 28, 28], 0 (ground) to 255 (ink)
    labels: np.ndarray  # uint8 [n], 0 to 9


class Mnist(NamedTuple):
    """The whole of MNIST."""

    train: Split  # 60,000 pictures
    test: Split  # 10,000 pictures


def load(path: Path = MNIST_FILE) -> Mnist:
    """Read MNIST and check that it is MNIST, byte for byte.

    Raises DatasetError if the file is missing, damaged, or holds anything else.
    """
    cure = "get the file again, for example with: git checkout -- mnist_helpers/data"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            loaded = {name: arrays[name] for name in IDX_MD5}
    except FileNotFoundError:
        raise DatasetError(f"MNIST is missing: there is no {path}; {cure}") from None
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DatasetError(f"MNIST is damaged: {path} cannot be read ({error}); {cure}") from error
    for name, array in loaded.items():
        if hashlib.md5(idx_bytes(array), usedforsecurity=False).hexdigest() != IDX_MD5[name]:
            raise DatasetError(f"MNIST is damaged: {name} in {path} are not the original ones; {cure}")
    return Mnist(
        Split(loaded["train_images"], loaded["train_labels"]),
        Split(loaded["test_images"], loaded["test_labels"]),
    )


def idx_bytes(array: np.ndarray) -> bytes:
    """Write a uint8 array as the bytes of an IDX file, the format that MNIST was published in.

    Source: "The IDX file format" on the MNIST page of LeCun, Cortes and Burges: two zero bytes,
    the type (8: unsigned byte), the number of dimensions, each size as a big-endian int32, the data.
    """
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8, copy=False).tobytes()


def flatten(images: np.ndarray) -> np.ndarray:
    """Turn uint8 pictures [n, 28, 28] (0 to 255) into float32 rows [n, 784] (0.0 to 1.0) for ``x``."""
    return images.reshape(-1, 784) / np.float32(255)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Turn labels [n] (0 to 9) into float32 rows [n, 10] for ``y_``: 1.0 at the label, else 0.0."""
    return np.eye(10, dtype=np.float32)[labels]
