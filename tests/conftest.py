"""What several tests need."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_helpers import datasets, paths


@pytest.fixture(scope="session")
def mnist() -> datasets.Mnist:
    return datasets.load()


@pytest.fixture(scope="session")
def drawings() -> datasets.Drawings:
    return datasets.load_drawings()


@pytest.fixture(scope="session")
def recognizer():
    """The shipped model, restored once: a graph of its own, which no test can change."""
    from mnist_helpers.recognizer import Recognizer  # imports TensorFlow, which many tests need not

    return Recognizer(paths.SHIPPED_MODEL)


@pytest.fixture(scope="session")
def clone(tmp_path_factory) -> Path:
    """A copy of what git tracks, as it is now; without a lock file, then."""
    root, folder = Path(__file__).parents[1], tmp_path_factory.mktemp("clone")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    for name in listing.stdout.split("\0"):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, folder / name)
    return folder


@pytest.fixture(autouse=True)
def empty_default_graph() -> None:
    if "tensorflow" in sys.modules:
        from mnist_helpers.tf1 import tf

        tf.reset_default_graph()


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """A copy of the shipped checkpoint that a test may damage."""
    shutil.copytree(paths.SHIPPED_MODEL.parent, tmp_path / "model")
    return tmp_path / "model" / paths.SHIPPED_MODEL.name
