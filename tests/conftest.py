"""What several tests need."""

import shutil
from pathlib import Path

import pytest

from mnist_helpers import datasets, paths
from mnist_helpers.tf1 import tf


@pytest.fixture(scope="session")
def mnist() -> datasets.Mnist:
    return datasets.load()


@pytest.fixture(scope="session")
def drawings() -> datasets.Drawings:
    return datasets.load_drawings()


@pytest.fixture(autouse=True)
def empty_default_graph() -> None:
    tf.reset_default_graph()


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """A copy of the shipped checkpoint that a test may damage."""
    shutil.copytree(paths.SHIPPED_MODEL.parent, tmp_path / "model")
    return tmp_path / "model" / paths.SHIPPED_MODEL.name
